/* An answer is cached as long as what it reports on is the same. */
#include "collector/http/http_cache.h"

#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define TAKEN_MS 1000

static struct fleet_counts counts;
static struct decision_history history;
static struct answer_world world = {.counts = &counts, .history = &history};
static struct http_cache cache;
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
    http_cache_replace(&cache, &copy, copy.text);
    ck_assert_ptr_null(copy.text); /* the response has it */
    made++;
    ck_assert_uint_eq(released, made - 1);
}

static void setup(void)
{
    cache = (struct http_cache){.release = release};
    made = released = 0;
    counts = (struct fleet_counts){.taken_ms = TAKEN_MS};
    history = (struct decision_history){.changes = 7};
}

static void teardown(void)
{
    http_cache_copy_free(&copy, &cache);
    http_cache_free(&cache);
    ck_assert_uint_eq(released, made);
}

static void put(const char *text)
{
    http_cache_copy_add(&copy, &world, text, strlen(text));
    http_cache_copy_add(&copy, &world, "more", 4);
    replace();
    http_cache_copy_free(&copy, &cache);
}

START_TEST(it_is_cached_until_the_fleet_is_counted_again)
{
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS));
    put("one");
    void *response = http_cache_response(&cache, &world, TAKEN_MS + FLEET_COUNTS_FRESH_MS);
    ck_assert_ptr_nonnull(response);
    ck_assert_ptr_eq(http_cache_response(&cache, &world, TAKEN_MS), response);
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + FLEET_COUNTS_FRESH_MS + 1));
    counts.taken_ms = TAKEN_MS + 10;
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + 10));
    put("two");
    ck_assert_ptr_nonnull(http_cache_response(&cache, &world, TAKEN_MS + 10));
}
END_TEST

START_TEST(the_one_before_will_do_while_the_next_one_is_made)
{
    put("one");
    void *old = cache.response;
    counts.taken_ms = TAKEN_MS + 600;
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + 600));
    http_cache_begin(&cache, &copy);
    ck_assert_ptr_eq(http_cache_response(&cache, &world, TAKEN_MS + 1000), old);
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + 1001));
    http_cache_copy_free(&copy, &cache); /* its reader has left */
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + 600));
    http_cache_begin(&cache, &copy);
    put("two");
    ck_assert_ptr_nonnull(http_cache_response(&cache, &world, TAKEN_MS + 600));
    history.changes++;
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS + 600)); /* no request makes the next one */
}
END_TEST

START_TEST(a_decision_ends_it)
{
    put("one");
    history.changes++;
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS));
}
END_TEST

START_TEST(what_changes_while_it_is_copied_is_not_in_it)
{
    http_cache_copy_add(&copy, &world, "one", 3);
    history.changes++;
    http_cache_copy_add(&copy, &world, "more", 4);
    replace();
    ck_assert_ptr_null(http_cache_response(&cache, &world, TAKEN_MS));
}
END_TEST

START_TEST(a_long_text_is_copied_whole)
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
    Suite *suite = suite_create("http_cache");
    TCase *tests = tcase_create("http_cache");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, it_is_cached_until_the_fleet_is_counted_again);
    tcase_add_test(tests, the_one_before_will_do_while_the_next_one_is_made);
    tcase_add_test(tests, a_decision_ends_it);
    tcase_add_test(tests, what_changes_while_it_is_copied_is_not_in_it);
    tcase_add_test(tests, a_long_text_is_copied_whole);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
