#include "collector/store/segments.h"

#include "collector/store/segments_each.h"
#include "collector/store/segments_text.h"

#include "common/clock.h"
#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define HEADER "number,text\n"
#define LIVE   "rows.csv"
#define HOUR   INT64_C(3600000)

static struct temp_dir dir;
static struct disk disk;
static struct segments segments;
static struct segments_limits limits;
static uint64_t cut;

/* A digit, then anything without NUL, then a semicolon. */
static bool row_ok(const char *row, size_t len)
{
    return len > 1 && row[0] >= '0' && row[0] <= '9' && row[len - 1] == ';' && memchr(row, '\0', len) == NULL;
}

static int open_as(const char *name, struct segments *opened, uint64_t used_number)
{
    struct segments_options options = {.name = name,
                                       .header = HEADER,
                                       .row_ok = row_ok,
                                       .row_ms = segment_time_of_first_field,
                                       .used_number = used_number,
                                       .limits = limits};

    disk = disk_posix(dir.fd);
    return segments_open(opened, &disk, &options, &cut);
}

static int open_rows(void)
{
    return open_as("rows", &segments, 0);
}

static void must_open(uint64_t wanted_cut)
{
    ck_assert_int_eq(open_rows(), 0);
    ck_assert_uint_eq(cut, wanted_cut);
}

static void begin(void)
{
    temp_dir_create(&dir);
    limits = (struct segments_limits){.rotate_bytes = 1 << 20, .rotate_ms = 24 * HOUR};
}

static void end(void)
{
    segments_close(&segments);
    temp_dir_remove(&dir);
}

static void append(const char *rows)
{
    ck_assert_int_eq(segments_append(&segments, rows, strlen(rows)), 0);
}

static void store(const char *rows)
{
    append(rows);
    ck_assert_int_eq(segments_sync(&segments), 0);
}

static void assert_file(const char *name, const char *wanted)
{
    const char *text = temp_dir_read(&dir, name, NULL);

    ck_assert_msg(text != NULL, "%s is missing", name);
    ck_assert_str_eq(text, wanted);
}

/* Begins a write, with a rotation when that is due. */
static int turn(int64_t wall_ms)
{
    return segments_begin_write(&segments, false, segments_due(&segments, wall_ms), wall_ms);
}

static void reopen(void)
{
    ck_assert_int_eq(segments_close(&segments), 0);
    must_open(0);
}

/* ---- opening ---- */

/* As by `echo >rows.csv` while a write fails: shorter than the header, and no part of it. */
START_TEST(foreign_content_in_the_place_of_the_header_is_put_aside)
{
    must_open(0);
    ck_assert_int_eq(segments_begin_write(&segments, false, false, 0), 0);
    temp_dir_truncate(&dir, LIVE, 0);
    temp_dir_append(&dir, LIVE, "x", 1);
    ck_assert_int_lt(segments_end_write(&segments, -ENOSPC, true), 0);
    ck_assert_uint_eq(segments_take_events(&segments) & SEGMENTS_TRUNCATED, SEGMENTS_TRUNCATED);
    ck_assert_int_eq(segments_begin_write(&segments, true, false, 0), 0);
    ck_assert_int_eq(segments_end_write(&segments, 0, true), 0);
}
END_TEST

START_TEST(missing_file_is_made_with_its_header)
{
    must_open(0);
    assert_file(LIVE, HEADER);
    ck_assert_uint_eq(segments.length, strlen(HEADER));
    ck_assert_uint_eq(segments.synced, strlen(HEADER));
    reopen();
    assert_file(LIVE, HEADER);
}
END_TEST

START_TEST(empty_file_gets_its_header)
{
    temp_dir_write(&dir, LIVE, "", 0);
    must_open(0);
    assert_file(LIVE, HEADER);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows."), 2); /* and rows.synced */
}
END_TEST

START_TEST(rows_are_there_after_reopen_and_more_follow)
{
    must_open(0);
    store("1 a;\n2 b;\n");
    reopen();
    store("3 c;\n");
    assert_file(LIVE, HEADER "1 a;\n2 b;\n3 c;\n");
    ck_assert_uint_eq(temp_dir_count(&dir, "rows."), 2);
}
END_TEST

#define GOOD HEADER "1 a;\n2 b;\n"

