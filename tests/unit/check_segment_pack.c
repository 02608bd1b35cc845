#include "collector/store/segment_pack.h"

#include "collector/store/disk_plain.h"
#include "collector/store/segment_list.h"
#include "collector/store/segment_time.h"
#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT    "rows-00000007.csv"
#define COMPRESSED SEGMENT ".zst"
#define NEW        COMPRESSED ".new"
#define NUMBER     7U
#define MODIFIED   INT64_C(1700000000123)
#define LINES      60000U /* 2.4 MB: several frames */
#define LINE_LEN   40U
#define LEN        (LINES * (size_t)LINE_LEN)

static struct temp_dir dir;
static struct disk real;
static struct disk disk; /* the real one, which fails when a test says so */
static struct disk_calls calls;
static char content[LEN + 1];
static const char *const names[] = {"rows", "other"};

/* ---- the disk ---- */

static unsigned fail_in; /* the call that changes something, counted from now, that fails; 0: none */
static int fail_rc;      /* -ECANCELED: the program dies there, so that all others fail, too */
static bool is_dead;
static bool is_lying;    /* a write changes a byte */
static unsigned changes; /* calls so far */

static int next_rc(void)
{
    changes++;
    if (is_dead)
        return -ECANCELED;
    if (fail_in == 0 || --fail_in > 0)
        return 0;
    is_dead = fail_rc == -ECANCELED;
    return fail_rc;
}

static int test_open(const struct disk *at, const char *name, enum disk_mode mode)
{
    int rc = mode == DISK_READ ? (is_dead ? -ECANCELED : 0) : next_rc();

    (void)at;
    return rc < 0 ? rc : disk_open(&real, name, mode);
}

static int test_write(const struct disk *at, int file, const void *data, size_t len, uint64_t offset)
{
    int rc = next_rc();
    static char changed[2 << 20];

    (void)at;
    if (rc < 0) { /* a part is written */
        (void)disk_write(&real, file, data, len / 2, offset);
        return rc;
    }
    memcpy(changed, data, len);
    changed[len / 2] ^= is_lying ? 1 : 0;
    return disk_write(&real, file, changed, len, offset);
}

static int test_sync(const struct disk *at, int file, bool data_only)
{
    int rc = next_rc();

    (void)at;
    return rc < 0 ? rc : data_only ? disk_sync(&real, file) : disk_sync_all(&real, file);
}

static int test_set_modified(const struct disk *at, int file, int64_t modified_ms)
{
    int rc = next_rc();

    (void)at;
    return rc < 0 ? rc : disk_set_modified(&real, file, modified_ms);
}

static int test_rename(const struct disk *at, const char *from, const char *to)
{
    int rc = next_rc();

    (void)at;
    return rc < 0 ? rc : disk_rename(&real, from, to);
}

static int test_remove(const struct disk *at, const char *name)
{
    int rc = next_rc();

    (void)at;
    return rc < 0 ? rc : disk_remove(&real, name);
}

static int test_sync_names(const struct disk *at)
{
    int rc = next_rc();

    (void)at;
    return rc < 0 ? rc : disk_sync_names(&real);
}

static void mend(void)
{
    fail_in = 0;
    is_dead = false;
    is_lying = false;
}

/* ---- files ---- */

static bool exists(const char *name)
{
    struct disk_status status;

    return disk_look(&real, name, &status) == 0;
}

static void set_modified(const char *name, int64_t modified_ms)
{
    int file = disk_open(&real, name, DISK_APPEND);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk_set_modified(&real, file, modified_ms), 0);
    disk_close(&real, file);
}

static void write_segment(void)
{
    temp_dir_write(&dir, SEGMENT, content, LEN);
    set_modified(SEGMENT, MODIFIED);
}

/* Whatever its form is. */
static void must_be_readable(void)
{
    static char text[LEN + 2];
    struct disk_plain plain;
    struct disk_status status;
    size_t len = 0;
    ssize_t got = 0;

    disk_plain_init(&plain, &real);
    int file = disk_open(&plain.disk, SEGMENT, DISK_READ);
    ck_assert_int_ge(file, 0);
    while ((got = disk_read(&plain.disk, file, text + len, sizeof text - len, len)) > 0)
        len += (size_t)got;
    ck_assert_int_eq(disk_status(&plain.disk, file, &status), 0);
    disk_close(&plain.disk, file);
    ck_assert_uint_eq(len, LEN);
    ck_assert_int_eq(memcmp(text, content, LEN), 0);
    ck_assert_uint_eq(status.size, LEN);
    ck_assert_int_eq(status.modified_ms, MODIFIED);
    ck_assert_int_eq(disk_look(&plain.disk, SEGMENT, &status), 0);
    ck_assert_uint_eq(status.size, LEN);
}

