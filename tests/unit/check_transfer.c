#include "bridge/forward/transfer.h"

#include "common/random.h"
#include "support/suite.h"

#include <string.h>

#define SETTLE_MS 60000
#define ROWS_MAX  20000U

static struct transfer transfer;
static int64_t now_ms;
static uint32_t refused[64];
static unsigned refused_count;

static void note_refused(uint32_t row, void *arg)
{
    (void)arg;

    ck_assert_uint_lt(refused_count, 64);
    refused[refused_count++] = row;
}

static void setup(void)
{
    const struct forward_place beginning = {.rows = {.inode = 7}};

    now_ms = 1000000;
    refused_count = 0;
    transfer_init(&transfer, SETTLE_MS, &beginning, 1);
}

static bool answer_with(enum engine_answer answer, bool is_new_connection)
{
    const struct transfer_answer given = {.answer = answer, .is_new_connection = is_new_connection};

    return transfer_answered(&transfer, &given, now_ms, note_refused, NULL);
}

static void fill(uint32_t count, uint64_t offset)
{
    const struct forward_place end = {.rows = {.inode = 7, .offset = offset}};

    ck_assert_int_eq(transfer_next(&transfer, now_ms).step, TRANSFER_FILL);
    transfer_filled(&transfer, count, 0, &end, now_ms);
}

static void must_send(uint32_t from, uint32_t to)
{
    struct transfer_action action = transfer_next(&transfer, now_ms);

    if (action.step == TRANSFER_WAIT) {
        now_ms = action.until_ms;
        action = transfer_next(&transfer, now_ms);
    }
    ck_assert_int_eq(action.step, TRANSFER_SEND);
    ck_assert_uint_eq(action.range.from, from);
    ck_assert_uint_eq(action.range.to, to);
}

static void must_account(uint64_t settled, uint64_t unsettled, uint64_t refused_rows, uint64_t waiting)
{
    struct transfer_account account = transfer_account(&transfer);

    ck_assert_uint_eq(account.settled, settled);
    ck_assert_uint_eq(account.unsettled, unsettled);
    ck_assert_uint_eq(account.refused, refused_rows);
    ck_assert_uint_eq(account.waiting, waiting);
}

START_TEST(accepted_rows_settle_when_the_engine_answers_later)
{
    fill(10, 100);
    must_account(0, 0, 0, 10);
    must_send(0, 10);
    ck_assert(answer_with(ENGINE_ACCEPTED, true));
    must_account(0, 10, 0, 0);
    ck_assert_uint_eq(transfer.settled.rows.offset, 0);
    now_ms += SETTLE_MS;
    ck_assert_int_eq(transfer_next(&transfer, now_ms).step, TRANSFER_PROBE);
    must_account(0, 10, 0, 0);
    ck_assert(answer_with(ENGINE_ACCEPTED, false));
    must_account(10, 0, 0, 0);
    ck_assert_uint_eq(transfer.settled.rows.offset, 100);
    now_ms += SETTLE_MS;
    ck_assert_int_eq(transfer_next(&transfer, now_ms).step, TRANSFER_FILL);
}
END_TEST

START_TEST(a_new_connection_sends_unsettled_rows_again)
{
    fill(10, 100);
    ck_assert(answer_with(ENGINE_ACCEPTED, true));
    fill(5, 150);
    must_send(0, 5);
    ck_assert(!answer_with(ENGINE_ACCEPTED, true));
    must_account(0, 0, 0, 0);
    ck_assert_uint_eq(transfer.settled.rows.offset, 0);
    ck_assert_uint_eq(transfer.rewinds, 1);
    ck_assert_int_eq(transfer_next(&transfer, now_ms).step, TRANSFER_FILL);
}
END_TEST

START_TEST(a_lost_connection_waits_longer_each_time)
{
    int64_t waited[12];

    for (unsigned i = 0; i < 12; i++) {
        fill(10, 100);
        must_send(0, 10);
        ck_assert(!answer_with(i % 2 == 0 ? ENGINE_LOST : ENGINE_BUSY, true));
        struct transfer_action action = transfer_next(&transfer, now_ms);
        ck_assert_int_eq(action.step, TRANSFER_WAIT);
        waited[i] = action.until_ms - now_ms;
        now_ms = action.until_ms;
    }
    ck_assert_int_le(waited[0], 100);
    ck_assert_int_ge(waited[11], 15000);
    ck_assert_int_le(waited[11], 30000);
}
END_TEST