START_TEST(what_is_behind_the_last_good_row_is_cut_and_kept_aside)
{
    static const struct {
        const char *tail;
        size_t len;
    } rows[] = {
        {"3 c", 3},
        {"3 c;", 4},                  /* whole but for its end */
        {"\0\0\0\0\0\0\0\0", 8},      /* a power cut leaves blocks that were never written */
        {"3 c\0\0\0\0;\n4 d;\n", 15}, /* in the middle, with good rows behind */
        {"\0\0\0\n3 c;\n", 9},
        {"garbage\n3 c;\n", 13},
        {"\n", 1},
        {"\xff\xfe\x00\x01", 4},
        {HEADER "3 c;\n", sizeof HEADER - 1 + 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = 0;
        temp_dir_write(&dir, LIVE, GOOD, strlen(GOOD));
        temp_dir_append(&dir, LIVE, rows[i].tail, rows[i].len);
        must_open(rows[i].len);
        assert_file(LIVE, GOOD);
        const char *aside = temp_dir_find(&dir, "rows.cut-");
        ck_assert_ptr_nonnull(aside);
        ck_assert_mem_eq(temp_dir_read(&dir, aside, &len), rows[i].tail, rows[i].len);
        ck_assert_uint_eq(len, rows[i].len);
        store("5 e;\n");
        reopen();
        assert_file(LIVE, GOOD "5 e;\n");
        segments_close(&segments);
        ck_assert_int_eq(unlinkat(dir.fd, aside, 0), 0);
        ck_assert_int_eq(unlinkat(dir.fd, "rows.synced", 0), 0); /* the next file is another one */
    }
}
END_TEST

START_TEST(damage_that_is_longer_than_any_buffer_is_cut_and_kept_aside)
{
    static char damage[300000];
    size_t len = 0;

    memset(damage, 'x', sizeof damage);
    temp_dir_write(&dir, LIVE, GOOD, strlen(GOOD));
    temp_dir_append(&dir, LIVE, damage, sizeof damage);
    must_open(sizeof damage);
    assert_file(LIVE, GOOD);
    const char *aside = temp_dir_find(&dir, "rows.cut-");
    ck_assert_ptr_nonnull(aside);
    ck_assert_mem_eq(temp_dir_read(&dir, aside, &len), damage, sizeof damage);
    ck_assert_uint_eq(len, sizeof damage);
}
END_TEST

/* Up to where the file was synced, a line that is no row was damaged later: what is behind it is good. */
START_TEST(damaged_row_that_was_synced_costs_only_itself)
{
    must_open(0);
    store("1 a;\n2 b;\n3 c;\n");
    segments_close(&segments);
    temp_dir_write(&dir, LIVE, HEADER "1 a;\nx b;\n3 c;\n4", strlen(HEADER) + 16);
    must_open(1); /* behind that, it ends the file */
    ck_assert_uint_eq(segments_damaged(&segments), 1);
    assert_file(LIVE, HEADER "1 a;\nx b;\n3 c;\n");
    ck_assert_int_eq(segments_take_out_damaged(&segments), 0);
    assert_file(LIVE, HEADER "1 a;\n3 c;\n");
    assert_file(temp_dir_find(&dir, "rows.damaged-"), "x b;\n");
    ck_assert_int_eq(segments_begin_write(&segments, false, false, 0), 0);
    append("4 d;\n");
    ck_assert_int_eq(segments_end_write(&segments, 0, true), 0);
    ck_assert_uint_eq(segments_take_events(&segments), 0);
    reopen();
    ck_assert_uint_eq(segments_damaged(&segments), 0);
    assert_file(LIVE, HEADER "1 a;\n3 c;\n4 d;\n");
}
END_TEST

/* The rows behind it may be from before a power cut, and those between are not: their agents still have all of them. */
START_TEST(damage_behind_what_was_synced_ends_the_file)
{
    must_open(0);
    store("1 a;\n");
    append("2 b;\n3 c;\n");
    ck_assert_int_eq(segments_end_write(&segments, 0, false), 0);
    temp_dir_write(&dir, LIVE, HEADER "1 a;\nx b;\n3 c;\n", strlen(HEADER) + 15);
    close(segments.file); /* a kill: nothing is synced any more */
    close(segments.mark.file);
    must_open(10);
    assert_file(LIVE, HEADER "1 a;\n");
}
END_TEST

/* Until they are taken out, rows are appended behind them. */
START_TEST(damaged_rows_stay_where_they_are_until_they_are_taken_out)
{
    must_open(0);
    store("1 a;\n2 b;\n3 c;\n");
    segments_close(&segments);
    temp_dir_write(&dir, LIVE, HEADER "x a;\n2 b;\nx c;x", strlen(HEADER) + 15);
    must_open(0);
    ck_assert_uint_eq(segments_damaged(&segments), 2);
    assert_file(LIVE, HEADER "x a;\n2 b;\nx c;x\n"); /* the next row does not continue the last one */
    store("4 d;\n");
    reopen();
    ck_assert_uint_eq(segments_damaged(&segments), 2);
    assert_file(LIVE, HEADER "x a;\n2 b;\nx c;x\n4 d;\n");
}
END_TEST

START_TEST(file_with_another_header_is_kept_whole_as_a_segment)
{
    static const char *const others[] = {"number,text,more\n1 a;\n", "number,tx", "1 a;\n", "\n", "NUMBER,TEXT\n"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char name[32];
        temp_dir_write(&dir, LIVE, others[i], strlen(others[i]));
        must_open(0);
        assert_file(LIVE, HEADER);
        snprintf(name, sizeof name, "rows-%08zu.csv", i + 1);
        assert_file(name, others[i]);
        store("1 a;\n");
        assert_file(LIVE, HEADER "1 a;\n");
        segments_close(&segments);
    }
}
END_TEST

START_TEST(header_that_was_cut_short_is_written_again)
{
    size_t len = 0;

    for (size_t kept = 0; kept < strlen(HEADER); kept++) {
        temp_dir_write(&dir, LIVE, HEADER, kept);
        must_open(0);
        assert_file(LIVE, HEADER);
        store("1 a;\n");
        segments_close(&segments);
        assert_file(LIVE, HEADER "1 a;\n");
    }
    ck_assert_ptr_null(temp_dir_read(&dir, "rows-00000001.csv", &len));
}
END_TEST

START_TEST(file_of_nuls_is_kept_whole_as_a_segment)
{
    char nuls[5000] = "";
    size_t len = 0;

    temp_dir_write(&dir, LIVE, nuls, sizeof nuls);
    must_open(0);
    assert_file(LIVE, HEADER);
    ck_assert_mem_eq(temp_dir_read(&dir, "rows-00000001.csv", &len), nuls, sizeof nuls);
    ck_assert_uint_eq(len, sizeof nuls);
}
END_TEST

START_TEST(folder_in_the_files_place_is_an_error)
{
    ck_assert_int_eq(mkdirat(dir.fd, LIVE, 0700), 0);
    ck_assert_int_eq(open_rows(), -EISDIR);
    ck_assert_int_eq(segments.file, -1);
}
END_TEST

START_TEST(two_kinds_of_files_share_a_folder)
{
    struct segments others;

    temp_dir_write(&dir, "rows-more-00000007.csv", HEADER, strlen(HEADER));
    temp_dir_write(&dir, "rows-7.csv", HEADER, strlen(HEADER));
    temp_dir_write(&dir, "rows-00000007.csv.old", HEADER, strlen(HEADER));
    must_open(0);
    ck_assert_uint_eq(segments.number, 1);
    ck_assert_int_eq(open_as("rows-more", &others, 0), 0);
    ck_assert_uint_eq(others.number, 8);
    segments_close(&others);
}
END_TEST

/* ---- failures ---- */

/* The share of the live file's pages that are in memory. */
static double share_in_memory(void)
{
    static unsigned char pages[16384];
    size_t len = (size_t)segments.length;
    size_t count = (len + 4095) / 4096;
    size_t present = 0;
    void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, segments.file, 0);

    ck_assert_ptr_ne(map, MAP_FAILED);
    ck_assert_uint_le(count, sizeof pages);
    ck_assert_int_eq(mincore(map, len, pages), 0);
    for (size_t i = 0; i < count; i++)
        present += pages[i] & 1U;
    ck_assert_int_eq(munmap(map, len), 0);
    return (double)present / (double)count;
}

