/* Which rows of decisions.csv wait, and which are written; the files are check_decision_log's. */
#include "collector/autoscale/decision_rows.h"

#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct segments segments;
static struct decision decision;
static struct decision_rows rows;

static void begin(void)
{
    segments = (struct segments){0};
    decision = (struct decision){.settings = SCALER_SETTINGS_DEFAULT};
    ck_assert_int_eq(decision_rows_init(&rows, &segments), 0);
}

static void end(void)
{
    decision_rows_deinit(&rows);
}

static int add(const char *why)
{
    const struct decision_record record = {.wall_ms = 1, .group = "web", .decision = &decision, .why = why};

    return decision_rows_add(&rows, &record);
}

static bool is_written(const char *why)
{
    return memmem(rows.writing, rows.writing_len, why, strlen(why)) != NULL;
}

START_TEST(rows_wait_while_a_write_is_under_way)
{
    ck_assert(!decision_rows_take(&rows));
    add("first");
    ck_assert(decision_rows_take(&rows));
    add("second");
    ck_assert(!decision_rows_take(&rows));
    ck_assert(is_written("first"));
    ck_assert(!is_written("second"));
    ck_assert_uint_eq(rows.synced, 0);
    decision_rows_end(&rows, 0);
    ck_assert_uint_eq(rows.synced, 1);
    ck_assert(decision_rows_take(&rows));
    ck_assert(!is_written("first"));
    ck_assert(is_written("second"));
    decision_rows_end(&rows, 0);
    ck_assert_uint_eq(rows.synced, 2);
    ck_assert(!decision_rows_take(&rows));
}
END_TEST

START_TEST(failed_write_holds_its_rows)
{
    add("first");
    ck_assert(decision_rows_take(&rows));
    decision_rows_end(&rows, -EIO);
    ck_assert(rows.failing);
    add("second");
    ck_assert(!decision_rows_take(&rows));
    ck_assert(is_written("first"));
    ck_assert_uint_eq(rows.synced, 0);
    decision_rows_end(&rows, 0);
    ck_assert(!rows.failing);
    ck_assert_uint_eq(rows.synced, 1);
    ck_assert(decision_rows_take(&rows));
}
END_TEST

START_TEST(full_buffer_takes_no_more_rows)
{
    uint64_t added = 0;

    while (add("why") == 0)
        added++;
    ck_assert_int_eq(add("why"), -ENOSPC);
    ck_assert_uint_eq(rows.added, added);
    ck_assert_uint_gt(rows.waiting_len, DECISION_ROWS_BUFFER - DECISION_ROW_MAX);
    ck_assert(decision_rows_take(&rows));
    ck_assert_int_eq(add("why"), 0);
}
END_TEST

START_TEST(what_is_no_row_is_recognized)
{
    static const struct {
        const char *row;
        size_t len;
    } others[] = {{"", 0}, {"1", 1}, {"\"\"", 2}, {"1700,web", 8}, {"x,\"why\"", 7}, {"1,\"a\0b\"", 7}};

    ck_assert(decision_rows_ok("1,\"why\"", 7));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!decision_rows_ok(others[i].row, others[i].len), "%zu", i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_rows");

    CASES_ADD(suite, "rows", begin, end, rows_wait_while_a_write_is_under_way, failed_write_holds_its_rows,
              full_buffer_takes_no_more_rows, what_is_no_row_is_recognized);
    return suite_run(suite);
}