static void begin(void)
{
    temp_dir_create(&dir);
    real = disk_posix(dir.fd);
    disk = real;
    calls = *real.calls;
    calls.open = test_open;
    calls.write = test_write;
    calls.sync = test_sync;
    calls.set_modified = test_set_modified;
    calls.rename = test_rename;
    calls.remove = test_remove;
    calls.sync_names = test_sync_names;
    disk.calls = &calls;
    mend();
    for (unsigned i = 0; i < LINES; i++)
        snprintf(content + i * (size_t)LINE_LEN, LINE_LEN + 1, "%010u.000,node-%05u,%013u\n", 1700000000U + i / 20,
                 i % 100, i * 2654435761U);
    write_segment();
}

static void end(void)
{
    temp_dir_remove(&dir);
}

/* All steps, and the end. 0 or a negative errno. */
static int compress(void)
{
    struct segment_pack *pack = NULL;

    int rc = segment_pack_new(&pack, &disk, "rows", NUMBER);
    if (rc < 0)
        return rc;
    while ((rc = segment_pack_step(pack)) > 0)
        continue;
    if (rc == 0)
        rc = segment_pack_end(pack);
    segment_pack_free(pack);
    return rc;
}

static void must_be_compressed(void)
{
    ck_assert(!exists(SEGMENT));
    ck_assert(exists(COMPRESSED));
    ck_assert(!exists(NEW));
    must_be_readable();
}

/* ---- a whole run ---- */

START_TEST(segment_becomes_a_smaller_file_with_the_same_content_and_time)
{
    struct disk_status status;

    ck_assert_int_eq(compress(), 0);
    must_be_compressed();
    ck_assert_int_eq(disk_look(&real, COMPRESSED, &status), 0);
    ck_assert_uint_lt(status.size, LEN / 2);
    ck_assert_int_eq(status.modified_ms, MODIFIED);
}
END_TEST

/* The time of the last rows, which is looked at for each segment, takes only a small frame. */
START_TEST(last_rows_are_a_small_frame)
{
    struct disk_plain plain;
    char text[8];

    ck_assert_int_eq(compress(), 0);
    ck_assert_int_eq(segment_time_last(&real, SEGMENT, segment_time_of_first_field),
                     1700000000000 + (LINES - 129) / 20 * 1000);
    disk_plain_init(&plain, &real);
    int file = disk_open(&plain.disk, SEGMENT, DISK_READ);
    for (size_t from_end = 40000; from_end < 200000; from_end += 20000) { /* a read ends with its frame */
        static char rest[200000];
        ssize_t got = disk_read(&plain.disk, file, rest, sizeof rest, LEN - from_end);
        ck_assert_int_eq(got == (ssize_t)from_end, from_end <= 40000);
        ck_assert_int_eq(rest[got - 1], '\n');
    }
    ck_assert_int_eq(disk_read(&plain.disk, file, text, sizeof text, LEN), 0);
    disk_close(&plain.disk, file);
}
END_TEST

START_TEST(both_files_exist_until_the_end)
{
    struct segment_pack *pack = NULL;

    ck_assert_int_eq(segment_pack_new(&pack, &disk, "rows", NUMBER), 0);
    while (segment_pack_step(pack) > 0)
        continue;
    ck_assert(exists(SEGMENT) && exists(COMPRESSED) && !exists(NEW));
    ck_assert_uint_eq(segment_pack_content_len(pack), LEN);
    ck_assert_uint_lt(segment_pack_len(pack), LEN / 2);
    segment_pack_free(pack);
    must_be_readable();
}
END_TEST

/* ---- kills and failures ---- */

/* At each call that changes something; then the next run. */
START_TEST(kill_at_any_call_loses_nothing)
{
    unsigned all = 0;

    changes = 0;
    ck_assert_int_eq(compress(), 0);
    all = changes;
    ck_assert_uint_gt(all, 10);
    for (unsigned nth = 1; nth <= all; nth++) {
        (void)disk_remove(&real, COMPRESSED);
        write_segment();
        fail_in = nth;
        fail_rc = -ECANCELED;
        ck_assert_int_lt(compress(), 0);
        ck_assert(is_dead);
        mend();
        must_be_readable();
        ck_assert_int_eq(segment_pack_clean(&disk, "rows"), 0);
        ck_assert(!exists(NEW));
        ck_assert_int_eq(exists(SEGMENT) ? compress() : 0, 0);
        must_be_compressed();
    }
}
END_TEST

