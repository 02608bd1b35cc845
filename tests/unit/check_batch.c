#include "common/batch.h"

#include "agent/uplink/sender.h"
#include "common/random.h"
#include "support/cases.h"
#include "support/frames.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct wire_arena arena;       /* of batch_scan() */
static struct wire_arena other_arena; /* of the generic decoder */
static uint8_t buf[FRAMES_SIZE];
static uint64_t random_state;

static void setup(void)
{
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    ck_assert_int_eq(wire_arena_init(&other_arena), 0);
    random_state = 11;
}

static void teardown(void)
{
    wire_arena_deinit(&arena);
    wire_arena_deinit(&other_arena);
}

/* NaN and what else there is are the same when their bits are. */
static bool same_values(const struct sample *a, const struct sample *b)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (sample_has(a, m) && memcmp(&a->value[m], &b->value[m], sizeof a->value[m]) != 0)
            return false;
    return a->seq == b->seq && a->time_ms == b->time_ms && a->uptime_ms == b->uptime_ms && a->present == b->present;
}

static bool same_account(const Headroom__Account *a, const Headroom__Account *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->produced == b->produced && a->acknowledged == b->acknowledged &&
           a->dropped_outbox_full == b->dropped_outbox_full && a->dropped_spool_damaged == b->dropped_spool_damaged &&
           a->has_dropped_rejected == b->has_dropped_rejected && a->dropped_rejected == b->dropped_rejected &&
           a->has_sent == b->has_sent && a->sent == b->sent;
}

static bool same_losses(const struct batch *a, const struct batch *b)
{
    for (size_t i = 0; i < a->loss_count && i < b->loss_count; i++)
        if (a->losses[i]->first_seq != b->losses[i]->first_seq || a->losses[i]->last_seq != b->losses[i]->last_seq ||
            a->losses[i]->has_reason != b->losses[i]->has_reason || a->losses[i]->reason != b->losses[i]->reason)
            return false;
    return a->loss_count == b->loss_count;
}

/* Scans it from memory of exactly that size; the result must equal that of the generic decoder. */
static bool scans(const uint8_t *message, size_t len)
{
    uint8_t *copy = frames_exact_copy(message, len);
    Headroom__Frame *frame = NULL;
    struct batch scanned;
    struct batch taken;

    bool is = batch_scan(&arena, (struct bytes){copy, len}, &scanned);
    int rc = wire_decode(&other_arena, (struct bytes){copy, len}, &frame);
    free(copy);
    if (!is)
        return false;
    ck_assert_int_eq(rc, 0);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_BATCH);
    ck_assert_int_eq(batch_take(&other_arena, frame->batch, &taken), 0);
    ck_assert_uint_eq(scanned.sent_uptime_ms, taken.sent_uptime_ms);
    ck_assert_uint_eq(scanned.count, taken.count);
    ck_assert(same_losses(&scanned, &taken));
    ck_assert_uint_eq(scanned.cores, taken.cores);
    ck_assert_uint_eq(scanned.cpu_milli, taken.cpu_milli);
    ck_assert_uint_eq(scanned.memory_bytes, taken.memory_bytes);
    ck_assert(scanned.has_protects == taken.has_protects && scanned.protects == taken.protects);
    ck_assert(same_account(scanned.account, taken.account));
    for (size_t i = 0; i < taken.count; i++)
        if (!same_values(&scanned.samples[i], &taken.samples[i]))
            ck_abort_msg("sample %zu differs", i);
    return true;
}

static size_t put_random(size_t count)
{
    static struct sample samples[BATCH_SAMPLES_MAX];

    for (size_t i = 0; i < count; i++) {
        samples[i] = frames_random_sample(i + 1, &random_state);
        samples[i].present &= (uint32_t)random_next(&random_state) | (uint32_t)random_next(&random_state);
    }
    return frames_put_batch(random_next(&random_state) >> 20, samples, count, buf) - FRAME_HEAD_LEN;
}

START_TEST(what_an_agent_sends_is_scanned)
{
    for (unsigned count = 0; count < 100; count++)
        ck_assert(scans(buf + FRAME_HEAD_LEN, put_random(count)));
    ck_assert(scans(buf + FRAME_HEAD_LEN, put_random(BATCH_SAMPLES_MAX)));
}
END_TEST

/* Hears what a collector would send; the sender's side of the conversation is not checked here. */
static void hear(struct sender *sender, Headroom__Frame__BodyCase body, void *message)
{
    static uint8_t heard[FRAMES_SIZE];
    size_t len = frames_put(body, message, heard);
    struct bytes input = {heard, len};

    (void)sender_receive(sender, &input, 1000);
}

