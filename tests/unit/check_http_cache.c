/* An answer is kept as long as what it tells of is the same. */
#include "collector/http/http_cache.h"

#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define TAKEN_MS 1000

static struct fleet_counts counts;
static struct decision_history history;
static struct answer_world world = {.counts = &counts, .history = &history};
static struct http_cache kept;
static unsigned made;
static unsigned released;
static struct http_cache_copy copy;

static void release(void *response)
{
    free(response);
    released++;
}

/* A response of the test's: the text itself. */
static void replace(void)
{
    ck_assert(http_cache_copy_ok(&copy));
    http_cache_replace(&kept, &copy, copy.text);
    ck_assert_ptr_null(copy.text); /* the response has it */
    made++;
    ck_assert_uint_eq(released, made - 1);
}

static void setup(void)
{
    kept = (struct http_cache){.release = release};
    made = released = 0;
    counts = (struct fleet_counts){.taken_ms = TAKEN_MS};
    history = (struct decision_history){.changes = 7};
}

static void teardown(void)
{
    http_cache_copy_free(&copy, &kept);
    http_cache_free(&kept);
    ck_assert_uint_eq(released, made);
}

static void keep(const char *text)
{
    http_cache_copy_add(&copy, &world, text, strlen(text));
    http_cache_copy_add(&copy, &world, "more", 4);
    replace();
    http_cache_copy_free(&copy, &kept);
}

START_TEST(it_is_kept_until_the_fleet_is_counted_anew)
{
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS));
    keep("one");
    void *response = http_cache_response(&kept, &world, TAKEN_MS + FLEET_COUNTS_FRESH_MS);
    ck_assert_ptr_nonnull(response);
    ck_assert_ptr_eq(http_cache_response(&kept, &world, TAKEN_MS), response);
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + FLEET_COUNTS_FRESH_MS + 1));
    counts.taken_ms = TAKEN_MS + 10;
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + 10));
    keep("two");
    ck_assert_ptr_nonnull(http_cache_response(&kept, &world, TAKEN_MS + 10));
}
END_TEST

START_TEST(the_one_before_will_do_while_the_next_one_is_made)
{
    keep("one");
    void *old = kept.response;
    counts.taken_ms = TAKEN_MS + 600;
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + 600));
    http_cache_begin(&kept, &copy);
    ck_assert_ptr_eq(http_cache_response(&kept, &world, TAKEN_MS + 1000), old);
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + 1001));
    http_cache_copy_free(&copy, &kept); /* its reader has left */
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + 600));
    http_cache_begin(&kept, &copy);
    keep("two");
    ck_assert_ptr_nonnull(http_cache_response(&kept, &world, TAKEN_MS + 600));
    history.changes++;
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS + 600)); /* nobody makes the next one */
}
END_TEST

START_TEST(a_decision_ends_it)
{
    keep("one");
    history.changes++;
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS));
}
END_TEST

START_TEST(what_changes_while_it_is_copied_is_not_in_it)
{
    http_cache_copy_add(&copy, &world, "one", 3);
    history.changes++;
    http_cache_copy_add(&copy, &world, "more", 4);
    replace();
    ck_assert_ptr_null(http_cache_response(&kept, &world, TAKEN_MS));
}
END_TEST

START_TEST(a_long_text_is_kept_whole)
{
    char piece[ANSWER_PIECE];

    memset(piece, 'x', sizeof piece);
    for (unsigned i = 0; i < 9; i++)
        http_cache_copy_add(&copy, &world, piece, sizeof piece);
    ck_assert_uint_eq(copy.len, 9 * sizeof piece);
    ck_assert(!copy.failed);
    ck_assert_int_eq(copy.text[copy.len - 1], 'x');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http kept");
    TCase *tests = tcase_create("http kept");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_is_kept_until_the_fleet_is_counted_anew);
    tcase_add_test(tests, the_one_before_will_do_while_the_next_one_is_made);
    tcase_add_test(tests, a_decision_ends_it);
    tcase_add_test(tests, what_changes_while_it_is_copied_is_not_in_it);
    tcase_add_test(tests, a_long_text_is_kept_whole);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
