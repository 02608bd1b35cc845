/* When roll call ends. */
#include "collector/fleet/roll_call.h"

#include "support/suite.h"

#define START_MS    1000000
#define TICK_MS     15000
#define INTERVAL_MS 5000
#define QUIET_MS    (INTERVAL_MS + 10000 + 2 * TICK_MS)

static struct roll_call call;

static void setup(void)
{
    call = (struct roll_call){0};
}

static bool tick_of(int64_t since_start_ms, unsigned known, unsigned awaited, unsigned arrived)
{
    const struct roll_call_tick tick = {.now_ms = START_MS + since_start_ms,
                                        .tick_ms = TICK_MS,
                                        .interval_ms = INTERVAL_MS,
                                        .known = known,
                                        .awaited = awaited,
                                        .arrived = arrived};

    return roll_call_tick(&call, &tick);
}

/* None of the nodes known from before has reported earlier. */
static bool tick_at(int64_t since_start_ms, unsigned awaited, unsigned arrived)
{
    return tick_of(since_start_ms, awaited, awaited, arrived);
}

START_TEST(with_known_nodes_it_ends_when_all_have_reported)
{
    ck_assert(tick_at(0, 7, 0));
    ck_assert(!roll_call_is_blind(&call));
    ck_assert(tick_at(10, 1, 6));
    ck_assert(!tick_at(20, 0, 1));
    ck_assert(!tick_at(30, 3, 9)); /* it does not begin again by itself */
}
END_TEST

START_TEST(it_is_over_at_the_first_tick_when_all_known_nodes_were_quicker)
{
    ck_assert(!tick_of(0, 7, 0, 7));
}
END_TEST

START_TEST(without_known_nodes_it_ends_when_nobody_has_come_for_long_enough)
{
    ck_assert(tick_at(0, 0, 1));
    ck_assert(roll_call_is_blind(&call));
    ck_assert(tick_at(20000, 0, 3));
    ck_assert(tick_at(20000 + QUIET_MS - 1, 0, 0));
    ck_assert(!tick_at(20000 + QUIET_MS, 0, 0));
    ck_assert(!roll_call_is_blind(&call));
}
END_TEST

START_TEST(a_group_without_any_node_is_awaited_as_well)
{
    ck_assert(tick_at(0, 0, 0));
    ck_assert(tick_at(QUIET_MS - 1, 0, 0));
    ck_assert(!tick_at(QUIET_MS, 0, 0));
}
END_TEST

START_TEST(it_ends_after_two_minutes_whoever_still_comes)
{
    ck_assert(tick_at(0, 0, 1));
    for (int64_t ms = TICK_MS; ms < ROLL_CALL_MS_MAX; ms += TICK_MS)
        ck_assert(tick_at(ms, 0, 1));
    ck_assert(!tick_at(ROLL_CALL_MS_MAX, 0, 1));
}
END_TEST

START_TEST(with_known_nodes_too)
{
    ck_assert(tick_at(0, 2, 0));
    ck_assert(tick_at(ROLL_CALL_MS_MAX - 1, 2, 0));
    ck_assert(!tick_at(ROLL_CALL_MS_MAX, 2, 0));
}
END_TEST

START_TEST(with_a_saved_state_it_is_not_blind)
{
    roll_call_note_state(&call);
    ck_assert(tick_at(0, 0, 1));
    ck_assert(!roll_call_is_blind(&call));
}
END_TEST

START_TEST(a_mass_return_begins_it_anew)
{
    ck_assert(tick_at(0, 1, 0));
    ck_assert(!tick_at(1000, 0, 1));
    roll_call_again(&call, START_MS + 5000);
    ck_assert(tick_at(5000, 0, 1));
    ck_assert(!roll_call_is_blind(&call));
    ck_assert(tick_at(5000 + QUIET_MS - 1, 0, 0));
    ck_assert(!tick_at(5000 + QUIET_MS, 0, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roll_call");
    TCase *tests = tcase_create("roll_call");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, with_known_nodes_it_ends_when_all_have_reported);
    tcase_add_test(tests, it_is_over_at_the_first_tick_when_all_known_nodes_were_quicker);
    tcase_add_test(tests, without_known_nodes_it_ends_when_nobody_has_come_for_long_enough);
    tcase_add_test(tests, a_group_without_any_node_is_awaited_as_well);
    tcase_add_test(tests, it_ends_after_two_minutes_whoever_still_comes);
    tcase_add_test(tests, with_known_nodes_too);
    tcase_add_test(tests, with_a_saved_state_it_is_not_blind);
    tcase_add_test(tests, a_mass_return_begins_it_anew);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
