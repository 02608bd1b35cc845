#include "collector/autoscale/count_book.h"

#include "common/limits.h"
#include "support/cases.h"
#include "support/suite.h"

#define GROUPS 8U
#define PLACES 4U

static struct count_book book;

static void begin(void)
{
    ck_assert_int_eq(count_book_init(&book, PLACES), 0);
}

static void end(void)
{
    count_book_deinit(&book);
}

static void want(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        count_book_want(&book, i, true);
}

static int next(int64_t now_ms)
{
    return count_book_next(&book, GROUPS, now_ms);
}

static void finish(unsigned index, unsigned number)
{
    const struct count_answer answer = {.number = number};

    count_book_end(&book, index, &answer, false);
}

START_TEST(a_group_without_a_program_is_not_asked_for)
{
    ck_assert_int_eq(next(1000), -1);
    ck_assert_int_eq(count_book_due_ms(&book, GROUPS), INT64_MAX);
    want(3, 1);
    ck_assert(book.has_new);
    ck_assert_int_eq(next(1000), 3);
    finish(3, 5);
    count_book_want(&book, 3, false);
    ck_assert_int_eq(next(1000000), -1);
}
END_TEST

START_TEST(a_group_is_asked_for_at_once_and_then_each_minute)
{
    want(0, 1);
    ck_assert_int_eq(next(1000), 0);
    ck_assert_int_eq(next(1000), -1); /* it is being asked for */
    finish(0, 5);
    ck_assert_int_eq(next(1000 + COUNT_INTERVAL_MS - 1), -1);
    ck_assert_int_eq(count_book_due_ms(&book, GROUPS), 1000 + COUNT_INTERVAL_MS);
    ck_assert_int_eq(next(1000 + COUNT_INTERVAL_MS), 0);
}
END_TEST

START_TEST(in_a_hurry_it_is_asked_for_again_after_the_question_under_way)
{
    want(0, 1);
    ck_assert_int_eq(next(1000), 0);
    count_book_hurry(&book, 0);
    ck_assert(book.has_new);
    ck_assert_int_eq(next(1100), -1);
    finish(0, 5);
    ck_assert_int_eq(next(1200), 0);
    ck_assert_int_eq(count_book_page(&book, 0)->asked_ms, 1200);
}
END_TEST

START_TEST(the_one_that_waits_longest_is_next_and_places_are_limited)
{
    want(0, GROUPS);
    for (unsigned i = 0; i < PLACES; i++)
        ck_assert_int_eq(next(1000), (int)i);
    ck_assert_int_eq(next(1000), -1);
    finish(2, 5);
    ck_assert_int_eq(next(1001), PLACES);
    finish(0, 5);
    finish(1, 5);
    ck_assert_int_eq(next(1002), PLACES + 1);
    ck_assert_int_eq(next(1002), PLACES + 2);
}
END_TEST

/* Programs that hang get half of the places, so that the others are still asked. */
START_TEST(groups_that_timed_out_share_half_of_the_places)
{
    want(0, PLACES);
    for (unsigned i = 0; i < PLACES; i++) {
        ck_assert_int_eq(next(1000), (int)i);
        count_book_end(&book, i, NULL, true);
    }
    want(PLACES, 1);
    ck_assert_int_eq(next(2000), PLACES);
    finish(PLACES, 5);
    ck_assert_int_eq(next(1000 + COUNT_INTERVAL_MS), 0);
    ck_assert_int_eq(next(1000 + COUNT_INTERVAL_MS), 1);
    ck_assert_int_eq(next(1000 + COUNT_INTERVAL_MS), -1);
    ck_assert_int_eq(next(2000 + COUNT_INTERVAL_MS), PLACES);
    count_book_end(&book, 0, NULL, true);
    ck_assert_int_eq(next(2000 + COUNT_INTERVAL_MS), 2);
}
END_TEST

START_TEST(an_answer_is_taken_at_the_next_tick)
{
    struct group_observation observed = {.live = 3};

    want(0, 1);
    ck_assert_int_eq(next(1000), 0);
    count_book_note_left(&book, 0, 7);
    ck_assert(!count_book_observe(&book, 0, 1100, 7, &observed));
    ck_assert(!observed.counted);
    finish(0, 5);
    ck_assert(!count_book_observe(&book, 0, 1200, 8, &observed));
    ck_assert(observed.counted);
    ck_assert_uint_eq(observed.count, 4);                                  /* one has left by order since */
    ck_assert_int_eq(count_book_page(&book, 0)->belief.believed_ms, 1000); /* as of when it was asked for */
    count_book_observe(&book, 0, 1000 + COUNT_FRESH_MS + 1, 8, &observed);
    ck_assert(!observed.counted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("count_book");

    CASES_ADD(suite, "count_book", begin, end, a_group_without_a_program_is_not_asked_for,
              a_group_is_asked_for_at_once_and_then_each_minute,
              in_a_hurry_it_is_asked_for_again_after_the_question_under_way,
              the_one_that_waits_longest_is_next_and_places_are_limited, groups_that_timed_out_share_half_of_the_places,
              an_answer_is_taken_at_the_next_tick);
    return suite_run(suite);
}