START_TEST(large_write_does_not_stay_in_the_page_cache)
{
    static char rows[1 << 20];
    struct statfs status;

    must_open(0);
    ck_assert_int_eq(fstatfs(segments.file, &status), 0);
    memset(rows, '1', sizeof rows);
    for (size_t i = 63; i < sizeof rows; i += 64)
        memcpy(&rows[i - 1], ";\n", 2);
    for (unsigned written = 0; written < 2; written++) {
        unsigned blocks = written == 0 ? 2 : 20;
        for (unsigned i = 0; i < blocks; i++)
            ck_assert_int_eq(segments_append(&segments, rows, sizeof rows), 0);
        ck_assert_int_eq(segments_sync(&segments), 0);
        if (written == 0) /* a small one stays */
            ck_assert(share_in_memory() > 0.9);
        else if (status.f_type != TMPFS_MAGIC) /* which has no other place */
            ck_assert(share_in_memory() < 0.5);
    }
    reopen();
}
END_TEST

START_TEST(cut_back_removes_what_was_not_synced)
{
    must_open(0);
    store("1 a;\n");
    append("2 b;\n3 c");
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    assert_file(LIVE, HEADER "1 a;\n");
    store("2 b;\n");
    assert_file(LIVE, HEADER "1 a;\n2 b;\n");
    reopen();
}
END_TEST

START_TEST(cut_back_of_what_is_synced_changes_nothing)
{
    must_open(0);
    store("1 a;\n");
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    assert_file(LIVE, HEADER "1 a;\n");
}
END_TEST

