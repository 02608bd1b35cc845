#include "common/wire.h"

#include "common/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)

int wire_arena_init(struct wire_arena *arena)
{
    uint8_t *base = malloc(WIRE_ARENA_SIZE);
    if (base == NULL)
        return -ENOMEM;
    *arena = (struct wire_arena){.base = base, .size = WIRE_ARENA_SIZE};
    return 0;
}

void wire_arena_deinit(struct wire_arena *arena)
{
    free(arena->base);
    *arena = (struct wire_arena){0};
}

void *wire_arena_alloc(struct wire_arena *arena, size_t size)
{
    size_t start = (arena->used + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

    if (start > arena->size || size > arena->size - start) {
        arena->used = arena->size + 1; /* marks why decoding failed */
        return NULL;
    }
    arena->used = start + size;
    arena->last = start;
    return arena->base + start;
}

static void *arena_alloc(void *data, size_t size)
{
    return wire_arena_alloc(data, size);
}

/* protobuf-c frees the scratch memory of a submessage once it is unpacked; that of a sample is the newest block. */
static void arena_free(void *data, void *pointer)
{
    struct wire_arena *arena = data;

    if (pointer == arena->base + arena->last && arena->used <= arena->size)
        arena->used = arena->last;
}

static bool text_ok(const char *text)
{
    return text == NULL || parse_utf8_ok((const uint8_t *)text, strlen(text));
}

/* proto3 requires strings to be UTF-8, but protobuf-c does not check it. */
static bool strings_ok(const Headroom__Frame *frame)
{
    switch (frame->body_case) {
    case HEADROOM__FRAME__BODY_HELLO:
        return text_ok(frame->hello->node_id) && text_ok(frame->hello->group);
    case HEADROOM__FRAME__BODY_REJECT:
        return text_ok(frame->reject->text);
    default:
        return true;
    }
}

/* ---- one body ---- */

static bool take_bytes(struct bytes *rest, uint64_t count)
{
    if (count > rest->len)
        return false;
    rest->data += count;
    rest->len -= (size_t)count;
    return true;
}

static bool take_varint(struct bytes *rest, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 70 && rest->len > 0; shift += 7) {
        uint8_t byte = *rest->data;
        (void)take_bytes(rest, 1);
        *number |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80U)
            return true;
    }
    return false;
}

/* Takes one field with its key. false: it has a form that protobuf no longer uses, or is cut off. */
static bool take_field(struct bytes *rest, uint64_t *number)
{
    uint64_t key = 0;
    uint64_t value = 0;

    if (!take_varint(rest, &key))
        return false;
    *number = key >> 3;
    switch (key & 7U) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return take_varint(rest, &value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return take_bytes(rest, 8);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        return take_varint(rest, &value) && take_bytes(rest, value);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return take_bytes(rest, 4);
    default:
        return false;
    }
}

/* Of several bodies the generic decoder keeps the last one, or joins them. Unknown fields may stand beside the body. */
static bool has_one_body(struct bytes message)
{
    unsigned bodies = 0;
    uint64_t number = 0;

    while (message.len > 0 && bodies < 2) {
        if (!take_field(&message, &number))
            return false;
        bodies += number <= UINT32_MAX &&
                  protobuf_c_message_descriptor_get_field(&headroom__frame__descriptor, (unsigned)number) != NULL;
    }
    return bodies == 1;
}

int wire_decode(struct wire_arena *arena, struct bytes message, Headroom__Frame **frame)
{
    ProtobufCAllocator allocator = {.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};

    arena->used = 0;
    if (!has_one_body(message))
        return -EBADMSG;
    Headroom__Frame *decoded = headroom__frame__unpack(&allocator, message.len, message.data);
    if (decoded == NULL)
        return arena->used > arena->size ? -ENOBUFS : -EBADMSG;
    if (decoded->body_case == HEADROOM__FRAME__BODY__NOT_SET || !strings_ok(decoded))
        return -EBADMSG;
    *frame = decoded;
    return 0;
}

size_t wire_encode(const Headroom__Frame *frame, uint8_t *buf, size_t size)
{
    size_t length = headroom__frame__get_packed_size(frame);

    if (length == 0 || length > FRAME_LEN_MAX || size < FRAME_HEAD_LEN + length)
        return 0;
    frame_put_head(buf, (uint32_t)length);
    return FRAME_HEAD_LEN + headroom__frame__pack(frame, buf + FRAME_HEAD_LEN);
}

/* METRIC_PERCENT and METRIC_GAUGE travel as float, METRIC_COUNTER and METRIC_EVENTS as uint64. */
#define GET_METRIC_PERCENT(metric, field) sample_set_gauge(sample, metric, (double)message->field)
#define GET_METRIC_GAUGE(metric, field)   sample_set_gauge(sample, metric, (double)message->field)
#define GET_METRIC_COUNTER(metric, field) sample_set_counter(sample, metric, message->field)
#define GET_METRIC_EVENTS(metric, field)  sample_set_counter(sample, metric, message->field)

void wire_get_sample(const Headroom__Sample *message, struct sample *sample)
{
    sample->seq = message->seq;
    sample->time_ms = message->time_ms;
    sample->uptime_ms = message->uptime_ms;
    sample->present = 0;
#define GET(symbol, field, column, kind, title)                                                                        \
    if (message->has_##field)                                                                                          \
        GET_##kind(METRIC_##symbol, field);
    METRICS(GET)
#undef GET
}

#define PUT_METRIC_PERCENT(metric) (float)sample->value[metric].gauge
#define PUT_METRIC_GAUGE(metric)   (float)sample->value[metric].gauge
#define PUT_METRIC_COUNTER(metric) sample->value[metric].counter
#define PUT_METRIC_EVENTS(metric)  sample->value[metric].counter

void wire_put_sample(const struct sample *sample, Headroom__Sample *message)
{
    headroom__sample__init(message);
    message->seq = sample->seq;
    message->time_ms = sample->time_ms;
    message->uptime_ms = sample->uptime_ms;
#define PUT(symbol, field, column, kind, title)                                                                        \
    if (sample_has(sample, METRIC_##symbol)) {                                                                         \
        message->has_##field = true;                                                                                   \
        message->field = PUT_##kind(METRIC_##symbol);                                                                  \
    }
    METRICS(PUT)
#undef PUT
}
