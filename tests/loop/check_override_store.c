/* Overrides over restarts: saved at each change, read back, ended in time, and never lost to a full disk or a damaged
 * file without a word. */
#include "collector/autoscale/override_store.h"

#include "collector/autoscale/override_file.h"
#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <errno.h>
#include <string.h>

#define NOW_MS INT64_C(1795888800000)

static struct temp_dir dir;
static struct disk disk;
static struct overrides overrides;
static struct override_store store;
static unsigned writes;
static int last_rc;

static void on_saved(int rc, void *arg)
{
    ck_assert_ptr_eq(arg, &dir);
    writes++;
    last_rc = rc;
}

static void start(void)
{
    log_capture_start();
    test_loop_start();
    overrides = (struct overrides){0};
    writes = 0;
    ck_assert_int_eq(override_store_start(&store, &test_loop, &disk, &overrides), 0);
    override_store_on_saved(&store, on_saved, &dir);
}

static void stop(void)
{
    override_store_close(&store);
    test_loop_end();
    override_store_deinit(&store);
    overrides_deinit(&overrides);
}

static void restart(void)
{
    stop();
    start();
}

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    start();
}

static void end(void)
{
    stop();
    temp_dir_remove(&dir);
}

static void set(enum override_kind kind, const char *group, unsigned nodes, int64_t until_ms)
{
    struct override override = {
        .kind = kind, .nodes = nodes, .set_ms = NOW_MS, .until_ms = until_ms, .uid = 1000, .reason = "a \"sale\" \\ ü"};

    strcpy(override.group, group);
    strcpy(override.user, "alice");
    override.forced = nodes == 7;
    ck_assert_int_eq(override_store_set(&store, &override), 0);
}

START_TEST(overrides_are_as_before_after_a_restart)
{
    set(OVERRIDE_PIN, "web", 7, NOW_MS + 1000);
    test_loop_until_count(&writes, 1);
    ck_assert_int_eq(last_rc, 0);
    ck_assert_uint_eq(store.saved, 1);
    set(OVERRIDE_PAUSE_IN, "db", 0, NOW_MS + 2000);
    set(OVERRIDE_PIN, "db", 2, NOW_MS + 3000); /* while a write is under way */
    test_loop_until_count(&writes, 3);
    ck_assert_uint_eq(store.saved, 3);
    struct override pin = *overrides_pin(&overrides, "web");
    restart();
    ck_assert_uint_eq(overrides.count, 3);
    const struct override *found = overrides_pin(&overrides, "web");
    ck_assert(found->nodes == 7 && found->forced && found->uid == 1000);
    ck_assert_int_eq(found->until_ms, NOW_MS + 1000);
    ck_assert_str_eq(found->user, pin.user);
    ck_assert_str_eq(found->reason, pin.reason);
    ck_assert_int_eq(overrides_pause(&overrides, "db")->kind, OVERRIDE_PAUSE_IN);
    ck_assert(!overrides_pin(&overrides, "db")->forced);
    ck_assert_ptr_nonnull(log_capture_find("web: still pinned to 7 nodes until"));
}
END_TEST

START_TEST(each_change_is_logged_with_who_and_why)
{
    set(OVERRIDE_PAUSE, "web", 0, NOW_MS + 1000);
    ck_assert_ptr_nonnull(log_capture_find("web: all orders paused, min included until 2026-11-28 18:00 UTC by alice"));
    ck_assert_str_eq(log_capture_field("HEADROOM_GROUP"), "web");
    ck_assert_str_eq(log_capture_field("HEADROOM_OVERRIDE"), "pause");
    ck_assert_str_eq(log_capture_field("HEADROOM_UID"), "1000");
    ck_assert_str_eq(log_capture_field("HEADROOM_USER"), "alice");
    ck_assert_uint_eq(override_store_end(&store, "web", "bob (uid 7)"), 1);
    ck_assert_ptr_nonnull(log_capture_find("web: no longer all orders paused"));
    ck_assert_ptr_nonnull(log_capture_find("; ended by bob (uid 7)"));
    test_loop_until_count(&writes, 2);
    restart();
    ck_assert_uint_eq(overrides.count, 0);
}
END_TEST