/* Lets files grow to that many bytes. No assertion while it is in force: check writes files too. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

START_TEST(torn_write_is_cut_back_and_written_again)
{
    static char rows[100000];

    for (size_t i = 0; i < sizeof rows; i += 10)
        memcpy(rows + i, "1 abcdef;\n", 10);
    must_open(0);
    ck_assert_int_eq(segments_append(&segments, rows, 60000), 0);
    ck_assert_int_eq(segments_sync(&segments), 0);

    limit_files(80003);
    int rc = segments_append(&segments, rows, 40000);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(rc, -EFBIG);
    size_t len = 0;
    temp_dir_read(&dir, LIVE, &len);
    ck_assert_uint_eq(len, 80003);

    ck_assert_int_eq(segments_cut_back(&segments), 0);
    temp_dir_read(&dir, LIVE, &len);
    ck_assert_uint_eq(len, strlen(HEADER) + 60000);
    ck_assert_int_eq(segments_append(&segments, rows, 40000), 0);
    ck_assert_int_eq(segments_sync(&segments), 0);
    reopen();
    ck_assert_mem_eq(temp_dir_read(&dir, LIVE, &len) + strlen(HEADER), rows, 100000);
    ck_assert_uint_eq(len, strlen(HEADER) + 100000);
}
END_TEST

START_TEST(after_a_failure_nothing_is_written_before_the_cut)
{
    must_open(0);
    store("1 a;\n");
    ck_assert_int_eq(unlinkat(dir.fd, LIVE, 0), 0);
    ck_assert_int_eq(mkdirat(dir.fd, LIVE, 0700), 0);
    ck_assert_int_eq(segments_cut_back(&segments), -EISDIR);
    ck_assert_int_eq(segments_append(&segments, "2 b;\n", 5), -EBADF);
    ck_assert_int_eq(segments_sync(&segments), -EBADF);
    ck_assert_int_eq(turn(clock_wall_ms()), -EBADF);
    ck_assert_int_eq(unlinkat(dir.fd, LIVE, AT_REMOVEDIR), 0);
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    store("2 b;\n");
    assert_file(LIVE, HEADER "2 b;\n");
}
END_TEST

static unsigned readable;

static int on_readable(const struct segments_file *file, void *arg)
{
    char text[64] = "";

    (void)arg;
    ssize_t got = disk_read(file->disk, file->file, text, sizeof text - 1, 0);
    ck_assert_int_ge(got, 0);
    if (file->end < (uint64_t)got)
        text[file->end] = '\0';
    for (const char *at = text; (at = strchr(at, ';')) != NULL; at++)
        readable++;
    return 0;
}

/* A kill on a full disk, and a start while it is still full: what is there can be read, and the file is repaired with
 * the first write that finds room. */
START_TEST(start_on_a_full_disk_is_completed_when_there_is_room)
{
    static const struct {
        const char *segment, *live; /* NULL: there is none */
        const char *then;
        unsigned rows;
    } cases[] = {
        {GOOD, NULL, HEADER "3 c;\n", 2}, /* in the middle of a rotation */
        {GOOD, "", HEADER "3 c;\n", 2},
        {GOOD, "numb", HEADER "3 c;\n", 2},
        {NULL, GOOD "3 c", GOOD "3 c;\n", 2}, /* in the middle of a write */
        {NULL, GOOD "x\n4 d;\n", GOOD "3 c;\n", 2},
        {NULL, "another\n1 a;\n", HEADER "3 c;\n", 1},
    };
    struct temp_dir usual = dir;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!temp_dir_create_small(&dir, 64 * 1024)) {
            puts("skipped: no tmpfs can be mounted here");
            dir = usual;
            return;
        }
        if (cases[i].segment != NULL)
            temp_dir_write(&dir, "rows-00000001.csv", cases[i].segment, strlen(cases[i].segment));
        if (cases[i].live != NULL)
            temp_dir_write(&dir, LIVE, cases[i].live, strlen(cases[i].live));
        temp_dir_fill(&dir, "filler");
        must_open(cases[i].segment == NULL && i < 5 ? strlen(cases[i].live) - strlen(GOOD) : 0);
        ck_assert_int_eq(segments_unready(&segments), -ENOSPC);
        readable = 0;
        ck_assert_int_eq(segments_each(&segments, on_readable, NULL), 0);
        ck_assert_uint_eq(readable, cases[i].rows);
        int rc = segments_begin_write(&segments, false, false, 0);
        ck_assert_int_eq(rc, -ENOSPC);
        ck_assert_int_eq(segments_end_write(&segments, rc, true), -ENOSPC);
        ck_assert_int_eq(segments_begin_write(&segments, true, false, 0), -ENOSPC);
        ck_assert_int_eq(unlinkat(dir.fd, "filler", 0), 0);
        ck_assert_int_eq(segments_begin_write(&segments, true, false, 0), 0);
        append("3 c;\n");
        ck_assert_int_eq(segments_end_write(&segments, 0, true), 0);
        ck_assert_int_eq(segments_unready(&segments), 0);
        assert_file(LIVE, cases[i].then);
        ck_assert_uint_eq(segments_take_events(&segments), 0);
        reopen();
        segments_close(&segments);
        temp_dir_remove(&dir);
        dir = usual;
    }
}
END_TEST

START_TEST(full_disk_loses_nothing_that_was_synced)
{
    static char filler[4096];
    unsigned stored = 0;
    int rc = 0;

    temp_dir_remove(&dir);
    if (!temp_dir_create_small(&dir, 64 * 1024)) {
        puts("skipped: no tmpfs can be mounted here");
        return;
    }
    must_open(0);
    temp_dir_write(&dir, "spare", filler, sizeof filler);
    memset(filler, 'x', sizeof filler);
    memcpy(filler, "1 ", 2);
    memcpy(filler + sizeof filler - 2, ";\n", 2);
    while ((rc = segments_append(&segments, filler, sizeof filler)) == 0) {
        ck_assert_int_eq(segments_sync(&segments), 0);
        stored++;
    }
    ck_assert_int_eq(rc, -ENOSPC);
    ck_assert_uint_gt(stored, 10);
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    ck_assert_uint_eq(segments.synced, strlen(HEADER) + stored * sizeof filler);

    /* A rotation has no room for the header: it is made up for when there is room. */
    limits.rotate_bytes = 1;
    segments.limits = limits;
    temp_dir_fill(&dir, "more");
    ck_assert_int_eq(turn(clock_wall_ms()), -ENOSPC);
    ck_assert_int_eq(segments_append(&segments, "2 b;\n", 5), -EBADF);
    ck_assert_int_eq(segments_cut_back(&segments), -ENOSPC);
    ck_assert_int_eq(unlinkat(dir.fd, "spare", 0), 0);
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    store("2 b;\n");
    assert_file(LIVE, HEADER "2 b;\n");
    size_t len = 0;
    ck_assert_ptr_nonnull(temp_dir_read(&dir, "rows-00000001.csv", &len));
    ck_assert_uint_eq(len, strlen(HEADER) + stored * sizeof filler);
}
END_TEST

