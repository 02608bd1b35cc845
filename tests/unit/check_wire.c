#include "common/wire.h"

#include "common/random.h"
#include "support/frames.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct wire_arena arena;
static uint8_t buf[FRAMES_SIZE];

static void setup(void)
{
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    memset(buf, 0, sizeof buf);
}

static void teardown(void)
{
    wire_arena_deinit(&arena);
}

/* Decodes from memory of exactly that size. */
static int decode(const uint8_t *message, size_t len, Headroom__Frame **frame)
{
    uint8_t *copy = frames_exact_copy(message, len);
    int rc = wire_decode(&arena, (struct bytes){copy, len}, frame);

    free(copy);
    return rc;
}

static int decode_frame(size_t len, Headroom__Frame **frame)
{
    return decode(buf + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN, frame);
}

/* ---- samples ---- */

static struct sample through_wire(const struct sample *sample)
{
    Headroom__Frame *frame = NULL;
    struct sample result = {0};
    size_t len = frames_put_batch(1, sample, 1, buf);

    ck_assert_int_eq(decode_frame(len, &frame), 0);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_BATCH);
    ck_assert_uint_eq(frame->batch->n_samples, 1);
    wire_get_sample(frame->batch->samples[0], &result);
    return result;
}

START_TEST(each_metric_comes_through_alone)
{
    struct sample sample = {.seq = 7, .time_ms = 1700000000123, .uptime_ms = 99};

    if (METRIC_COUNTS(metric_table[_i].kind))
        sample_set_counter(&sample, (enum metric)_i, UINT64_MAX - 5);
    else
        sample_set_gauge(&sample, (enum metric)_i, 37.5);
    struct sample result = through_wire(&sample);
    ck_assert(frames_same_sample(&sample, &result));
}
END_TEST

START_TEST(zero_is_not_absent)
{
    struct sample sample = {.seq = 1};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        sample.present |= 1U << m;
    struct sample result = through_wire(&sample);
    ck_assert(frames_same_sample(&sample, &result));
}
END_TEST

START_TEST(absent_stays_absent)
{
    uint64_t random = 5;

    for (unsigned run = 0; run < 1000; run++) {
        struct sample sample = frames_random_sample(run + 1, &random);
        sample.present &= (uint32_t)random_next(&random);
        struct sample result = through_wire(&sample);
        ck_assert_uint_eq(result.present, sample.present);
        sample_clean(&result);
        ck_assert(frames_same_sample(&sample, &result));
    }
}
END_TEST

START_TEST(bad_values_come_through_for_cleaning)
{
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -1.0, 1e30};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sample sample = {.seq = 1};
        sample_set_gauge(&sample, METRIC_CPU, bad[i]);
        struct sample result = through_wire(&sample);
        ck_assert(sample_has(&result, METRIC_CPU));
        ck_assert_uint_eq(sample_clean(&result), 1);
    }
}
END_TEST

START_TEST(the_largest_sample_fits_its_limit)
{
    struct sample sample = frames_largest_sample();
    Headroom__Sample message;

    wire_put_sample(&sample, &message);
    size_t len = headroom__sample__get_packed_size(&message);
    ck_assert_uint_le(1 + 2 + len, SAMPLE_LEN_MAX); /* with its tag and length in a batch */
}
END_TEST

/* ---- frames at their largest ---- */

