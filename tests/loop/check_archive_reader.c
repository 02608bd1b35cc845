/* Queries that wait, are answered and are cancelled, with a real worker and real files. */
#include "collector/archive/archive_reader.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"
#include "support/test_spawner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct temp_dir dir;
static struct disk disk;
static struct archive_reader reader;
static struct archive_query query;
static unsigned answered;
static unsigned order[8];

static void begin(void)
{
    temp_dir_create(&dir);
    test_loop_start();
    test_spawner_start();
    disk = disk_posix(dir.fd);
    archive_reader_start(&reader, &test_loop, &disk, NULL);
    query = (struct archive_query){.kind = ARCHIVE_GROUP, .name = "web", .to_ms = 60000, .column_count = 1};
    answered = 0;
}

static void end(void)
{
    test_spawner_close();
    test_loop_end();
    temp_dir_remove(&dir);
}

static void on_answer(int rc, const struct archive_answer *answer, void *arg)
{
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_gt(answer->len, 100);
    free(answer->text);
    order[answered++] = *(unsigned *)arg;
}

static struct archive_request *ask(unsigned *number)
{
    return archive_reader_ask(&reader, &query, on_answer, number);
}

START_TEST(queries_are_answered_in_order_and_too_many_are_refused)
{
    unsigned numbers[] = {0, 1, 2, 3, 4, 5};

    for (unsigned i = 0; i < 1 + ARCHIVE_WAITING_MAX; i++)
        ck_assert_ptr_nonnull(ask(&numbers[i]));
    ck_assert_ptr_null(ask(&numbers[5]));
    test_loop_until_count(&answered, 1);
    ck_assert_ptr_nonnull(ask(&numbers[5]));
    test_loop_until_count(&answered, 6);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(order[i], i);
}
END_TEST

START_TEST(a_cancelled_query_is_not_answered)
{
    unsigned numbers[] = {0, 1, 2};
    struct archive_request *running = ask(&numbers[0]);
    struct archive_request *waiting = ask(&numbers[1]);

    ck_assert_ptr_nonnull(ask(&numbers[2]));
    archive_reader_cancel(&reader, running);
    archive_reader_cancel(&reader, waiting);
    test_loop_until_count(&answered, 1);
    ck_assert_uint_eq(order[0], 2);
    ck_assert_uint_eq(reader.waiting_count, 0);
}
END_TEST

/* Runs this script instead of headroom-bridge. */
static void set_engine(const char *script)
{
    static struct archive_engine engine;

    engine =
        (struct archive_engine){.spawner = &test_spawner, .url = "http://127.0.0.1:1", .token_file = "", .ca_file = ""};
    temp_dir_write(&dir, "bridge", script, strlen(script));
    ck_assert_int_eq(fchmodat(dir.fd, "bridge", 0755, 0), 0);
    snprintf(engine.bridge, sizeof engine.bridge, "%s", temp_dir_path(&dir, "bridge"));
    reader.engine = &engine;
}

START_TEST(an_engine_that_fails_slowly_holds_up_one_query)
{
    unsigned number = 0;

    set_engine("#!/bin/sh\necho run >> ${0%/*}/runs\nexit 1\n");
    ck_assert_ptr_nonnull(ask(&number));
    ck_assert_ptr_nonnull(ask(&number));
    test_loop_until_count(&answered, 2);
    ck_assert_str_eq(temp_dir_read(&dir, "runs", NULL), "run\nrun\n");
    set_engine("#!/bin/sh\necho run >> ${0%/*}/runs\nsleep 2.2\nexit 1\n");
    ck_assert_ptr_nonnull(ask(&number));
    ck_assert_ptr_nonnull(ask(&number));
    test_loop_until_count(&answered, 4);
    ck_assert_str_eq(temp_dir_read(&dir, "runs", NULL), "run\nrun\nrun\n");
}
END_TEST

START_TEST(the_loop_ends_after_a_scan_that_was_cancelled)
{
    unsigned number = 0;

    archive_reader_cancel(&reader, ask(&number));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive reader");
    TCase *tcase = tcase_create("archive reader");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, queries_are_answered_in_order_and_too_many_are_refused);
    tcase_add_test(tcase, a_cancelled_query_is_not_answered);
    tcase_add_test(tcase, an_engine_that_fails_slowly_holds_up_one_query);
    tcase_add_test(tcase, the_loop_ends_after_a_scan_that_was_cancelled);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