/* ---- rotation ---- */

static void make_older(const char *name, int64_t ms)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)((clock_wall_ms() - ms) / 1000)}};

    ck_assert_int_eq(utimensat(dir.fd, name, times, 0), 0);
}

START_TEST(file_that_is_too_long_is_rotated)
{
    limits.rotate_bytes = strlen(HEADER) + 10;
    must_open(0);
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    store("1 a;\n");
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    store("2 b;\n");
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    assert_file("rows-00000001.csv", HEADER "1 a;\n2 b;\n");
    assert_file(LIVE, HEADER);
    store("3 c;\n");
    assert_file(LIVE, HEADER "3 c;\n");
}
END_TEST

START_TEST(file_that_is_too_old_is_rotated_if_it_has_rows)
{
    int64_t now_ms = clock_wall_ms();

    must_open(0);
    ck_assert_int_eq(turn(now_ms + 25 * HOUR), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    store("1 a;\n");
    ck_assert_int_eq(turn(now_ms + 23 * HOUR), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    ck_assert_int_eq(turn(now_ms + 25 * HOUR), 0);
    assert_file("rows-00000001.csv", HEADER "1 a;\n");
    assert_file(LIVE, HEADER);
}
END_TEST

static void rotate(const char *rows)
{
    store(rows);
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
}

START_TEST(numbers_ascend_across_reopen_whatever_was_removed)
{
    limits.rotate_bytes = 1;
    must_open(0);
    rotate("1 a;\n");
    rotate("2 b;\n");
    reopen();
    rotate("3 c;\n");
    assert_file("rows-00000003.csv", HEADER "3 c;\n");
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000001.csv", 0), 0);
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000002.csv", 0), 0);
    reopen();
    rotate("4 d;\n");
    assert_file("rows-00000004.csv", HEADER "4 d;\n");
}
END_TEST

START_TEST(numbers_go_on_beyond_their_usual_digits)
{
    limits.rotate_bytes = 1;
    temp_dir_write(&dir, "rows-99999999.csv", HEADER, strlen(HEADER));
    must_open(0);
    rotate("1 a;\n");
    rotate("2 b;\n");
    assert_file("rows-100000001.csv", HEADER "2 b;\n");
    reopen();
    ck_assert_uint_eq(segments.number, 100000002);
}
END_TEST

/* Their segments may all be gone. */
START_TEST(numbers_known_to_be_taken_are_not_used_again)
{
    limits.rotate_bytes = 1;
    temp_dir_write(&dir, LIVE, "other\n", 6);
    ck_assert_int_eq(open_as("rows", &segments, 7), 0);
    assert_file("rows-00000008.csv", "other\n");
    rotate("1 a;\n");
    assert_file("rows-00000009.csv", HEADER "1 a;\n");
}
END_TEST

START_TEST(time_of_the_last_write_before_the_start_is_told)
{
    must_open(0);
    ck_assert_int_eq(segments.found_ms, SEGMENTS_NEVER);
    store("1 a;\n");
    make_older(LIVE, 5 * HOUR);
    temp_dir_append(&dir, LIVE, "", 0);
    reopen();
    ck_assert_int_le(llabs(clock_wall_ms() - 5 * HOUR - segments.found_ms), 60000);
}
END_TEST

START_TEST(rotation_broken_off_after_the_rename_is_made_up_for)
{
    limits.rotate_bytes = 1;
    must_open(0);
    rotate("1 a;\n");
    store("2 b;\n");
    segments_close(&segments);
    ck_assert_int_eq(renameat(dir.fd, LIVE, dir.fd, "rows-00000002.csv"), 0);
    must_open(0);
    assert_file(LIVE, HEADER);
    rotate("3 c;\n");
    assert_file("rows-00000001.csv", HEADER "1 a;\n");
    assert_file("rows-00000002.csv", HEADER "2 b;\n");
    assert_file("rows-00000003.csv", HEADER "3 c;\n");
}
END_TEST

START_TEST(rotation_that_fails_is_made_up_for_by_cut_back)
{
    must_open(0);
    store("1 a;\n");
    /* A folder under the next number: the rename fails. */
    ck_assert_int_eq(mkdirat(dir.fd, "rows-00000001.csv", 0700), 0);
    segments.limits.rotate_bytes = 1;
    ck_assert_int_lt(turn(clock_wall_ms()), 0);
    ck_assert_int_eq(segments_cut_back(&segments), 0);
    assert_file(LIVE, HEADER "1 a;\n");
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000001.csv", AT_REMOVEDIR), 0);
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    assert_file("rows-00000001.csv", HEADER "1 a;\n");
}
END_TEST

static char deleted[1000];

static void on_line(bool is_warning, const char *line)
{
    ck_assert(!is_warning);
    strcat(strcat(deleted, line), "\n");
}

START_TEST(segments_are_removed_when_they_are_too_old)
{
    limits.rotate_bytes = 1;
    limits.retain_ms = 48 * HOUR;
    must_open(0);
    rotate("1 a;\n");
    rotate("2 b;\n");
    make_older("rows-00000001.csv", 50 * HOUR);
    make_older("rows-00000002.csv", 46 * HOUR);
    temp_dir_write(&dir, "other-00000001.csv", HEADER, strlen(HEADER));
    make_older("other-00000001.csv", 50 * HOUR);
    rotate("3 c;\n");
    ck_assert_uint_eq(segments_removed(&segments), 1);
    for (unsigned i = 0; i < 2; i++) /* once */
        segments_text_deleted(&segments, on_line);
    ck_assert_str_eq(deleted,
                     "deleted rows-00000001.csv, which was older than retain: 17 bytes, last written 2.1 d ago\n");
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 2);
    assert_file("rows-00000002.csv", HEADER "2 b;\n");
    ck_assert_uint_eq(temp_dir_count(&dir, "other-"), 1);
}
END_TEST

START_TEST(many_segments_that_are_removed_are_counted)
{
    char name[32];

    limits.retain_ms = 48 * HOUR;
    must_open(0);
    for (unsigned i = 1; i <= 11; i++) {
        snprintf(name, sizeof name, "rows-%08u.csv", i);
        temp_dir_write(&dir, name, HEADER, strlen(HEADER));
        make_older(name, 50 * HOUR);
    }
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    deleted[0] = '\0';
    segments_text_deleted(&segments, on_line);
    ck_assert_ptr_nonnull(strstr(deleted, "deleted rows-00000008.csv, "));
    ck_assert_ptr_null(strstr(deleted, "rows-00000009.csv"));
    ck_assert_ptr_nonnull(strstr(deleted, "deleted 3 more files of rows.csv that were older than retain"));
}
END_TEST

/* A store that writes little rotates seldom. */
START_TEST(segments_that_are_too_old_are_looked_for_once_a_minute)
{
    int64_t now_ms = clock_wall_ms();

    limits.retain_ms = 48 * HOUR;
    temp_dir_write(&dir, "rows-00000001.csv", HEADER, strlen(HEADER));
    must_open(0);
    ck_assert_int_eq(turn(now_ms), 0);
    make_older("rows-00000001.csv", 50 * HOUR);
    ck_assert_int_eq(turn(now_ms + 59999), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 1);
    ck_assert_int_eq(turn(now_ms + 60000), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    ck_assert_uint_eq(segments_removed(&segments), 1);

    /* The clock was put back: it does not take until then. */
    temp_dir_write(&dir, "rows-00000002.csv", HEADER, strlen(HEADER));
    make_older("rows-00000002.csv", 500 * HOUR);
    ck_assert_int_eq(turn(now_ms - 100 * HOUR), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
}
END_TEST

START_TEST(retain_0_keeps_all)
{
    limits.rotate_bytes = 1;
    must_open(0);
    rotate("1 a;\n");
    make_older("rows-00000001.csv", 100000 * HOUR);
    rotate("2 b;\n");
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 2);
}
END_TEST

static void rotate_now(const char *rows, int64_t wall_ms)
{
    ck_assert_int_eq(segments_begin_write(&segments, false, true, wall_ms), 0);
    append(rows);
    ck_assert_int_eq(segments_end_write(&segments, 0, true), 0);
}

static unsigned kept_lines;

static void on_kept(bool is_warning, const char *line)
{
    ck_assert(is_warning);
    ck_assert_ptr_nonnull(strstr(line, "kept 1 files of rows.csv that are older than retain by the wall clock only"));
    kept_lines++;
}

static unsigned size_lines, filling_lines;

static void on_size(bool is_warning, const char *line)
{
    bool filling = strstr(line, "the files of rows.csv take more than 80 % of retain-size") != NULL;

    ck_assert(is_warning == filling);
    filling_lines += filling;
    size_lines += strstr(line, "the oldest of files that are together larger than retain-size: 17 bytes") != NULL;
}

/* Five files of 17 bytes; the live one is the sixth. */
START_TEST(oldest_segments_above_the_size_are_deleted)
{
    limits.retain_ms = 24 * HOUR;
    must_open(0);
    store("1 a;\n");
    for (unsigned i = 0; i < 5; i++)
        rotate_now("1 a;\n", clock_wall_ms());
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 5);
    segments.limits.retain_bytes = 130; /* 102 are taken */
    size_lines = filling_lines = 0;
    segments_text_deleted(&segments, on_size);
    ck_assert_int_eq(turn(clock_wall_ms() + 120000), 0);
    segments_text_deleted(&segments, on_size);
    ck_assert_uint_eq(size_lines + filling_lines, 0);
    segments.limits.retain_bytes = 120;
    ck_assert_int_eq(turn(clock_wall_ms() + 240000), 0);
    segments_text_deleted(&segments, on_size);
    segments_text_deleted(&segments, on_size);
    ck_assert_uint_eq(filling_lines, 1);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 5);
    segments.limits.retain_bytes = 60;
    ck_assert_int_eq(turn(clock_wall_ms() + 360000), 0);
    segments_text_deleted(&segments, on_size);
    ck_assert_uint_eq(size_lines, 3);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 2);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000005.csv"), 1);
    segments.limits.retain_bytes = 1; /* never the live one */
    ck_assert_int_eq(turn(clock_wall_ms() + 480000), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 0);
    assert_file(LIVE, HEADER "1 a;\n");
    ck_assert_uint_eq(segments_removed(&segments), 5);
    ck_assert_uint_eq(filling_lines, 1);
}
END_TEST