START_TEST(an_engine_that_is_busy_says_for_how_long)
{
    const struct transfer_answer busy = {.answer = ENGINE_BUSY, .retry_after_ms = 7000};
    const struct transfer_answer long_busy = {.answer = ENGINE_BUSY, .retry_after_ms = 86400000};

    fill(10, 100);
    ck_assert(!transfer_answered(&transfer, &busy, now_ms, note_refused, NULL));
    ck_assert_int_eq(transfer_next(&transfer, now_ms).until_ms, now_ms + 7000);
    now_ms += 7000;
    fill(10, 100);
    ck_assert(!transfer_answered(&transfer, &long_busy, now_ms, note_refused, NULL));
    ck_assert_int_eq(transfer_next(&transfer, now_ms).until_ms, now_ms + 300000);
}
END_TEST

/* Answers as an engine that never takes rows for which bad is true. */
static void send_all(enum engine_answer answer, uint64_t bad)
{
    unsigned requests = 0;

    while (transfer.set_count > 0) {
        struct transfer_action action = transfer_next(&transfer, now_ms);
        if (action.step == TRANSFER_WAIT) {
            now_ms = action.until_ms;
            continue;
        }
        ck_assert_int_eq(action.step, TRANSFER_SEND);
        bool is_bad = false;
        for (uint32_t i = action.range.from; i < action.range.to; i++)
            is_bad |= (bad >> i) & 1U;
        ck_assert(answer_with(is_bad ? answer : ENGINE_ACCEPTED, false));
        ck_assert_uint_lt(++requests, 1000);
    }
}

static void must_have_refused(uint64_t bad)
{
    uint64_t found = 0;

    for (unsigned i = 0; i < refused_count; i++) {
        ck_assert(!((found >> refused[i]) & 1U));
        found |= UINT64_C(1) << refused[i];
    }
    ck_assert_uint_eq(found, bad);
}

START_TEST(halving_refuses_exactly_the_bad_rows)
{
    uint64_t random = (uint64_t)_i;
    uint64_t bad = random_next(&random) & random_next(&random) & random_next(&random);
    unsigned count = 1 + (unsigned)random_below(&random, 63);

    bad &= (UINT64_C(1) << count) - 1;
    fill(count, 100);
    send_all(ENGINE_REFUSED, bad);
    must_have_refused(bad);
    must_account(0, count - refused_count, refused_count, 0);
}
END_TEST

START_TEST(status_500_that_repeats_is_halved_too)
{
    fill(40, 100);
    send_all(ENGINE_FAILED, UINT64_C(1) << 7 | UINT64_C(1) << 23);
    must_have_refused(UINT64_C(1) << 7 | UINT64_C(1) << 23);
    must_account(0, 38, 2, 0);
}
END_TEST

START_TEST(an_engine_that_fails_for_all_rows_costs_none)
{
    fill(40, 100);
    for (unsigned i = 0; i < 2000; i++) {
        struct transfer_action action = transfer_next(&transfer, now_ms);
        if (action.step == TRANSFER_WAIT)
            now_ms = action.until_ms;
        else
            ck_assert(answer_with(ENGINE_FAILED, false));
    }
    must_account(0, 0, 0, 40);
    ck_assert_uint_eq(refused_count, 0);
    send_all(ENGINE_ACCEPTED, 0);
    must_account(0, 40, 0, 0);
}
END_TEST

START_TEST(what_somebody_has_to_configure_waits_and_loses_nothing)
{
    fill(40, 100);
    must_send(0, 40);
    ck_assert(answer_with(ENGINE_FORBIDDEN, true));
    ck_assert_int_eq(transfer_next(&transfer, now_ms).until_ms, now_ms + 30000);
    must_send(0, 40);
    ck_assert(answer_with(ENGINE_ACCEPTED, false));
    must_account(0, 40, 0, 0);
}
END_TEST

START_TEST(filtered_rows_settle_in_their_order)
{
    const struct forward_place end = {.rows = {.inode = 7, .offset = 300}};

    fill(10, 100);
    ck_assert(answer_with(ENGINE_ACCEPTED, true));
    transfer_filled(&transfer, 0, 25, &end, now_ms);
    ck_assert_uint_eq(transfer_account(&transfer).filtered, 25);
    now_ms += SETTLE_MS;
    ck_assert(answer_with(ENGINE_ACCEPTED, false));
    ck_assert_uint_eq(transfer.settled.rows.offset, 300);
    ck_assert_uint_eq(transfer_account(&transfer).filtered, 25);
}
END_TEST

/* An engine that keeps what it has had for 10 s when it is killed, and refuses some rows for ever. Offsets are rows. */
struct engine {
    int64_t accepted_ms[ROWS_MAX]; /* 0: not there */
    bool is_bad[ROWS_MAX];
    bool is_new; /* since it was killed, no request was answered */
};