/* Batches of one sample and of many, with accounts, and with losses of two reasons: the outbox overflows at times. */
START_TEST(every_batch_of_the_real_sender_is_scanned)
{
    const struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000};
    struct outbox outbox;
    struct sender sender;
    unsigned batches = 0;
    unsigned accounts = 0;
    unsigned losses = 0;
    unsigned resized = 0;

    ck_assert_int_eq(outbox_init(&outbox, 50, 77), 0);
    ck_assert_int_eq(sender_init(&sender, &identity, &outbox, &arena), 0);
    sender_open(&sender, 1000);
    ck_assert_uint_gt(sender_produce(&sender, 1000, 1000, buf, sizeof buf), 0);
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    welcome.version = WIRE_VERSION;
    welcome.credit = 1000;
    welcome.ack_interval_ms = 5000;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    hear(&sender, HEADROOM__FRAME__BODY_WELCOME, &welcome);
    for (uint64_t now_ms = 1000; now_ms < 400000; now_ms += 1000) {
        outbox.rejected = now_ms % 32000 == 0;         /* what is dropped now is dropped because of that */
        unsigned burst = now_ms % 16000 == 0 ? 70 : 1; /* 70: twenty are dropped unsent */
        for (unsigned i = 0; i < burst; i++) {
            struct sample sample = frames_random_sample(1, &random_state);
            (void)outbox_push(&outbox, &sample);
        }
        size_t len = sender_produce(&sender, now_ms, now_ms, buf, sizeof buf);
        if (len == 0) { /* what was dropped may be passed over once nothing is in flight */
            Headroom__Ack ack = HEADROOM__ACK__INIT;
            ack.stored_seq = sender.sent_seq;
            ack.credit = 1000;
            hear(&sender, HEADROOM__FRAME__BODY_ACK, &ack);
            continue;
        }
        ck_assert(scans(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN));
        batches++;
        const Headroom__Frame *frame = frames_get(&other_arena, buf, len);
        accounts += frame->batch->account != NULL;
        losses += frame->batch->n_losses > 0;
        resized += frame->batch->has_cores != 0;
        sender_set_node(&sender, 1 + batches / 50, 0);
    }
    ck_assert_uint_gt(batches, 200);
    ck_assert_uint_gt(accounts, 50);
    ck_assert_uint_gt(losses, 5);
    ck_assert_uint_gt(resized, 3);
    sender_deinit(&sender);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(an_account_is_scanned_too)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;

    batch.account = &account;
    account.produced = 1ULL << 40;
    account.dropped_spool_damaged = 3;
    size_t len = frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf);
    ck_assert(scans(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN));
    account.has_dropped_rejected = true;
    account.dropped_rejected = 7;
    len = frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf);
    ck_assert(scans(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN));
    account.has_sent = true;
    account.sent = 1ULL << 33;
    len = frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf);
    ck_assert(scans(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN));
}
END_TEST

START_TEST(cores_and_memory_are_scanned_too)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;

    for (unsigned i = 0; i < 8; i++) {
        batch.has_cores = (i & 1U) != 0;
        batch.cores = UINT32_MAX;
        batch.has_cpu_milli = (i & 4U) != 0;
        batch.cpu_milli = UINT32_MAX;
        batch.has_memory_bytes = (i & 2U) != 0;
        batch.memory_bytes = UINT64_MAX;
        size_t len = frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf);
        ck_assert(scans(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN));
    }
}
END_TEST