/* Of a segment that is being compressed, both files count, and both are deleted. */
START_TEST(compressed_segments_count_with_what_they_take)
{
    must_open(0);
    store("1 a;\n");
    for (unsigned i = 0; i < 3; i++)
        rotate_now("1 a;\n", clock_wall_ms());
    ck_assert_int_eq(renameat(dir.fd, "rows-00000001.csv", dir.fd, "rows-00000001.csv.zst"), 0);
    temp_dir_truncate(&dir, "rows-00000001.csv.zst", 7);
    temp_dir_write(&dir, "rows-00000002.csv.zst", "seven..", 7);
    segments.limits.retain_bytes = 65; /* what is taken: 7 + 17 + 7 + 17 + 17 */
    ck_assert_int_eq(turn(clock_wall_ms() + 120000), 0);
    ck_assert_uint_eq(segments_removed(&segments), 0);
    segments.limits.retain_bytes = 64;
    ck_assert_int_eq(turn(clock_wall_ms() + 240000), 0);
    ck_assert_uint_eq(segments_removed(&segments), 1);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000001"), 0);
    segments.limits.retain_bytes = 57;
    ck_assert_int_eq(turn(clock_wall_ms() + 360000), 0);
    ck_assert_uint_eq(segments_removed(&segments), 2);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000002"), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 1);
}
END_TEST