static void kill_engine(struct engine *engine)
{
    for (unsigned i = 0; i < ROWS_MAX; i++)
        if (engine->accepted_ms[i] > now_ms - 10000)
            engine->accepted_ms[i] = 0;
    engine->is_new = true;
}

static enum engine_answer take(struct engine *engine, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        if (engine->is_bad[i])
            return ENGINE_REFUSED;
    for (uint64_t i = from; i < to; i++)
        if (engine->accepted_ms[i] == 0)
            engine->accepted_ms[i] = now_ms;
    return ENGINE_ACCEPTED;
}

START_TEST(any_schedule_of_kills_and_failures)
{
    static struct engine engine;
    const struct forward_place beginning = {0};
    uint64_t random = (uint64_t)_i;
    uint64_t begin = 0; /* of the set */
    uint64_t end = 0;

    memset(&engine, 0, sizeof engine);
    for (unsigned i = 0; i < ROWS_MAX; i++)
        engine.is_bad[i] = random_below(&random, 200) == 0;
    transfer_init(&transfer, 15000, &beginning, (uint64_t)_i);
    while (transfer.settled.rows.offset < ROWS_MAX) {
        struct transfer_action action = transfer_next(&transfer, now_ms);
        bool goes_on = true;
        now_ms += 1 + (int64_t)random_below(&random, 400);
        if (end < ROWS_MAX && random_below(&random, 100) == 0)
            kill_engine(&engine);
        if (action.step == TRANSFER_WAIT) {
            now_ms = now_ms > action.until_ms ? now_ms : action.until_ms;
        } else if (action.step == TRANSFER_FILL) {
            uint64_t count = random_below(&random, 60);
            count = end + count < ROWS_MAX ? count : ROWS_MAX - end;
            begin = end;
            end += count;
            if (count > 0)
                transfer_filled(&transfer, (uint32_t)count, 0, &(struct forward_place){.rows = {.offset = end}},
                                now_ms);
            else
                now_ms += 5000;
        } else {
            uint64_t from = action.step == TRANSFER_SEND ? begin + action.range.from : 0;
            uint64_t to = action.step == TRANSFER_SEND ? begin + action.range.to : 0;
            struct transfer_answer answer = {.answer = take(&engine, from, to), .is_new_connection = engine.is_new};
            engine.is_new = false;
            if (random_below(&random, 50) == 0) /* the answer is lost, or says that the engine is busy */
                answer.answer = random_below(&random, 2) == 0 ? ENGINE_LOST : ENGINE_BUSY;
            refused_count = 0;
            goes_on = transfer_answered(&transfer, &answer, now_ms, note_refused, NULL);
            for (unsigned i = 0; i < refused_count; i++)
                ck_assert(engine.is_bad[begin + refused[i]]);
        }
        if (!goes_on)
            end = transfer.settled.rows.offset;
        struct transfer_account account = transfer_account(&transfer);
        ck_assert_uint_eq(account.settled + account.unsettled + account.refused + account.waiting, end);
    }
    for (unsigned i = 0; i < ROWS_MAX; i++)
        ck_assert(engine.is_bad[i] == (engine.accepted_ms[i] == 0));
}
END_TEST

START_TEST(a_wait_that_is_over_ends_at_once)
{
    ck_assert_int_eq(transfer_wait_ms(5000, 4990), 10);
    ck_assert_int_eq(transfer_wait_ms(5000, 5000), 0);
    ck_assert_int_eq(transfer_wait_ms(5000, 5001), 0);
    ck_assert_int_eq(transfer_wait_ms(5000 + 2 * (int64_t)INT32_MAX, 5000), TRANSFER_WAIT_MS_MAX);
    ck_assert_int_eq(transfer_wait_ms(5000, 5000 + 2 * (int64_t)INT32_MAX), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tc = tcase_create("transfer");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, accepted_rows_settle_when_the_engine_answers_later);
    tcase_add_test(tc, a_new_connection_sends_unsettled_rows_again);
    tcase_add_test(tc, a_lost_connection_waits_longer_each_time);
    tcase_add_test(tc, an_engine_that_is_busy_says_for_how_long);
    tcase_add_loop_test(tc, halving_refuses_exactly_the_bad_rows, 0, 200);
    tcase_add_test(tc, status_500_that_repeats_is_halved_too);
    tcase_add_test(tc, an_engine_that_fails_for_all_rows_costs_none);
    tcase_add_test(tc, what_somebody_has_to_configure_waits_and_loses_nothing);
    tcase_add_test(tc, filtered_rows_settle_in_their_order);
    tcase_add_test(tc, a_wait_that_is_over_ends_at_once);
    tcase_add_loop_test(tc, any_schedule_of_kills_and_failures, 0, 100);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