/* It is left to the generic decoder. */
START_TEST(other_forms_are_not_taken)
{
    static const struct {
        const char *message;
        size_t len;
    } others[] = {
        {"", 0},
        {"\x0a\x00", 2},                                                      /* a Hello */
        {"\x12\x00", 2},                                                      /* nothing in it */
        {"\x12\x02\x08\x05\x12\x02\x08\x05", 8},                              /* two bodies */
        {"\x12\x04\x08\x05\x08\x06", 6},                                      /* sent_uptime_ms twice */
        {"\x12\x04\x12\x00\x08\x05", 6},                                      /* samples first */
        {"\x12\x04\x08\x05\x12\x00", 6},                                      /* a sample without its required fields */
        {"\x12\x0a\x08\x05\x12\x06\x10\x01\x08\x01\x18\x01", 12},             /* in another order */
        {"\x12\x0c\x08\x05\x12\x08\x08\x01\x10\x01\x18\x01\x20\x01", 14},     /* cpu as a varint */
        {"\x12\x0d\x08\x05\x12\x09\x08\x01\x10\x01\x18\x01\x90\x06\x01", 15}, /* an unknown field */
        {"\x12\x0a\x08\x05\x12\x07\x08\x01\x10\x01\x18\x01", 12},             /* a sample longer than the batch */
        {"\x12\x0b\x08\x05\x12\x06\x08\x01\x10\x01\x18\x01", 12},             /* a batch longer than the frame */
        {"\x12\x06\x08\x05\x22\x02\x08\x01", 8},                              /* a loss without its end */
        {"\x12\x0a\x08\x05\x22\x06\x08\x01\x10\x01\x18\x04", 12},             /* a loss of unknown reason */
        {"\x12\x08\x08\x05\x28\x80\x80\x80\x80\x10", 10},                     /* too many cores */
        {"\x12\x08\x08\x05\x40\x80\x80\x80\x80\x10", 10},                     /* too many thousandths of one */
        {"\x12\x06\x08\x05\x30\x01\x28\x01", 8},                              /* memory before cores */
        {"\x12\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 14},     /* eleven bytes */
        {"\x12\x84\x80\x80\x80\x80\x00\x08\x05\x28\x01", 11},                 /* a length of six bytes */
        {"\x12\x0f\x08\x05\x12\x86\x80\x80\x80\x80\x00\x08\x01\x10\x01\x18\x01", 17}, /* the same, of a sample */
        {"\x12\x0d\x08\x05\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 15},         /* a 65th bit: true, not 0 */
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (scans((const uint8_t *)others[i].message, others[i].len))
            ck_abort_msg("form %zu was taken", i);
    ck_assert(scans((const uint8_t *)"\x12\x0a\x08\x05\x12\x06\x08\x01\x10\x01\x18\x01", 12));
    ck_assert(scans((const uint8_t *)"\x12\x84\x80\x80\x80\x00\x08\x05\x28\x01", 10)); /* a length of five bytes */
}
END_TEST

START_TEST(more_samples_than_allowed_are_not_taken_and_not_copied)
{
    static struct sample samples[BATCH_SAMPLES_MAX + 1];
    Headroom__Frame *frame = NULL;
    struct batch batch;

    for (size_t i = 0; i <= BATCH_SAMPLES_MAX; i++)
        samples[i] = frames_sample(i + 1);
    size_t len = frames_put_batch(1, samples, BATCH_SAMPLES_MAX + 1, buf) - FRAME_HEAD_LEN;
    ck_assert(!scans(buf + FRAME_HEAD_LEN, len));
    ck_assert_int_eq(wire_decode(&arena, (struct bytes){buf + FRAME_HEAD_LEN, len}, &frame), 0);
    ck_assert_int_eq(batch_take(&arena, frame->batch, &batch), 0);
    ck_assert_uint_eq(batch.count, BATCH_SAMPLES_MAX + 1);
    ck_assert_uint_eq(batch.samples[BATCH_SAMPLES_MAX - 1].seq, BATCH_SAMPLES_MAX);
    arena.used = arena.size - 100;
    ck_assert_int_eq(batch_take(&arena, frame->batch, &batch), -ENOBUFS);
}
END_TEST

START_TEST(every_cut_and_every_changed_byte_is_read_as_the_generic_decoder_does)
{
    uint8_t changed[4096];
    unsigned taken = 0;

    for (unsigned round = 0; round < 40; round++) {
        size_t len = put_random(1 + round % 4);
        for (size_t cut = 0; cut < len; cut++)
            taken += scans(buf + FRAME_HEAD_LEN, cut);
        for (unsigned i = 0; i < 2000; i++) {
            memcpy(changed, buf + FRAME_HEAD_LEN, len);
            changed[random_below(&random_state, len)] = (uint8_t)random_next(&random_state);
            if (i % 3 == 0)
                changed[random_below(&random_state, len)] ^= (uint8_t)(1U << random_below(&random_state, 8));
            taken += scans(changed, len);
        }
    }
    ck_assert_uint_gt(taken, 10000); /* values change more often than the form */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch");

    CASES_ADD(suite, "batch", setup, teardown, what_an_agent_sends_is_scanned,
              every_batch_of_the_real_sender_is_scanned, an_account_is_scanned_too, cores_and_memory_are_scanned_too,
              other_forms_are_not_taken, more_samples_than_allowed_are_not_taken_and_not_copied,
              every_cut_and_every_changed_byte_is_read_as_the_generic_decoder_does);
    return suite_run(suite);
}
