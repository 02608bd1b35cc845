#include "collector/autoscale/snapshot_plan.h"

#include "support/cases.h"
#include "support/suite.h"

static struct snapshot_plan plan;
static uint64_t wait_ms;

static void begin(void)
{
    plan = (struct snapshot_plan){0};
    wait_ms = 0;
}

static void end(void)
{
}

static void save(uint64_t now_ms, uint64_t spent_ns)
{
    snapshot_plan_poke(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, now_ms, &wait_ms), SNAPSHOT_FILL);
    snapshot_plan_filled(&plan, now_ms, spent_ns);
    snapshot_plan_written(&plan);
}

START_TEST(pokes_while_one_is_under_way_become_one)
{
    ck_assert_uint_eq(snapshot_plan_next(&plan, 5000, &wait_ms), SNAPSHOT_NOTHING);
    snapshot_plan_poke(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 5000, &wait_ms), SNAPSHOT_FILL);
    snapshot_plan_poke(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 5001, &wait_ms), SNAPSHOT_NOTHING);
    snapshot_plan_filled(&plan, 5010, 1000);
    snapshot_plan_poke(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 5011, &wait_ms), SNAPSHOT_NOTHING);
    snapshot_plan_written(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 5110, &wait_ms), SNAPSHOT_WAIT);
    ck_assert_uint_eq(wait_ms, 900);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 6010, &wait_ms), SNAPSHOT_FILL);
    snapshot_plan_filled(&plan, 6010, 0);
    snapshot_plan_written(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 9999, &wait_ms), SNAPSHOT_NOTHING);
}
END_TEST

START_TEST(a_long_text_is_made_less_often)
{
    save(0, 100000000); /* 100 ms: no more than a fiftieth of the time */
    snapshot_plan_poke(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 1000, &wait_ms), SNAPSHOT_WAIT);
    ck_assert_uint_eq(wait_ms, 4000);
}
END_TEST

START_TEST(the_last_one_is_made_at_once)
{
    save(0, 0);
    snapshot_plan_drain(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 1, &wait_ms), SNAPSHOT_FILL);
    snapshot_plan_filled(&plan, 2, 0);
    snapshot_plan_written(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 3, &wait_ms), SNAPSHOT_DRAINED);
}
END_TEST

START_TEST(after_the_close_nothing_happens)
{
    snapshot_plan_poke(&plan);
    snapshot_plan_close(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 9999, &wait_ms), SNAPSHOT_NOTHING);
    snapshot_plan_written(&plan);
    ck_assert_uint_eq(snapshot_plan_next(&plan, 9999, &wait_ms), SNAPSHOT_NOTHING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot_plan");

    CASES_ADD(suite, "snapshot_plan", begin, end, pokes_while_one_is_under_way_become_one,
              a_long_text_is_made_less_often, the_last_one_is_made_at_once, after_the_close_nothing_happens);
    return suite_run(suite);
}
