#include "collector/intake/strangers.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

#define PLACES 8U

static struct strangers strangers;
static char owners[100];

static void setup(void)
{
    ck_assert_int_eq(strangers_init(&strangers, PLACES), 0);
}

static void teardown(void)
{
    strangers_deinit(&strangers);
}

/* The index of the owner who has to go, or -1. */
static int add(unsigned owner, uint64_t origin, bool lingers)
{
    char *evicted = strangers_add(&strangers, &owners[owner], origin, lingers);

    ck_assert_uint_le(strangers.count, PLACES);
    return evicted != NULL ? (int)(evicted - owners) : -1;
}

START_TEST(an_origin_has_half_of_the_places_and_its_oldest_goes)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(add(i, 7, false), i < PLACES / 2 ? -1 : (int)(i - PLACES / 2));
    ck_assert_uint_eq(strangers.count, PLACES / 2);
    ck_assert_uint_eq(strangers.evicted, 20 - PLACES / 2);
}
END_TEST

START_TEST(when_all_places_are_taken_the_oldest_of_all_goes)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(add(i, 100 + i, false), i < PLACES ? -1 : (int)(i - PLACES));
}
END_TEST

START_TEST(one_that_lingers_goes_first)
{
    for (unsigned i = 0; i < PLACES; i++)
        add(i, 100 + i, false);
    ck_assert_int_eq(add(5, 105, true), -1); /* it has its place */
    ck_assert_int_eq(add(3, 103, true), -1);
    ck_assert_int_eq(add(20, 200, false), 3);
    ck_assert_int_eq(add(21, 201, true), 5);
    ck_assert_int_eq(add(22, 202, false), 21);
    ck_assert_int_eq(add(23, 203, false), 0);
    ck_assert_uint_eq(strangers.evicted, 1);
}
END_TEST

START_TEST(a_place_that_is_left_is_free)
{
    for (unsigned i = 0; i < PLACES; i++)
        add(i, 100 + i, false);
    strangers_remove(&strangers, &owners[2]);
    strangers_remove(&strangers, &owners[2]);
    strangers_remove(&strangers, &owners[99]);
    ck_assert_uint_eq(strangers.count, PLACES - 1);
    ck_assert_int_eq(add(2, 102, false), -1);
    ck_assert_int_eq(add(30, 300, false), 0);
    ck_assert_int_eq(add(31, 301, false), 1);
    ck_assert_int_eq(add(32, 302, false), 3); /* 2 came back later */
}
END_TEST

START_TEST(a_single_place_is_enough_to_work)
{
    strangers_deinit(&strangers);
    ck_assert_int_eq(strangers_init(&strangers, 1), 0);
    ck_assert_int_eq(add(1, 1, false), -1);
    ck_assert_int_eq(add(2, 1, false), 1);
    ck_assert_int_eq(add(3, 2, false), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strangers");

    CASES_ADD(suite, "strangers", setup, teardown, an_origin_has_half_of_the_places_and_its_oldest_goes,
              when_all_places_are_taken_the_oldest_of_all_goes, one_that_lingers_goes_first,
              a_place_that_is_left_is_free, a_single_place_is_enough_to_work);
    return suite_run(suite);
}
