#include "collector/store/compressor.h"

#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static struct temp_dir dir;
static struct disk disk;
static struct compressor compressor;
static bool is_busy;
static unsigned asked;
static const char *const names[] = {"rows", "other"};

static bool on_busy(void *arg)
{
    (void)arg;
    asked++;
    return is_busy;
}

static void write_old(const char *name, int64_t age_ms)
{
    static char text[3000000 + 1];

    for (size_t i = 0; i + 10 < sizeof text; i += 10)
        snprintf(text + i, 11, "%09zu\n", i % 999999937);
    temp_dir_write(&dir, name, text, sizeof text - 1);
    int file = disk_open(&disk, name, DISK_APPEND);
    ck_assert_int_eq(disk_set_modified(&disk, file, disk_wall_ms(&disk) - age_ms), 0);
    disk_close(&disk, file);
}

static void start(int64_t after_ms)
{
    const struct compressor_options options = {.disk = &disk,
                                               .names = names,
                                               .count = 2,
                                               .after_ms = after_ms,
                                               .look_ms = 20,
                                               .remove_ms = 20,
                                               .busy_cb = on_busy};

    compressor_start(&compressor, &test_loop, &options);
}

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    is_busy = false;
    asked = 0;
    test_loop_start();
}

static void end(void)
{
    compressor_close(&compressor);
    test_loop_end();
    compressor_deinit(&compressor);
    temp_dir_remove(&dir);
}

static bool exists(const char *name)
{
    struct disk_status status;

    return disk_look(&disk, name, &status) == 0;
}

static bool is_compressed(void *arg)
{
    char compressed[64];

    snprintf(compressed, sizeof compressed, "%s.zst", (const char *)arg);
    return exists(compressed) && !exists(arg);
}

START_TEST(old_segments_of_all_series_are_compressed)
{
    log_capture_start();
    write_old("rows-00000001.csv", DAY_MS);
    write_old("rows-00000002.csv", DAY_MS);
    write_old("other-00000001.csv", DAY_MS);
    write_old("rows-00000003.csv", 0);
    write_old("rows.csv", DAY_MS);
    temp_dir_write(&dir, "rows-00000009.csv.zst.new", "killed", 6);
    start(DAY_MS / 2);
    test_loop_until(is_compressed, "rows-00000001.csv");
    test_loop_until(is_compressed, "rows-00000002.csv");
    test_loop_until(is_compressed, "other-00000001.csv");
    ck_assert(exists("rows-00000003.csv") && exists("rows.csv"));
    ck_assert(!exists("rows-00000009.csv.zst.new"));
    write_old("rows-00000003.csv", DAY_MS); /* time passes */
    test_loop_until(is_compressed, "rows-00000003.csv");
    test_loop_for_ms(50);
    ck_assert_ptr_nonnull(log_capture_find("compressed rows-00000001.csv from 3.0 to 0."));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(nothing_is_compressed_unless_it_is_configured)
{
    write_old("rows-00000001.csv", DAY_MS);
    start(0);
    test_loop_for_ms(1500);
    ck_assert(exists("rows-00000001.csv") && !exists("rows-00000001.csv.zst"));
    compressor_set_after(&compressor, 1000);
    test_loop_until(is_compressed, "rows-00000001.csv");
}
END_TEST

static bool is_asked_often(void *arg)
{
    (void)arg;
    return asked > 20;
}

START_TEST(it_waits_while_the_store_writes)
{
    write_old("rows-00000001.csv", DAY_MS);
    is_busy = true;
    start(1000);
    test_loop_until(is_asked_often, NULL);
    ck_assert(!exists("rows-00000001.csv.zst.new"));
    is_busy = false;
    test_loop_until(is_compressed, "rows-00000001.csv");
}
END_TEST

START_TEST(one_that_cannot_be_compressed_does_not_hold_up_the_others)
{
    log_capture_start();
    write_old("rows-00000001.csv", DAY_MS);
    write_old("rows-00000002.csv", DAY_MS);
    ck_assert_int_eq(mkdirat(dir.fd, "rows-00000001.csv.zst", 0700), 0);
    start(1000);
    test_loop_until(is_compressed, "rows-00000002.csv");
    ck_assert(exists("rows-00000001.csv"));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "rows-00000001.csv can't be compressed: Is a directory; it "
                                                         "stays as it is, and is tried again later"),
                      1);
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000001.csv.zst", AT_REMOVEDIR), 0);
    test_loop_until(is_compressed, "rows-00000001.csv");
}
END_TEST

static bool has_begun(void *arg)
{
    (void)arg;
    return exists("rows-00000001.csv.zst.new");
}

START_TEST(a_stop_in_the_middle_leaves_the_segment_only)
{
    write_old("rows-00000001.csv", DAY_MS);
    start(1000);
    test_loop_until(has_begun, NULL);
    compressor_close(&compressor);
    test_loop_end();
    compressor_deinit(&compressor);
    test_loop_start();
    ck_assert(exists("rows-00000001.csv"));
    ck_assert_uint_eq(temp_dir_count(&dir, "rows"), 1);
    start(1000);
    test_loop_until(is_compressed, "rows-00000001.csv");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compressor");
    TCase *tcase = tcase_create("compressor");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, old_segments_of_all_series_are_compressed);
    tcase_add_test(tcase, nothing_is_compressed_unless_it_is_configured);
    tcase_add_test(tcase, it_waits_while_the_store_writes);
    tcase_add_test(tcase, one_that_cannot_be_compressed_does_not_hold_up_the_others);
    tcase_add_test(tcase, a_stop_in_the_middle_leaves_the_segment_only);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
