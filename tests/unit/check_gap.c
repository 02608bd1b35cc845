#include "collector/store/gap.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define SEQS 60U

/* ---- ranges ---- */

static void try_losses(uint64_t *random)
{
    Headroom__Loss losses[LOSSES_MAX + 2];
    Headroom__Loss *pointers[LOSSES_MAX + 2];
    struct gap_range ranges[GAP_RANGES_MAX];
    uint64_t first_seq = 1 + random_below(random, SEQS);
    uint64_t last_seq = first_seq + random_below(random, SEQS);
    size_t count = random_below(random, LOSSES_MAX + 3);

    for (size_t i = 0; i < count; i++) {
        headroom__loss__init(&losses[i]);
        losses[i].first_seq = random_below(random, 3 * SEQS);
        losses[i].last_seq = random_below(random, 4) == 0 ? UINT64_MAX : random_below(random, 3 * SEQS);
        pointers[i] = &losses[i];
    }
    unsigned found = gap_split(first_seq, last_seq, pointers, count, ranges);
    ck_assert_uint_le(found, GAP_RANGES_MAX);
    uint64_t next_seq = first_seq;
    for (unsigned i = 0; i < found; i++) {
        ck_assert_uint_eq(ranges[i].first_seq, next_seq);
        ck_assert_uint_ge(ranges[i].last_seq, ranges[i].first_seq);
        next_seq = ranges[i].last_seq + 1;
    }
    ck_assert_uint_eq(next_seq, last_seq + 1);
}

/* Whatever the agent says: together the ranges are what is missing, in order, and none is empty. */
START_TEST(ranges_are_exactly_what_is_missing)
{
    uint64_t random = (uint64_t)_i + 1;

    for (unsigned i = 0; i < 100; i++)
        try_losses(&random);
}
END_TEST

/* With losses in order, each seq has the reason of the loss that it lies in. */
START_TEST(each_seq_has_its_own_reason)
{
    static const Headroom__LossReason reasons[] = {HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL,
                                                   HEADROOM__LOSS_REASON__LOSS_REASON_SPOOL_DAMAGED};
    static const enum gap_reason expected[] = {GAP_OUTBOX_FULL, GAP_SPOOL_DAMAGED};
    Headroom__Loss losses[LOSSES_MAX - 1];
    Headroom__Loss *pointers[LOSSES_MAX - 1];
    struct gap_range ranges[GAP_RANGES_MAX];
    enum gap_reason of[5 * LOSSES_MAX + 1];

    for (unsigned seq = 0; seq <= 5 * LOSSES_MAX; seq++)
        of[seq] = GAP_ELSEWHERE;
    for (unsigned i = 0; i < LOSSES_MAX - 1; i++) {
        headroom__loss__init(&losses[i]);
        losses[i].first_seq = 5 * i + 1;
        losses[i].last_seq = 5 * i + 1 + i % 4;
        losses[i].has_reason = true;
        losses[i].reason = reasons[i % 2];
        pointers[i] = &losses[i];
        for (uint64_t seq = losses[i].first_seq; seq <= losses[i].last_seq; seq++)
            of[seq] = expected[i % 2];
    }
    unsigned found = gap_split(1, 5 * LOSSES_MAX, pointers, LOSSES_MAX - 1, ranges);
    for (unsigned i = 0; i < found; i++)
        for (uint64_t seq = ranges[i].first_seq; seq <= ranges[i].last_seq; seq++)
            ck_assert_int_eq(ranges[i].reason, of[seq]);
}
END_TEST

START_TEST(a_loss_without_a_reason_is_just_dropped)
{
    Headroom__Loss loss = HEADROOM__LOSS__INIT;
    Headroom__Loss *losses[] = {&loss};
    struct gap_range ranges[GAP_RANGES_MAX];

    loss.first_seq = loss.last_seq = 4;
    ck_assert_uint_eq(gap_split(4, 4, losses, 1, ranges), 1);
    ck_assert_int_eq(ranges[0].reason, GAP_DROPPED);
}
END_TEST

START_TEST(what_an_agent_may_have_forgotten_is_unknown)
{
    Headroom__Loss losses[LOSSES_MAX];
    Headroom__Loss *pointers[LOSSES_MAX];
    struct gap_range ranges[GAP_RANGES_MAX];

    for (unsigned i = 0; i < LOSSES_MAX; i++) {
        headroom__loss__init(&losses[i]);
        losses[i].first_seq = losses[i].last_seq = 10 + 2 * i;
        pointers[i] = &losses[i];
    }
    ck_assert_uint_eq(gap_split(1, 10 + 2 * LOSSES_MAX, pointers, LOSSES_MAX, ranges), 2 * LOSSES_MAX + 1);
    ck_assert_int_eq(ranges[0].reason, GAP_UNKNOWN);
    ck_assert_uint_eq(ranges[0].last_seq, 9);
    ck_assert_int_eq(ranges[2].reason, GAP_ELSEWHERE);
}
END_TEST

