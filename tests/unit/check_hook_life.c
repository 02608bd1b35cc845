#include "collector/autoscale/hook_life.h"

#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <signal.h>

#define TIMEOUT_MS 60000
#define TERM_MS    5000

static struct hook_life life;

static void begin(void)
{
    const struct hook_call call = {.verb = HOOK_SCALE_OUT, .group = "web", .to = 6};
    struct hook_step step = hook_life_begin(&life, &call, TIMEOUT_MS, TERM_MS);

    ck_assert_uint_eq(step.timer_ms, TIMEOUT_MS);
    ck_assert_int_eq(life.phase, HOOK_RUNNING);
}

static void end(void)
{
}

static void assert_step(struct hook_step step, int signum, uint64_t timer_ms, bool closes)
{
    ck_assert_int_eq(step.signum, signum);
    ck_assert_uint_eq(step.timer_ms, timer_ms);
    ck_assert(step.close == closes);
}

START_TEST(a_run_ends_when_its_output_has)
{
    assert_step(hook_life_exited(&life, 0, 0), 0, 200, false);
    assert_step(hook_life_output_ended(&life), 0, 0, true);
    hook_life_closed(&life, 70);
    ck_assert_int_eq(life.phase, HOOK_FREE);
    ck_assert_int_eq(life.result.verdict, HOOK_ACCEPTED);
    ck_assert_uint_eq(life.result.duration_ms, 70);
    ck_assert_uint_eq(life.result.to, 6);
}
END_TEST

START_TEST(output_that_is_held_open_is_not_waited_for)
{
    assert_step(hook_life_exited(&life, 3, 0), 0, 200, false);
    assert_step(hook_life_timer(&life), 0, 0, true);
    ck_assert_int_eq(life.result.verdict, HOOK_REFUSED);
    ck_assert_int_eq(life.result.exit_status, 3);
}
END_TEST

START_TEST(a_run_that_ended_its_output_first_closes_at_its_exit)
{
    assert_step(hook_life_output_ended(&life), 0, 0, false);
    assert_step(hook_life_exited(&life, 0, SIGSEGV), 0, 0, true);
    ck_assert_int_eq(life.result.verdict, HOOK_DIED);
    ck_assert_int_eq(life.result.signum, SIGSEGV);
}
END_TEST

START_TEST(the_time_limit_terminates_then_kills)
{
    assert_step(hook_life_timer(&life), SIGTERM, TERM_MS, false);
    assert_step(hook_life_stop(&life, 100), 0, 100, false); /* sooner; the verdict stays */
    assert_step(hook_life_timer(&life), SIGKILL, 0, false);
    assert_step(hook_life_exited(&life, 0, SIGKILL), SIGKILL, 200, false);
    ck_assert_int_eq(life.result.verdict, HOOK_TIMED_OUT);
}
END_TEST

START_TEST(a_kill_does_not_wait_long)
{
    assert_step(hook_life_kill(&life), SIGKILL, 1000, false);
    ck_assert_int_eq(life.result.verdict, HOOK_STOPPED);
    assert_step(hook_life_timer(&life), 0, 0, true);
    assert_step(hook_life_kill(&life), 0, 0, false);
}
END_TEST

START_TEST(what_can_not_start_has_a_result)
{
    assert_step(hook_life_not_started(&life, -ENOENT), 0, 0, true);
    ck_assert_int_eq(life.result.verdict, HOOK_NOT_STARTED);
    ck_assert_int_eq(life.result.error, -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_life");

    CASES_ADD(suite, "hook_life", begin, end, a_run_ends_when_its_output_has,
              output_that_is_held_open_is_not_waited_for, a_run_that_ended_its_output_first_closes_at_its_exit,
              the_time_limit_terminates_then_kills, a_kill_does_not_wait_long, what_can_not_start_has_a_result);
    return suite_run(suite);
}
