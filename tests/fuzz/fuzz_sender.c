/* An agent whose collector says what the fuzzer likes: chunks of bytes, or valid messages with numbers of its choice.
 * The input is a script, as in fuzz_intake.c. */
#include "agent/uplink/sender.h"
#include "fuzz/fuzz.h"
#include "support/frames.h"

#include <string.h>

#define CAPACITY 40U
#define CHUNK    255U

struct world {
    struct outbox outbox;
    struct wire_arena arena;
    struct sender sender;
    uint64_t now_ms;
};

static const struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000};

static void check(const struct world *world)
{
    const struct outbox_account *account = &world->outbox.account;

    MUST(account->produced == account->acknowledged + outbox_dropped(&world->outbox) + outbox_waiting(&world->outbox));
    MUST(world->outbox.loss_count <= LOSSES_MAX);
    MUST(world->sender.sent_seq <= world->outbox.newest_seq || world->sender.state != SENDER_STREAMING ||
         world->sender.past);
}

/* From memory of exactly that size. */
static void receive(struct world *world, const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    struct bytes input = {exact, len};
    enum sender_event event = SENDER_NOTHING;

    MUST(exact != NULL);
    memcpy(exact, bytes, len);
    do
        event = sender_receive(&world->sender, &input, world->now_ms);
    while (event == SENDER_WELCOME || event == SENDER_ACK);
    free(exact);
    if (event == SENDER_NOTHING)
        return;
    sender_close(&world->sender);
    if (event == SENDER_AHEAD && world->outbox.holes == 0)
        outbox_renumber(&world->outbox, world->outbox.instance + 1);
}

static void hear_chunk(struct world *world, const uint8_t **data, size_t *size)
{
    uint8_t framed[FRAME_HEAD_LEN + 2 + CHUNK];
    uint8_t tag = fuzz_byte(data, size);
    size_t len = fuzz_byte(data, size) % 128U;

    if (len > *size)
        len = *size;
    framed[FRAME_HEAD_LEN] = (uint8_t)((tag % 16) << 3 | 2);
    framed[FRAME_HEAD_LEN + 1] = (uint8_t)len;
    memcpy(framed + FRAME_HEAD_LEN + 2, *data, len);
    frame_put_head(framed, (uint32_t)(2 + len));
    if (tag < 128)
        receive(world, framed, FRAME_HEAD_LEN + 2 + len);
    else
        receive(world, *data, len);
    *data += len;
    *size -= len;
}

static void hear_message(struct world *world, const uint8_t **data, size_t *size)
{
    static uint8_t buf[FRAMES_SIZE];
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    Headroom__Ack ack = HEADROOM__ACK__INIT;
    uint8_t what = fuzz_byte(data, size);
    size_t len = 0;

    if (what % 4 == 0) {
        welcome.version = 1;
        welcome.resume_seq = fuzz_byte(data, size);
        welcome.stored_seq = fuzz_byte(data, size);
        welcome.credit = fuzz_byte(data, size);
        welcome.ack_interval_ms = fuzz_byte(data, size) * 100U;
        welcome.frame_len_max = fuzz_byte(data, size) * 16U;
        welcome.batch_samples_max = fuzz_byte(data, size);
        welcome.has_report_ms = what >= 64;
        welcome.report_ms = what * 100U;
        len = frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf);
    } else if (what == 255) {
        len = frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_TWIN, "no", buf);
    } else {
        ack.stored_seq = fuzz_byte(data, size);
        ack.credit = what / 4U;
        ack.held = what % 8 == 1;
        ack.has_report_ms = what % 8 == 5;
        ack.report_ms = what >= 128 ? UINT32_MAX : what * 100U;
        len = frames_put(HEADROOM__FRAME__BODY_ACK, &ack, buf);
    }
    receive(world, buf, what >= 240 && what < 255 ? len / 2 : len);
}

static void say(struct world *world)
{
    static uint8_t out[SEND_LEN_MAX];

    for (unsigned frames = 0; sender_produce(&world->sender, world->now_ms, world->now_ms, out, sizeof out) > 0;
         frames++)
        MUST(frames < CAPACITY + 3);
    /* No collector makes the agent silent: what waits is sent by then. */
    MUST(send_pace_limit_ms(&world->sender.pace) <= REPORT_MS_MAX + REPORT_MS_MAX / 2);
}

static void push(struct world *world, unsigned count)
{
    struct sample sample = {.uptime_ms = world->now_ms};

    sample_set_gauge(&sample, METRIC_CPU, 50);
    for (unsigned i = 0; i < count; i++)
        (void)outbox_push(&world->outbox, &sample);
}

/* As if a record of those that wait had been found damaged, at the start of an agent. */
static void damage(struct world *world, uint64_t nth)
{
    struct outbox *outbox = &world->outbox;
    uint64_t seq = outbox->acked_seq + 1 + nth;

    if (seq > outbox->newest_seq || outbox_get(outbox, seq) == NULL)
        return;
    record_clear(&outbox->records[(seq + outbox->offset) % outbox->capacity]);
    outbox->holes++;
    outbox_count_loss(outbox, seq, seq, LOSS_SPOOL_DAMAGED, true);
}

static void step(struct world *world, const uint8_t **data, size_t *size)
{
    switch (fuzz_byte(data, size) % 8) {
    case 0:
        hear_chunk(world, data, size);
        break;
    case 1:
    case 2:
        hear_message(world, data, size);
        break;
    case 3:
        say(world);
        break;
    case 4:
        push(world, fuzz_byte(data, size) % 64);
        break;
    case 5:
        world->now_ms += fuzz_byte(data, size) * 100U;
        if (sender_dead(&world->sender, world->now_ms))
            sender_close(&world->sender);
        MUST(sender_due_ms(&world->sender) > 0);
        break;
    case 6:
        sender_close(&world->sender);
        damage(world, fuzz_byte(data, size) % 64U);
        sender_speak_for(&world->sender, &world->outbox, world->outbox.holes > 0 || fuzz_byte(data, size) % 4 == 0);
        sender_open(&world->sender, world->now_ms);
        break;
    default:
        sender_leave(&world->sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
        (void)sender_done(&world->sender);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.now_ms = 1000000};

    MUST(wire_arena_init(&world.arena) == 0);
    MUST(outbox_init(&world.outbox, CAPACITY, 1) == 0);
    MUST(sender_init(&world.sender, &identity, &world.outbox, &world.arena) == 0);
    sender_open(&world.sender, world.now_ms);
    while (size > 0) {
        step(&world, &data, &size);
        check(&world);
    }
    sender_deinit(&world.sender);
    outbox_deinit(&world.outbox);
    wire_arena_deinit(&world.arena);
    return 0;
}