/* A disk that is full, for example: nothing is left of the attempt. */
START_TEST(failure_of_any_call_leaves_the_segment)
{
    unsigned failed = 0;

    for (unsigned nth = 1; nth < 1000; nth++) {
        (void)disk_remove(&real, COMPRESSED);
        write_segment();
        fail_in = nth;
        fail_rc = -ENOSPC;
        int rc = compress();
        mend();
        must_be_readable();
        ck_assert(!exists(NEW));
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, -ENOSPC);
        failed++;
        ck_assert_int_eq(exists(SEGMENT) ? compress() : 0, 0);
        must_be_compressed();
    }
    ck_assert_uint_gt(failed, 10);
}
END_TEST

/* Memory or a disk that changes bytes: each is read back and compared. */
START_TEST(damaged_copy_never_replaces_the_segment)
{
    is_lying = true;
    ck_assert_int_eq(compress(), -EBADMSG);
    ck_assert(exists(SEGMENT) && !exists(COMPRESSED) && !exists(NEW));
    mend();
    ck_assert_int_eq(compress(), 0);
    must_be_compressed();
}
END_TEST

/* ---- what others do ---- */

/* By a person, or a run that was killed. */
START_TEST(file_that_is_there_is_used_only_if_it_has_the_same_content)
{
    size_t len = 0;
    static char whole[LEN];

    ck_assert_int_eq(compress(), 0);
    memcpy(whole, temp_dir_read(&dir, COMPRESSED, &len), 1);
    const char *found = temp_dir_read(&dir, COMPRESSED, &len);
    memcpy(whole, found, len);
    write_segment();
    changes = 0;
    ck_assert_int_eq(compress(), 0);
    ck_assert_uint_lt(changes, 5); /* it is not written again */
    must_be_compressed();

    whole[len / 3] ^= 1;
    temp_dir_write(&dir, COMPRESSED, whole, len);
    write_segment();
    ck_assert_int_eq(compress(), 0);
    must_be_compressed();

    temp_dir_write(&dir, COMPRESSED, "not ours", 8);
    write_segment();
    ck_assert_int_eq(compress(), 0);
    must_be_compressed();
}
END_TEST

START_TEST(segment_that_is_deleted_meanwhile_does_not_come_back)
{
    struct segment_pack *pack = NULL;
    int rc = 0;

    ck_assert_int_eq(segment_pack_new(&pack, &disk, "rows", NUMBER), 0);
    ck_assert_int_gt(segment_pack_step(pack), 0);
    ck_assert_int_eq(segment_list_remove(&real, "rows", NUMBER), 0);
    while ((rc = segment_pack_step(pack)) > 0)
        continue;
    ck_assert_int_eq(rc, -ENOENT);
    segment_pack_free(pack);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows"), 0);
    ck_assert_int_eq(segment_pack_new(&pack, &disk, "rows", NUMBER), -ENOENT);
}
END_TEST

/* Who reads a segment goes on reading it. */
START_TEST(open_segment_stays_readable)
{
    char text[LINE_LEN];
    int file = disk_open(&real, SEGMENT, DISK_READ);

    ck_assert_int_eq(compress(), 0);
    ck_assert_int_eq(disk_read(&real, file, text, sizeof text, LEN - LINE_LEN), LINE_LEN);
    ck_assert_int_eq(memcmp(text, content + LEN - LINE_LEN, LINE_LEN), 0);
    disk_close(&real, file);
}
END_TEST

/* ---- odd segments ---- */

static void must_compress(const char *text, size_t len)
{
    static char found[2 << 20];
    struct disk_plain plain;
    size_t used = 0;
    ssize_t got = 0;

    temp_dir_write(&dir, SEGMENT, text, len);
    ck_assert_int_eq(compress(), 0);
    disk_plain_init(&plain, &real);
    int file = disk_open(&plain.disk, SEGMENT, DISK_READ);
    while ((got = disk_read(&plain.disk, file, found + used, sizeof found - used, used)) > 0)
        used += (size_t)got;
    disk_close(&plain.disk, file);
    ck_assert_uint_eq(used, len);
    ck_assert_int_eq(memcmp(found, text, len), 0);
}