static char *text_of(size_t len)
{
    char *text = malloc(len + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

START_TEST(the_largest_hello_fits_what_an_agent_sends)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Loss losses[LOSSES_MAX];
    Headroom__Loss *pointers[LOSSES_MAX];
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    Headroom__Frame *decoded = NULL;

    for (unsigned i = 0; i < LOSSES_MAX; i++) {
        headroom__loss__init(&losses[i]);
        losses[i].first_seq = UINT64_MAX;
        losses[i].last_seq = UINT64_MAX;
        losses[i].has_reason = true;
        losses[i].reason = (Headroom__LossReason)-1; /* ten bytes */
        pointers[i] = &losses[i];
    }
    account.produced = account.acknowledged = UINT64_MAX;
    account.dropped_outbox_full = account.dropped_spool_damaged = account.dropped_rejected = UINT64_MAX;
    account.has_dropped_rejected = account.has_sent = true;
    account.sent = UINT64_MAX;
    hello.version = UINT32_MAX;
    hello.node_id = text_of(NAME_LEN_MAX);
    hello.group = text_of(NAME_LEN_MAX);
    hello.instance = UINT64_MAX;
    hello.has_cores = hello.has_cpu_milli = hello.has_memory_bytes = true;
    hello.cores = hello.cpu_milli = hello.interval_ms = UINT32_MAX;
    hello.memory_bytes = hello.oldest_seq = hello.newest_seq = UINT64_MAX;
    hello.n_losses = LOSSES_MAX;
    hello.losses = pointers;
    hello.account = &account;
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;

    size_t len = wire_encode(&frame, buf, SEND_LEN_MAX);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(decode_frame(len, &decoded), 0);
    ck_assert_uint_eq(decoded->hello->n_losses, LOSSES_MAX);
    free(hello.node_id);
    free(hello.group);
}
END_TEST

/* A batch of the largest samples, with an account. */
static size_t put_largest_batch(unsigned count, size_t size)
{
    struct sample sample = frames_largest_sample();
    Headroom__Sample message;
    Headroom__Sample *pointers[BATCH_SAMPLES_MAX];
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    wire_put_sample(&sample, &message);
    for (unsigned i = 0; i < count; i++)
        pointers[i] = &message;
    account.produced = account.acknowledged = UINT64_MAX;
    account.dropped_outbox_full = account.dropped_spool_damaged = account.dropped_rejected = UINT64_MAX;
    account.has_dropped_rejected = account.has_sent = true;
    account.sent = UINT64_MAX;
    batch.sent_uptime_ms = UINT64_MAX;
    batch.n_samples = count;
    batch.samples = pointers;
    batch.account = &account;
    batch.has_cores = batch.has_cpu_milli = batch.has_memory_bytes = true;
    batch.cores = batch.cpu_milli = UINT32_MAX;
    batch.memory_bytes = UINT64_MAX;
    frame.body_case = HEADROOM__FRAME__BODY_BATCH;
    frame.batch = &batch;
    return wire_encode(&frame, buf, size);
}

START_TEST(the_largest_batch_of_our_agent_fits_what_it_sends)
{
    Headroom__Frame *frame = NULL;
    size_t len = put_largest_batch(SEND_SAMPLES_MAX, SEND_LEN_MAX);

    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(decode_frame(len, &frame), 0);
    ck_assert_uint_eq(frame->batch->n_samples, SEND_SAMPLES_MAX);
}
END_TEST

/* PROTOCOL.md allows it, so the arena has to hold it. */
START_TEST(the_largest_batch_of_any_agent_is_decoded)
{
    Headroom__Frame *frame = NULL;
    size_t len = put_largest_batch(BATCH_SAMPLES_MAX, sizeof buf);

    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(decode_frame(len, &frame), 0);
    ck_assert_uint_eq(frame->batch->n_samples, BATCH_SAMPLES_MAX);
}
END_TEST

START_TEST(the_largest_answers_fit_what_a_collector_sends)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    reject.action = (Headroom__Action)-1;
    reject.has_code = true;
    reject.code = (Headroom__RejectCode)-1;
    reject.text = text_of(REJECT_TEXT_MAX);
    frame.body_case = HEADROOM__FRAME__BODY_REJECT;
    frame.reject = &reject;
    ck_assert_uint_gt(wire_encode(&frame, buf, REPLY_LEN_MAX), 0);

    welcome.version = welcome.credit = welcome.ack_interval_ms = UINT32_MAX;
    welcome.frame_len_max = welcome.batch_samples_max = UINT32_MAX;
    welcome.resume_seq = welcome.stored_seq = UINT64_MAX;
    frame.body_case = HEADROOM__FRAME__BODY_WELCOME;
    frame.welcome = &welcome;
    ck_assert_uint_gt(wire_encode(&frame, buf, REPLY_LEN_MAX), 0);
    free(reject.text);
}
END_TEST