/* Age comes first: nothing needs to be said. */
START_TEST(files_that_age_before_they_fill_are_no_warning)
{
    limits.retain_ms = 24 * HOUR;
    must_open(0);
    store("1 a;\n");
    rotate_now("1 a;\n", clock_wall_ms());
    make_older("rows-00000001.csv", 23 * HOUR);
    segments.limits.retain_bytes = 40;
    ck_assert_int_eq(turn(clock_wall_ms() + 120000), 0);
    ck_assert(!retention_take_filling(segments_retention(&segments)));
    make_older("rows-00000001.csv", HOUR);
    ck_assert_int_eq(turn(clock_wall_ms() + 240000), 0);
    ck_assert(retention_take_filling(segments_retention(&segments)));
}
END_TEST

/* By years, while the collector runs: the time that has passed is that of the monotonic clock. */
START_TEST(step_of_the_wall_clock_deletes_nothing)
{
    limits.retain_ms = 24 * HOUR;
    must_open(0);
    store("1 a;\n");
    rotate_now("2 b;\n", clock_wall_ms());
    rotate_now("3 c;\n", clock_wall_ms() + 400 * 24 * HOUR);
    rotate_now("4 d;\n", clock_wall_ms() + 4000 * 24 * HOUR);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 3);
    ck_assert_uint_eq(retention_take_kept(segments_retention(&segments)), 3);
}
END_TEST

static void put_file(const char *name, const char *text)
{
    temp_dir_write(&dir, name, text, strlen(text));
}

/* A step before the start: the files were last written before it, and the rows in them tell how old they are. */
START_TEST(rows_tell_how_old_a_segment_is)
{
    limits.retain_ms = 24 * HOUR;
    put_file("rows-00000001.csv", HEADER "1000000.000 a;\n1000001.000 b;\n");
    put_file("rows-00000002.csv", HEADER "1080000.000 a;\n9999999999.000 b;\n1080001.000 c;\n");
    put_file(LIVE, HEADER "1086402.000 c;\n");
    make_older("rows-00000001.csv", 400 * 24 * HOUR);
    make_older("rows-00000002.csv", 400 * 24 * HOUR);
    must_open(0);
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-"), 1);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000002.csv"), 1);
    kept_lines = 0;
    ck_assert_uint_eq(segments_removed(&segments), 1);
    struct retention_deleted removed[RETENTION_NAMED_MAX];
    (void)retention_take(segments_retention(&segments), removed);
    segments_text_deleted(&segments, on_kept);
    segments_text_deleted(&segments, on_kept);
    ck_assert_uint_eq(kept_lines, 1);
}
END_TEST