START_TEST(any_bytes_come_back)
{
    static char noise[(1 << 20) + 70000];

    srand(1);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)rand();
    must_compress("", 0);
    must_compress("a", 1);
    must_compress("a\n", 2);
    must_compress(noise, sizeof noise);
    memset(noise, 'x', sizeof noise); /* a line that is longer than a frame */
    must_compress(noise, sizeof noise);
}
END_TEST

/* ---- names ---- */

START_TEST(search_finds_each_old_segment_once)
{
    struct segment_pack_place place = {0};

    temp_dir_write(&dir, "rows.csv", "a", 1);
    temp_dir_write(&dir, "rows-00000008.csv", "a", 1);
    temp_dir_write(&dir, "rows-00000009.csv.zst", "a", 1);
    temp_dir_write(&dir, "other-00000002.csv", "a", 1);
    set_modified("rows.csv", 0);
    set_modified("rows-00000009.csv.zst", 0);
    set_modified("other-00000002.csv", 0);
    ck_assert_int_eq(segment_pack_find(&place, &real, names, 2, MODIFIED), 1);
    ck_assert(place.series == 1 && place.number == 2);
    ck_assert_int_eq(segment_pack_find(&place, &real, names, 2, MODIFIED + 1), 0);
    ck_assert_int_eq(segment_pack_find(&place, &real, names, 2, MODIFIED + 1), 1);
    ck_assert(place.series == 0 && place.number == NUMBER);
    ck_assert_int_eq(segment_pack_find(&place, &real, names, 2, MODIFIED + 1), 1);
    ck_assert(place.series == 1 && place.number == 2);
    ck_assert_int_eq(segment_pack_find(&place, &real, names, 2, MODIFIED + 1), 0);
}
END_TEST

START_TEST(segment_with_both_files_is_listed_once_and_removed_whole)
{
    struct segment_list list;
    struct disk_status status;

    temp_dir_write(&dir, COMPRESSED, "abc", 3);
    temp_dir_write(&dir, "rows-00000009.csv.zst", "abcd", 4);
    temp_dir_write(&dir, "rows-00000010.csv.zst.new", "a", 1);
    ck_assert_int_eq(segment_list_read(&list, &real, "rows"), 0);
    ck_assert_uint_eq(list.count, 2);
    ck_assert(segment_list_has(&list, NUMBER) && segment_list_has(&list, 9));
    segment_list_free(&list);
    ck_assert_int_eq(segment_list_look(&real, "rows", NUMBER, &status), 0);
    ck_assert_uint_eq(status.size, LEN + 3);
    ck_assert_int_eq(segment_list_look(&real, "rows", 9, &status), 0);
    ck_assert_uint_eq(status.size, 4);
    ck_assert_int_eq(segment_list_look(&real, "rows", 10, &status), -ENOENT);
    ck_assert_int_eq(segment_list_remove(&real, "rows", NUMBER), 0);
    ck_assert_int_eq(segment_list_remove(&real, "rows", 9), 0);
    ck_assert_int_eq(segment_list_remove(&real, "rows", 9), -ENOENT);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows"), 1);
    temp_dir_write(&dir, "other-00000010.csv.zst.new", "a", 1);
    ck_assert_int_eq(segment_pack_clean(&real, "rows"), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows"), 0);
    ck_assert(exists("other-00000010.csv.zst.new"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segment_pack");
    TCase *tcase = tcase_create("segment_pack");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, segment_becomes_a_smaller_file_with_the_same_content_and_time);
    tcase_add_test(tcase, last_rows_are_a_small_frame);
    tcase_add_test(tcase, both_files_exist_until_the_end);
    tcase_add_test(tcase, kill_at_any_call_loses_nothing);
    tcase_add_test(tcase, failure_of_any_call_leaves_the_segment);
    tcase_add_test(tcase, damaged_copy_never_replaces_the_segment);
    tcase_add_test(tcase, file_that_is_there_is_used_only_if_it_has_the_same_content);
    tcase_add_test(tcase, segment_that_is_deleted_meanwhile_does_not_come_back);
    tcase_add_test(tcase, open_segment_stays_readable);
    tcase_add_test(tcase, any_bytes_come_back);
    tcase_add_test(tcase, search_finds_each_old_segment_once);
    tcase_add_test(tcase, segment_with_both_files_is_listed_once_and_removed_whole);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