START_TEST(encoding_needs_the_whole_frame_to_fit)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    ck_assert_uint_eq(wire_encode(&frame, buf, sizeof buf), 0); /* no body */
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    size_t len = wire_encode(&frame, buf, sizeof buf);
    for (size_t size = 0; size < len; size++)
        ck_assert_uint_eq(wire_encode(&frame, buf, size), 0);
    ck_assert_uint_eq(wire_encode(&frame, buf, len), len);
}
END_TEST

START_TEST(a_message_above_the_limit_is_not_encoded)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    uint8_t *large = malloc(2 * FRAMES_SIZE);

    hello.group = text_of(FRAME_LEN_MAX);
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    ck_assert_uint_eq(wire_encode(&frame, large, 2 * FRAMES_SIZE), 0);
    free(hello.group);
    free(large);
}
END_TEST

START_TEST(the_example_of_the_protocol_text_holds)
{
    static const uint8_t example[] = {0x00, 0x00, 0x00, 0x1d, 0x0a, 0x1b, 0x08, 0x01, 0x12, 0x02, 0x6e,
                                      0x31, 0x1a, 0x03, 0x77, 0x65, 0x62, 0x21, 0x01, 0x00, 0x00, 0x00,
                                      0x00, 0x00, 0x00, 0x00, 0x40, 0xe8, 0x07, 0x48, 0x01, 0x50, 0x00};
    Headroom__Hello hello = frames_hello();

    ck_assert_uint_eq(frames_put_hello(&hello, buf), sizeof example);
    ck_assert_mem_eq(buf, example, sizeof example);
}
END_TEST

/* ---- what must not be decoded, and what must ---- */

#define HELLO_HEAD  "\x08\x01\x12\x02n1\x1a\x03web\x21\1\0\0\0\0\0\0\0\x40\x01"
#define HELLO_BODY  HELLO_HEAD "\x48\x01\x50\x00"
#define HELLO_LEN   "\x1a"
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *what;
    const char *message;
    size_t len;
    int rc;
} messages[] = {
    {"a Hello", BYTES("\x0a" HELLO_LEN HELLO_BODY), 0},
    {"a field that nobody knows, beside it", BYTES("\x0a" HELLO_LEN HELLO_BODY "\xc0\x3e\x07"), 0},
    {"a field that nobody knows, inside it", BYTES("\x0a\x1d" HELLO_BODY "\xc0\x3e\x07"), 0},
    {"an empty batch", BYTES("\x12\x02\x08\x00"), 0},
    {"a Goodbye with a departure of the future", BYTES("\x1a\x02\x08\x63"), 0},
    {"a Reject with a code of the future", BYTES("\x52\x05\x08\x63\x10\xe7\x07"), 0},
    {"no body", BYTES("\xc0\x3e\x07"), -EBADMSG},
    {"a body that nobody knows", BYTES("\x5a\x02\x08\x01"), -EBADMSG},
    {"garbage", BYTES("GET / HTTP/1.1\r\n\r\n"), -EBADMSG},
    {"field number 0", BYTES("\x02\x00"), -EBADMSG},
    {"a varint without end", BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), -EBADMSG},
    {"a group, which proto2 had once", BYTES("\x0b\x0c"), -EBADMSG},
    {"a body longer than the frame", BYTES("\x12\x03\x08\x00"), -EBADMSG},
    {"a length of 2^64 - 1", BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), -EBADMSG},
    {"two bodies", BYTES("\x12\x02\x08\x00\x1a\x02\x08\x01"), -EBADMSG},
    {"the same body twice", BYTES("\x12\x02\x08\x00\x12\x02\x08\x00"), -EBADMSG},
    {"a body between unknown fields", BYTES("\xc0\x3e\x07\x12\x02\x08\x00\xc5\x3e\x01\x02\x03\x04"), 0},
    {"unknown fields alone", BYTES("\xc0\x3e\x07\xc5\x3e\x01\x02\x03\x04"), -EBADMSG},
    {"an unknown field that is cut off", BYTES("\x12\x02\x08\x00\xc1\x3e\x01\x02"), -EBADMSG},
    {"a body of the wrong wire type", BYTES("\x08\x01"), -EBADMSG},
    {"Hello without newest_seq", BYTES("\x0a\x18" HELLO_HEAD "\x48\x01"), -EBADMSG},
    {"Batch without sent_uptime_ms", BYTES("\x12\x00"), -EBADMSG},
    {"Sample without uptime_ms", BYTES("\x12\x08\x08\x00\x12\x04\x08\x01\x10\x01"), -EBADMSG},
    {"Goodbye without departure", BYTES("\x1a\x00"), -EBADMSG},
    {"Ack without held", BYTES("\x4a\x04\x08\x01\x10\x01"), -EBADMSG},
    {"Reject without action", BYTES("\x52\x02\x10\x01"), -EBADMSG},
};

