/* When the loss of nodes is a mass loss, and how it ends. */
#include "collector/fleet/mass_loss.h"

#include "support/suite.h"

#define TICK_MS 15000
#define HOUR_MS 3600000

static struct mass_loss loss;
static int64_t now_ms;

static void setup(void)
{
    loss = (struct mass_loss){0};
    now_ms = 1000000;
}

static enum mass_loss_event tick_of(unsigned existing, unsigned missing, bool is_above_high)
{
    const struct mass_loss_tick tick = {
        .now_ms = now_ms += TICK_MS, .existing = existing, .missing = missing, .is_above_high = is_above_high};

    return mass_loss_tick(&loss, &tick);
}

static const struct {
    unsigned existing, missing;
    bool is_mass;
} losses[] = {{1, 1, false}, {2, 1, false}, {2, 2, true},  {3, 1, false},    {6, 2, true},
              {7, 2, false}, {9, 3, true},  {0, 0, false}, {100, 33, false}, {100, 34, true}};

START_TEST(a_third_and_at_least_two_nodes_are_a_mass_loss)
{
    enum mass_loss_event event = tick_of(losses[_i].existing, losses[_i].missing, false);

    ck_assert_int_eq(event, losses[_i].is_mass ? MASS_LOSS_BEGAN : MASS_LOSS_NONE);
    ck_assert(loss.under_way == losses[_i].is_mass);
}
END_TEST

START_TEST(nodes_are_held_that_were_not_forgotten_when_it_was_noticed)
{
    ck_assert(!mass_loss_holds(&loss, INT64_MAX));
    tick_of(10, 0, false);
    int64_t before_ms = now_ms;
    tick_of(10, 5, false);
    ck_assert(!mass_loss_holds(&loss, before_ms - 1));
    ck_assert(mass_loss_holds(&loss, before_ms));
    ck_assert(mass_loss_holds(&loss, now_ms + HOUR_MS)); /* and those that go missing later */
}
END_TEST

START_TEST(it_ends_when_all_have_returned)
{
    tick_of(10, 5, false);
    ck_assert_int_eq(tick_of(10, 5, false), MASS_LOSS_NONE);
    ck_assert_int_eq(tick_of(10, 2, false), MASS_LOSS_RETURNING);
    ck_assert_int_eq(tick_of(10, 1, false), MASS_LOSS_NONE); /* of the first one only */
    ck_assert_uint_eq(loss.lost, 1);
    ck_assert_int_eq(tick_of(10, 0, false), MASS_LOSS_RETURNED);
    ck_assert(!loss.under_way);
}
END_TEST

START_TEST(it_ends_when_the_rest_has_carried_the_load_for_an_hour)
{
    tick_of(10, 5, false);
    for (int64_t until_ms = now_ms + HOUR_MS - TICK_MS; now_ms < until_ms;)
        ck_assert_int_eq(tick_of(10, 5, now_ms % (25 * TICK_MS) == 0), MASS_LOSS_NONE); /* above `high` for 4 % of it */
    ck_assert_int_eq(tick_of(10, 5, false), MASS_LOSS_CARRIED);
    ck_assert(!loss.under_way);
}
END_TEST

START_TEST(an_hour_with_too_much_load_does_not_count)
{
    tick_of(10, 5, false);
    for (unsigned i = 0; i < 3 * HOUR_MS / TICK_MS; i++)
        ck_assert_int_eq(tick_of(10, 5, i % 15 == 0), MASS_LOSS_NONE); /* above `high` for 7 % of it */
    ck_assert(loss.under_way);
}
END_TEST

START_TEST(a_collector_that_suspects_its_network_holds_single_nodes_too_and_as_long_as_it_does)
{
    struct mass_loss_tick tick = {.now_ms = now_ms, .existing = 100, .missing = 1, .is_suspected = true};

    ck_assert(!mass_loss_is(&tick));
    ck_assert_int_eq(mass_loss_tick(&loss, &tick), MASS_LOSS_BEGAN);
    for (unsigned i = 0; i < 3 * HOUR_MS / TICK_MS; i++) {
        tick.now_ms += TICK_MS;
        ck_assert_int_eq(mass_loss_tick(&loss, &tick), MASS_LOSS_NONE);
    }
}
END_TEST

START_TEST(it_ends_when_somebody_says_that_they_are_gone)
{
    tick_of(10, 5, false);
    mass_loss_end(&loss);
    ck_assert(!mass_loss_holds(&loss, INT64_MAX));
    ck_assert_int_eq(tick_of(5, 0, false), MASS_LOSS_NONE);
}
END_TEST

static enum mass_loss_event tick_with_left(unsigned existing, unsigned missing, unsigned left)
{
    const struct mass_loss_tick tick = {
        .now_ms = now_ms += TICK_MS, .existing = existing, .missing = missing, .left = left};

    return mass_loss_tick(&loss, &tick);
}

START_TEST(nodes_that_left_count_and_end_it_once_they_are_replaced)
{
    ck_assert_int_eq(tick_with_left(12, 1, 3), MASS_LOSS_BEGAN);
    ck_assert_uint_eq(loss.lost, 4);
    ck_assert_int_eq(tick_with_left(12, 1, 1), MASS_LOSS_NONE); /* a replacement is no return */
    ck_assert_int_eq(tick_with_left(12, 0, 1), MASS_LOSS_RETURNING);
    ck_assert_int_eq(tick_with_left(12, 0, 0), MASS_LOSS_RETURNED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mass_loss");
    TCase *tests = tcase_create("mass_loss");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, a_third_and_at_least_two_nodes_are_a_mass_loss, 0, sizeof losses / sizeof *losses);
    tcase_add_test(tests, nodes_are_held_that_were_not_forgotten_when_it_was_noticed);
    tcase_add_test(tests, it_ends_when_all_have_returned);
    tcase_add_test(tests, it_ends_when_the_rest_has_carried_the_load_for_an_hour);
    tcase_add_test(tests, an_hour_with_too_much_load_does_not_count);
    tcase_add_test(tests, a_collector_that_suspects_its_network_holds_single_nodes_too_and_as_long_as_it_does);
    tcase_add_test(tests, it_ends_when_somebody_says_that_they_are_gone);
    tcase_add_test(tests, nodes_that_left_count_and_end_it_once_they_are_replaced);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
