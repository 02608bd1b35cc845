/* A collector with three connections that all say what the fuzzer likes.
 *
 * The input is a script. The low bits of a byte choose what happens; a chunk of bytes is said as it is (0), or sealed
 * as a frame first (1), or as a frame with the lengths of its body set right (2). Everything else is the collector's
 * own doing: time passes, rows are stored, a connection ends. */
#include "fuzz/fuzz.h"
#include "support/frames.h"
#include "support/hub.h"

#include <stdbool.h>
#include <string.h>

#define CREDIT   64U
#define ACK_MS   5000U
#define ROWS     (CREDIT * 4)
#define SESSIONS 3U
#define CHUNK    512U

struct world {
    struct hub hub;
    struct intake intakes[SESSIONS];
    uint64_t now_ms;
};

static void check(const struct world *world)
{
    uint64_t pending = 0;
    uint64_t orphans = 0;
    unsigned streaming = 0;

    for (unsigned i = 0; i < world->hub.registry.node_count; i++) {
        const struct instance *instance = world->hub.registry.nodes[i]->instances;
        for (; instance != NULL; instance = instance->next) {
            MUST(instance->stored_seq <= instance->received_seq);
            MUST(instance->pending <= CREDIT);
            pending += instance->pending;
            orphans += instance->intake == NULL ? instance->pending : 0;
            streaming += instance->intake != NULL;
        }
    }
    MUST(pending == backlog_rows(&world->hub.backlog));
    MUST(orphans == world->hub.backlog.orphans);
    MUST(streaming == world->hub.intake.streaming);
    MUST(streaming * CREDIT + orphans <= ROWS);
}

/* Puts the chunk behind a head, and if asked behind the tag and length of a body too. */
static size_t seal(uint8_t kind, uint8_t tag, const uint8_t *chunk, size_t len, uint8_t *framed)
{
    size_t at = FRAME_HEAD_LEN;

    if (kind == 2) {
        framed[at++] = (uint8_t)((tag % 16) << 3 | 2);
        framed[at++] = (uint8_t)(0x80 | (len & 0x7f));
        framed[at++] = (uint8_t)(len >> 7);
    }
    memcpy(framed + at, chunk, len);
    at += len;
    frame_put_head(framed, (uint32_t)(at - FRAME_HEAD_LEN));
    return at;
}

/* From memory of exactly that size. */
static void receive(struct world *world, struct intake *to, const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);

    MUST(exact != NULL);
    memcpy(exact, bytes, len);
    intake_receive(to, (struct bytes){exact, len}, world->now_ms, 1700000000000);
    free(exact);
    (void)intake_take_evicted(to);
}

static void say_chunk(struct world *world, struct intake *to, uint8_t kind, const uint8_t **data, size_t *size)
{
    uint8_t framed[FRAME_HEAD_LEN + 3 + CHUNK];
    uint8_t tag = fuzz_byte(data, size);
    size_t len = fuzz_byte(data, size) * 2U;

    if (len > *size)
        len = *size;
    if (kind == 0)
        receive(world, to, *data, len);
    else
        receive(world, to, framed, seal(kind, tag, *data, len, framed));
    *data += len;
    *size -= len;
}

static size_t put_hello(const uint8_t **data, size_t *size, uint8_t *buf)
{
    static const char *const ids[] = {"a", "b", "c", "?"};
    Headroom__Hello hello = frames_hello();
    Headroom__Loss loss = HEADROOM__LOSS__INIT;
    Headroom__Loss *losses[] = {&loss};
    uint8_t who = fuzz_byte(data, size);

    hello.node_id = (char *)ids[who % 4];
    hello.group = (char *)ids[who / 4 % 4];
    hello.instance = who / 16 % 8;
    hello.oldest_seq = fuzz_byte(data, size);
    hello.newest_seq = hello.oldest_seq + fuzz_byte(data, size) - 1;
    loss.first_seq = fuzz_byte(data, size);
    loss.last_seq = loss.first_seq + fuzz_byte(data, size);
    hello.n_losses = who / 128;
    hello.losses = losses;
    return frames_put_hello(&hello, buf);
}

static size_t put_batch(const uint8_t **data, size_t *size, uint8_t *buf)
{
    struct sample samples[64];
    uint64_t seq = fuzz_byte(data, size);
    size_t count = fuzz_byte(data, size) % 64;
    uint8_t step = fuzz_byte(data, size) % 4;

    for (size_t i = 0; i < count; i++) {
        samples[i] = frames_sample(seq);
        samples[i].uptime_ms = i % 2 == 0 ? seq * 1000 : UINT64_MAX - seq;
        seq += step;
    }
    return frames_put_batch(seq * 1000, samples, count, buf);
}

/* Also cut, so that the rest of the frame is whatever comes next. */
static void say_message(struct world *world, struct intake *to, const uint8_t **data, size_t *size)
{
    static uint8_t buf[FRAMES_SIZE];
    uint8_t what = fuzz_byte(data, size);
    size_t len = 0;

    if (what % 4 == 0)
        len = put_hello(data, size, buf);
    else if (what % 4 == 1)
        len = frames_put_goodbye(what / 8 % 2 == 0 ? HEADROOM__DEPARTURE__DEPARTURE_LEAVING
                                                   : HEADROOM__DEPARTURE__DEPARTURE_RESTARTING,
                                 buf);
    else
        len = put_batch(data, size, buf);
    receive(world, to, buf, what >= 240 ? len / 2 : len);
}

static void hear(struct intake *from)
{
    uint8_t out[REPLY_LEN_MAX];
    bool done = intake_done(from);

    for (unsigned frames = 0; intake_produce(from, out, sizeof out) > 0; frames++)
        MUST(!done && frames < 3);
}

static void step(struct world *world, const uint8_t **data, size_t *size)
{
    uint8_t what = fuzz_byte(data, size);
    struct intake *intake = &world->intakes[(what >> 4) % SESSIONS];

    switch (what % 8) {
    case 0:
        say_chunk(world, intake, what >> 6, data, size);
        break;
    case 1:
    case 2:
    case 3:
        say_message(world, intake, data, size);
        break;
    case 4:
        world->now_ms += fuzz_byte(data, size) * 100U;
        intake_tick(intake, world->now_ms);
        break;
    case 5:
        if (world->hub.backlog.writing)
            hub_store_end(&world->hub);
        else
            hub_store_begin(&world->hub);
        break;
    case 6:
        hear(intake);
        break;
    default:
        intake_detach(intake);
        intake_init(intake, &world->hub.intake, NULL, world->now_ms);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;

    world.now_ms = 1000000;
    hub_init(&world.hub, CREDIT, ACK_MS, ROWS);
    for (unsigned i = 0; i < SESSIONS; i++)
        intake_init(&world.intakes[i], &world.hub.intake, NULL, world.now_ms);
    while (size > 0) {
        step(&world, &data, &size);
        check(&world);
    }
    for (unsigned i = 0; i < SESSIONS; i++)
        intake_detach(&world.intakes[i]);
    MUST(world.hub.intake.streaming == 0);
    hub_deinit(&world.hub);
    return 0;
}