START_TEST(messages_are_judged)
{
    Headroom__Frame *frame = NULL;

    ck_assert_msg(decode((const uint8_t *)messages[_i].message, messages[_i].len, &frame) == messages[_i].rc, "%s",
                  messages[_i].what);
    ck_assert((frame != NULL) == (messages[_i].rc == 0)); /* on failure, outputs stay untouched */
}
END_TEST

static const struct {
    const char *text;
    int rc;
} texts[] = {
    {"plain", 0},
    {"gr\xc3\xbc\xc3\x9f", 0},
    {"\xf0\x9f\x98\x80", 0},
    {"\xff", -EBADMSG},
    {"\xc3", -EBADMSG},             /* cut */
    {"a\x80", -EBADMSG},            /* begins in the middle */
    {"\xc0\xaf", -EBADMSG},         /* overlong */
    {"\xed\xa0\x80", -EBADMSG},     /* surrogate */
    {"\xf4\x90\x80\x80", -EBADMSG}, /* above U+10FFFF */
    {"latin-1: \xfc\xdf", -EBADMSG},
};

START_TEST(every_string_is_checked_for_utf8)
{
    for (unsigned field = 0; field < 3; field++) {
        Headroom__Hello hello = frames_hello();
        Headroom__Frame *frame = NULL;
        char *text = (char *)texts[_i].text;
        size_t len;

        hello.node_id = field == 0 ? text : hello.node_id;
        hello.group = field == 1 ? text : hello.group;
        len = field < 2 ? frames_put_hello(&hello, buf)
                        : frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_TWIN,
                                            text, buf);
        ck_assert_int_eq(decode_frame(len, &frame), texts[_i].rc);
    }
}
END_TEST

/* protobuf-c hands out C strings: what lies behind a 0 is never seen, and so can do nothing. */
START_TEST(a_string_ends_at_its_first_zero)
{
    static const char message[] =
        "\x0a\x1e\x08\x01\x12\x06n1\0\xffxx\x1a\x03web\x21\1\0\0\0\0\0\0\0\x40\x01\x48\x01\x50\x00";
    Headroom__Frame *frame = NULL;

    ck_assert_int_eq(decode((const uint8_t *)message, sizeof message - 1, &frame), 0);
    ck_assert_str_eq(frame->hello->node_id, "n1");
}
END_TEST

START_TEST(every_cut_of_a_message_is_refused_or_a_shorter_message)
{
    struct sample sample = frames_largest_sample();
    Headroom__Frame *frame = NULL;
    size_t len = frames_put_batch(1, &sample, 1, buf);

    for (size_t cut = 0; cut < len - FRAME_HEAD_LEN; cut++)
        ck_assert_int_eq(decode(buf + FRAME_HEAD_LEN, cut, &frame), -EBADMSG);
}
END_TEST

START_TEST(messages_with_one_byte_changed_do_no_harm)
{
    uint64_t random = 11;
    Headroom__Hello hello = frames_hello();
    struct sample sample = frames_random_sample(1, &random);

    for (unsigned kind = 0; kind < 2; kind++) {
        size_t len = kind == 0 ? frames_put_hello(&hello, buf) : frames_put_batch(1, &sample, 1, buf);
        for (size_t at = FRAME_HEAD_LEN; at < len; at++) {
            uint8_t before = buf[at];
            for (unsigned value = 0; value < 256; value++) {
                Headroom__Frame *frame = NULL;
                buf[at] = (uint8_t)value;
                int rc = decode_frame(len, &frame);
                ck_assert(rc == 0 || rc == -EBADMSG || rc == -ENOBUFS);
            }
            buf[at] = before;
        }
    }
}
END_TEST