/* ---- rows ---- */

static const struct gap a_gap = {.node_id = "n1",
                                 .group = "web",
                                 .instance = 0xabc,
                                 .noted_ms = INT64_C(1700000000123),
                                 .range = {11, 14, GAP_OUTBOX_FULL}};

START_TEST(a_row_is_what_the_header_says)
{
    char text[CSV_LINE_MAX];

    text[gap_put_header(text)] = '\0';
    ck_assert_str_eq(text, "timestamp,node_id,group,instance,first_seq,last_seq,reason\n");
    text[gap_put_row(&a_gap, text)] = '\0';
    ck_assert_str_eq(text, "1700000000.123,n1,web,i0000000000000abc,11,14,dropped-outbox-full\n");
}
END_TEST

START_TEST(a_row_is_read_back)
{
    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++) {
        struct gap gap = a_gap;
        struct gap read;
        char text[CSV_LINE_MAX];
        gap.range.reason = (enum gap_reason)reason;
        size_t len = gap_put_row(&gap, text);
        ck_assert_int_eq(gap_parse_row(text, len - 1, &read), 0);
        ck_assert_str_eq(read.node_id, gap.node_id);
        ck_assert_str_eq(read.group, gap.group);
        ck_assert_uint_eq(read.instance, gap.instance);
        ck_assert_int_eq(read.noted_ms, gap.noted_ms);
        ck_assert_uint_eq(read.range.first_seq, gap.range.first_seq);
        ck_assert_uint_eq(read.range.last_seq, gap.range.last_seq);
        ck_assert_int_eq(read.range.reason, gap.range.reason);
    }
}
END_TEST

static const char *const bad_rows[] = {
    "",
    "timestamp,node_id,group,instance,first_seq,last_seq,reason",
    "1700000000.12,n1,web,i0000000000000abc,11,14,dropped",
    "1700000000.123,,web,i0000000000000abc,11,14,dropped",
    "1700000000.123,n1,web,abc,11,14,dropped",
    "1700000000.123,n1,web,i0000000000000000,11,14,dropped",
    "1700000000.123,n1,web,i0000000000000abc,0,14,dropped",
    "1700000000.123,n1,web,i0000000000000abc,15,14,dropped",
    "1700000000.123,n1,web,i0000000000000abc,11,14,",
    "1700000000.123,n1,web,i0000000000000abc,11,14,dropped-",
    "1700000000.123,n1,web,i0000000000000abc,11,14,dropped,",
    "1700000000.123,n1,web,i0000000000000abc,11,14,else",
    "1700000000.123,n1,web,i0000000000000abc,11",
};

START_TEST(anything_else_is_refused)
{
    struct gap gap;

    ck_assert_int_eq(gap_parse_row(bad_rows[_i], strlen(bad_rows[_i]), &gap), -EBADMSG);
}
END_TEST

START_TEST(no_part_of_a_row_is_one)
{
    struct gap gap = a_gap;
    char text[CSV_LINE_MAX];

    gap.range.reason = GAP_ELSEWHERE;
    size_t len = gap_put_row(&gap, text) - 1;
    for (size_t part = 0; part < len; part++)
        ck_assert_int_eq(gap_parse_row(text, part, &gap), -EBADMSG);
}
END_TEST

START_TEST(row_of_an_unknown_sample_has_time_and_reason)
{
    struct gap gap = {.noted_ms = 1700000000123, .range.reason = GAP_DAMAGED}, read;
    char text[CSV_LINE_MAX];
    size_t len = gap_put_row(&gap, text);

    ck_assert_mem_eq(text, "1700000000.123,,,,,,damaged\n", len);
    ck_assert_int_eq(gap_parse_row(text, len - 1, &read), 0);
    ck_assert_str_eq(read.node_id, "");
    ck_assert_int_eq(read.range.reason, GAP_DAMAGED);
    ck_assert_int_eq(gap_parse_row("1.000,,,,,,unknown", 18, &read), -EBADMSG);
    ck_assert_int_eq(gap_parse_row("1.000,,,,,,damaged,", 19, &read), -EBADMSG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gap");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, ranges_are_exactly_what_is_missing, 0, 40);
    tcase_add_loop_test(tcase, anything_else_is_refused, 0, sizeof bad_rows / sizeof bad_rows[0]);
    tcase_add_test(tcase, row_of_an_unknown_sample_has_time_and_reason);
    suite_add_tcase(suite, tcase);
    CASES_ADD(suite, "gap", NULL, NULL, each_seq_has_its_own_reason, what_an_agent_may_have_forgotten_is_unknown,
              a_loss_without_a_reason_is_just_dropped, a_row_is_what_the_header_says, a_row_is_read_back,
              no_part_of_a_row_is_one);
    return suite_run(suite);
}