START_TEST(they_end_in_time)
{
    set(OVERRIDE_PIN, "web", 5, NOW_MS + 1000);
    set(OVERRIDE_PIN, "db", 5, NOW_MS + 1001);
    override_store_expire(&store, NOW_MS + 999);
    ck_assert_uint_eq(overrides.count, 2);
    override_store_expire(&store, NOW_MS + 1000);
    ck_assert_uint_eq(overrides.count, 1);
    ck_assert_ptr_nonnull(log_capture_find("web: no longer pinned to 5 nodes"));
    ck_assert_ptr_nonnull(log_capture_find("; its time is over"));
    test_loop_until_count(&writes, 2);
    restart();
    ck_assert_ptr_null(overrides_pin(&overrides, "web"));
    ck_assert_ptr_nonnull(overrides_pin(&overrides, "db"));
}
END_TEST

static void expect_aside(const char *text, const char *what)
{
    temp_dir_write(&dir, OVERRIDE_FILE_NAME, text, strlen(text));
    restart();
    ck_assert_uint_eq(overrides.count, 0);
    ck_assert_msg(log_capture_find(what) != NULL, "%s", text);
    ck_assert_str_eq(temp_dir_read(&dir, "overrides.bad", NULL), text);
}

START_TEST(a_file_that_is_not_ours_is_put_aside)
{
#define PIN                                                                                                            \
    "{\"kind\":\"pin\",\"group\":\"web\",\"nodes\":5,\"set_ms\":1,\"until_ms\":2,\"uid\":0,\"user\":\"\",\"reason\":"  \
    "\"\""
    expect_aside("", "the file overrides is damaged");
    expect_aside("{\"overrides\":1}", "the file overrides is damaged");
    expect_aside("{\"overrides\":2}\n", "was written by another version");
    expect_aside("{\"overrides\":1}\n" PIN "}", "the file overrides is damaged");
    expect_aside("{\"overrides\":1}\n" PIN "}\n{}\n", "the file overrides is damaged");
    expect_aside("{\"overrides\":1}\n" PIN ",\"nodes\":6}\n", "the file overrides is damaged");
    expect_aside("{\"overrides\":1}\n{\"kind\":\"pin\",\"group\":\"a b\"}\n", "pins and pauses are lost");
#define PAUSE(until, reason)                                                                                           \
    "{\"overrides\":1}\n{\"kind\":\"pause\",\"group\":\"web\",\"set_ms\":1,\"until_ms\":" until                        \
    ",\"uid\":0,\"user\":\"\",\"reason\":\"" reason "\"}\n"
    expect_aside(PAUSE("2", "\\u001b[2J"), "the file overrides is damaged");
    expect_aside(PAUSE("1", "why"), "the file overrides is damaged");
    expect_aside(PAUSE("604800002", "why"), "the file overrides is damaged");
    temp_dir_write(&dir, OVERRIDE_FILE_NAME, "{\"overrides\":1}\n" PIN "}\n", strlen("{\"overrides\":1}\n" PIN "}\n"));
    restart();
    ck_assert_uint_eq(overrides.count, 1);
}
END_TEST

static bool is_saved(void *arg)
{
    (void)arg;
    return store.saved == overrides.changes;
}

START_TEST(while_the_disk_is_full_they_stay_in_force)
{
    struct temp_dir small;

    if (!temp_dir_create_small(&small, 16384))
        return;
    temp_dir_fill(&small, "fill");
    disk = disk_posix(small.fd);
    set(OVERRIDE_PIN, "web", 5, NOW_MS + 1000);
    test_loop_until_count(&writes, 1);
    ck_assert_int_eq(last_rc, -ENOSPC);
    ck_assert_ptr_nonnull(log_capture_find("pins and pauses stay in force, but a restart would forget them"));
    ck_assert_ptr_nonnull(overrides_pin(&overrides, "web"));
    temp_dir_truncate(&small, "fill", 0);
    test_loop_until(is_saved, NULL);
    ck_assert_ptr_nonnull(temp_dir_read(&small, OVERRIDE_FILE_NAME, NULL));
    temp_dir_remove(&small);
    disk = disk_posix(dir.fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("override_store");
    TCase *tests = tcase_create("override_store");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, overrides_are_as_before_after_a_restart);
    tcase_add_test(tests, each_change_is_logged_with_who_and_why);
    tcase_add_test(tests, they_end_in_time);
    tcase_add_test(tests, a_file_that_is_not_ours_is_put_aside);
    tcase_add_test(tests, while_the_disk_is_full_they_stay_in_force);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