/* ---- what a hostile frame can cost ---- */

/* Fills a message of FRAME_LEN_MAX with copies of a few bytes, perhaps inside a batch. */
static size_t fill(const char *prefix, size_t prefix_len, const char *unit, size_t unit_len)
{
    size_t at = prefix_len;

    memcpy(buf, prefix, prefix_len);
    for (; at + unit_len <= FRAME_LEN_MAX; at += unit_len)
        memcpy(buf + at, unit, unit_len);
    return at;
}

START_TEST(a_frame_that_unpacks_to_too_much_is_refused)
{
    Headroom__Frame *frame = NULL;
    /* Samples of 6 bytes become structs of some 200; the batch's length is set by hand. */
    size_t len = fill("\x12\xfe\xff\x0f\x08\x00", 6, "\x12\x06\x08\x01\x10\x01\x18\x01", 8);
    size_t inside = len - 4;
    buf[1] = (uint8_t)(0x80 | (inside & 0x7f));
    buf[2] = (uint8_t)(0x80 | (inside >> 7 & 0x7f));
    buf[3] = (uint8_t)(inside >> 14);
    ck_assert_int_eq(decode(buf, len, &frame), -ENOBUFS);

    len = fill("\x12\x02\x08\x00", 4, "\xc0\x3e\x07", 3); /* unknown fields */
    ck_assert_int_eq(decode(buf, len, &frame), -ENOBUFS);
}
END_TEST

START_TEST(after_a_refusal_the_arena_serves_again)
{
    Headroom__Frame *frame = NULL;
    Headroom__Hello hello = frames_hello();
    size_t len = fill("\x12\x02\x08\x00", 4, "\xc0\x3e\x07", 3);

    ck_assert_int_eq(decode(buf, len, &frame), -ENOBUFS);
    len = frames_put_hello(&hello, buf);
    ck_assert_int_eq(decode_frame(len, &frame), 0);
    ck_assert_str_eq(frame->hello->node_id, "n1");
}
END_TEST

static void add_samples(Suite *suite)
{
    TCase *tcase = tcase_create("samples");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, each_metric_comes_through_alone, 0, METRIC_COUNT);
    tcase_add_test(tcase, zero_is_not_absent);
    tcase_add_test(tcase, absent_stays_absent);
    tcase_add_test(tcase, bad_values_come_through_for_cleaning);
    tcase_add_test(tcase, the_largest_sample_fits_its_limit);
    suite_add_tcase(suite, tcase);
}

static void add_largest(Suite *suite)
{
    TCase *tcase = tcase_create("largest");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_largest_hello_fits_what_an_agent_sends);
    tcase_add_test(tcase, the_largest_batch_of_our_agent_fits_what_it_sends);
    tcase_add_test(tcase, the_largest_batch_of_any_agent_is_decoded);
    tcase_add_test(tcase, the_largest_answers_fit_what_a_collector_sends);
    tcase_add_test(tcase, encoding_needs_the_whole_frame_to_fit);
    tcase_add_test(tcase, a_message_above_the_limit_is_not_encoded);
    tcase_add_test(tcase, the_example_of_the_protocol_text_holds);
    suite_add_tcase(suite, tcase);
}

static void add_decoding(Suite *suite)
{
    TCase *tcase = tcase_create("decoding");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, messages_are_judged, 0, sizeof messages / sizeof messages[0]);
    tcase_add_loop_test(tcase, every_string_is_checked_for_utf8, 0, sizeof texts / sizeof texts[0]);
    tcase_add_test(tcase, a_string_ends_at_its_first_zero);
    tcase_add_test(tcase, every_cut_of_a_message_is_refused_or_a_shorter_message);
    tcase_add_test(tcase, messages_with_one_byte_changed_do_no_harm);
    tcase_add_test(tcase, a_frame_that_unpacks_to_too_much_is_refused);
    tcase_add_test(tcase, after_a_refusal_the_arena_serves_again);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("wire");

    add_samples(suite);
    add_largest(suite);
    add_decoding(suite);
    return suite_run(suite);
}