/* The live file was last written long ago: what is younger than it by more than retain stays. */
START_TEST(time_in_which_no_collector_ran_does_not_count)
{
    limits.retain_ms = 24 * HOUR;
    put_file("rows-00000001.csv", HEADER "1 a;\n");
    put_file("rows-00000002.csv", HEADER "1 a;\n");
    put_file(LIVE, HEADER "2 b;\n");
    make_older("rows-00000001.csv", 425 * 24 * HOUR);
    make_older("rows-00000002.csv", 400 * 24 * HOUR + 5 * HOUR);
    make_older(LIVE, 400 * 24 * HOUR);
    must_open(0);
    ck_assert_int_eq(turn(clock_wall_ms()), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000001.csv"), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "rows-00000002.csv"), 1);
}
END_TEST

/* ---- reading ---- */

static char visited[256];

static int visit(const struct segments_file *file, void *arg)
{
    char text[64] = "";

    ck_assert_int_gt(pread(file->file, text, sizeof text - 1, 0), 0);
    ck_assert_int_le(llabs(clock_wall_ms() - file->modified_ms), 60000);
    snprintf(text, sizeof text, "%s %llu ", file->name, (unsigned long long)file->number);
    strcat(visited, text);
    return arg != NULL && strcmp(file->name, arg) == 0 ? -ECANCELED : 0;
}

START_TEST(each_file_is_visited_oldest_first_and_the_live_one_last)
{
    char stop[] = "rows-00000009.csv";

    temp_dir_write(&dir, "rows-00000010.csv", HEADER, strlen(HEADER));
    temp_dir_write(&dir, "rows-00000009.csv", HEADER, strlen(HEADER));
    temp_dir_write(&dir, "rows-100000000.csv", HEADER, strlen(HEADER));
    temp_dir_write(&dir, "rows-99999999.csv", HEADER, strlen(HEADER));
    must_open(0);
    ck_assert_int_eq(segments_each(&segments, visit, NULL), 0);
    ck_assert_str_eq(visited, "rows-00000009.csv 9 rows-00000010.csv 10 rows-99999999.csv 99999999 "
                              "rows-100000000.csv 100000000 rows.csv 100000001 ");

    visited[0] = '\0';
    ck_assert_int_eq(segments_each(&segments, visit, stop), -ECANCELED);
    ck_assert_str_eq(visited, "rows-00000009.csv 9 ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segments");
    TCase *tests = tcase_create("segments");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, foreign_content_in_the_place_of_the_header_is_put_aside);
    tcase_add_test(tests, missing_file_is_made_with_its_header);
    tcase_add_test(tests, empty_file_gets_its_header);
    tcase_add_test(tests, rows_are_there_after_reopen_and_more_follow);
    tcase_add_test(tests, what_is_behind_the_last_good_row_is_cut_and_kept_aside);
    tcase_add_test(tests, damage_that_is_longer_than_any_buffer_is_cut_and_kept_aside);
    tcase_add_test(tests, damaged_row_that_was_synced_costs_only_itself);
    tcase_add_test(tests, damage_behind_what_was_synced_ends_the_file);
    tcase_add_test(tests, damaged_rows_stay_where_they_are_until_they_are_taken_out);
    tcase_add_test(tests, file_with_another_header_is_kept_whole_as_a_segment);
    tcase_add_test(tests, header_that_was_cut_short_is_written_again);
    tcase_add_test(tests, file_of_nuls_is_kept_whole_as_a_segment);
    tcase_add_test(tests, folder_in_the_files_place_is_an_error);
    tcase_add_test(tests, two_kinds_of_files_share_a_folder);
    tcase_add_test(tests, large_write_does_not_stay_in_the_page_cache);
    tcase_add_test(tests, cut_back_removes_what_was_not_synced);
    tcase_add_test(tests, cut_back_of_what_is_synced_changes_nothing);
    tcase_add_test(tests, torn_write_is_cut_back_and_written_again);
    tcase_add_test(tests, after_a_failure_nothing_is_written_before_the_cut);
    tcase_add_test(tests, full_disk_loses_nothing_that_was_synced);
    tcase_add_test(tests, start_on_a_full_disk_is_completed_when_there_is_room);
    tcase_add_test(tests, file_that_is_too_long_is_rotated);
    tcase_add_test(tests, file_that_is_too_old_is_rotated_if_it_has_rows);
    tcase_add_test(tests, numbers_ascend_across_reopen_whatever_was_removed);
    tcase_add_test(tests, numbers_go_on_beyond_their_usual_digits);
    tcase_add_test(tests, numbers_known_to_be_taken_are_not_used_again);
    tcase_add_test(tests, time_of_the_last_write_before_the_start_is_told);
    tcase_add_test(tests, rotation_broken_off_after_the_rename_is_made_up_for);
    tcase_add_test(tests, rotation_that_fails_is_made_up_for_by_cut_back);
    tcase_add_test(tests, segments_are_removed_when_they_are_too_old);
    tcase_add_test(tests, segments_that_are_too_old_are_looked_for_once_a_minute);
    tcase_add_test(tests, many_segments_that_are_removed_are_counted);
    tcase_add_test(tests, retain_0_keeps_all);
    tcase_add_test(tests, each_file_is_visited_oldest_first_and_the_live_one_last);
    tcase_add_test(tests, oldest_segments_above_the_size_are_deleted);
    tcase_add_test(tests, files_that_age_before_they_fill_are_no_warning);
    tcase_add_test(tests, compressed_segments_count_with_what_they_take);
    tcase_add_test(tests, step_of_the_wall_clock_deletes_nothing);
    tcase_add_test(tests, rows_tell_how_old_a_segment_is);
    tcase_add_test(tests, time_in_which_no_collector_ran_does_not_count);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
