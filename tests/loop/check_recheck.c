#include "common/recheck.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <stdatomic.h>
#include <unistd.h>

static struct recheck recheck;
static bool is_wanted;
static atomic_uint looks;
static atomic_bool hangs; /* looks wait until it is false */
static unsigned valid, invalid, done;

static bool on_begin(void *arg)
{
    ck_assert_ptr_eq(arg, &looks);
    return is_wanted;
}

static void on_look(void *arg)
{
    (void)arg;
    atomic_fetch_add(&looks, 1);
    while (atomic_load(&hangs))
        usleep(1000);
}

static void on_done(void *arg, bool is_valid)
{
    (void)arg;
    if (is_valid)
        valid++;
    else
        invalid++;
    done++;
}

static const struct recheck_calls calls = {on_begin, on_look, on_done};

static void start(void)
{
    is_wanted = true;
    recheck_start(&recheck, &test_loop, &calls, &looks);
    recheck_now(&recheck);
}

static void end(void)
{
    recheck_close(&recheck);
    test_loop_end();
}

START_TEST(look_is_taken_at_once)
{
    start();
    test_loop_until_count(&done, 1);
    ck_assert_uint_eq(valid, 1);
    end();
    ck_assert_uint_eq(looks, 1);
}
END_TEST

START_TEST(look_that_is_not_wanted_is_not_taken)
{
    start();
    test_loop_until_count(&done, 1);
    is_wanted = false;
    recheck_now(&recheck);
    end();
    ck_assert_uint_eq(looks, 1);
    ck_assert_uint_eq(done, 1);
}
END_TEST

/* The first has read what is old by now; those that come while it hangs are one. */
START_TEST(look_that_is_under_way_is_followed_by_another)
{
    atomic_store(&hangs, true);
    start();
    recheck_now(&recheck);
    recheck_now(&recheck);
    atomic_store(&hangs, false);
    test_loop_until_count(&done, 2);
    ck_assert_uint_eq(invalid, 1);
    ck_assert_uint_eq(valid, 1);
    end();
    ck_assert_uint_eq(looks, 2);
}
END_TEST

START_TEST(look_ends_after_the_close)
{
    atomic_store(&hangs, true);
    start();
    recheck_now(&recheck);
    recheck_close(&recheck);
    recheck_close(&recheck);
    atomic_store(&hangs, false);
    test_loop_end();
    ck_assert_uint_eq(invalid, 1);
    ck_assert_uint_eq(looks, 1);
}
END_TEST

START_TEST(zeroed_one_does_nothing)
{
    struct recheck none = {0};

    recheck_now(&none);
    recheck_close(&none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recheck");
    TCase *tests = tcase_create("recheck");

    tcase_add_checked_fixture(tests, test_loop_start, NULL);
    tcase_add_test(tests, look_is_taken_at_once);
    tcase_add_test(tests, look_that_is_not_wanted_is_not_taken);
    tcase_add_test(tests, look_that_is_under_way_is_followed_by_another);
    tcase_add_test(tests, look_ends_after_the_close);
    tcase_add_test(tests, zeroed_one_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
