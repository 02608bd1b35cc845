/* A spool's file is opened, moved aside or resized, on a disk whose calls fail one after the other. */
#include "agent/spool/spool_open.h"

#include "agent/spool/spool_layout.h"
#include "support/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY  20U
#define FILES     4
#define FILE_SIZE 65536U
#define WALL_MS   INT64_C(1764000000123)

/* A file's number is its place; one whose name was given to another file has none. */
static struct file {
    char name[32];
    uint8_t data[FILE_SIZE];
    uint64_t len;
    int open;
} files[FILES];
static unsigned calls;
static unsigned failing_call; /* 0: none */

static int done(void)
{
    return ++calls == failing_call ? -ENOSPC : 0;
}

static int find(const char *name)
{
    for (int i = 0; i < FILES; i++)
        if (strcmp(files[i].name, name) == 0)
            return i;
    return -ENOENT;
}

static int fake_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    int file = find(name);

    (void)disk;
    if (done() < 0)
        return -ENOSPC;
    if (file < 0) {
        file = find("");
        ck_assert_int_ge(file, 0);
        files[file] = (struct file){0};
        snprintf(files[file].name, sizeof files[file].name, "%s", name);
    }
    if (files[file].open > 0)
        return -EBUSY;
    if (mode == DISK_LOCKED_EMPTY)
        files[file].len = 0;
    files[file].open++;
    return file;
}

static int fake_close(const struct disk *disk, int file)
{
    (void)disk;
    files[file].open--;
    return 0;
}

static ssize_t fake_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    uint64_t len = files[file].len;
    size_t part = offset >= len ? 0 : len - offset < size ? (size_t)(len - offset) : size;

    (void)disk;
    memcpy(data, files[file].data + offset, part);
    return (ssize_t)part;
}

static int grow(int file, uint64_t len)
{
    ck_assert_uint_le(len, FILE_SIZE);
    if (done() < 0)
        return -ENOSPC;
    if (files[file].len < len)
        files[file].len = len;
    return 0;
}

static int fake_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    (void)disk;
    if (grow(file, offset + len) < 0)
        return -ENOSPC;
    memcpy(files[file].data + offset, data, len);
    return 0;
}

static int fake_allocate(const struct disk *disk, int file, uint64_t len)
{
    (void)disk;
    return grow(file, len);
}

static int fake_sync(const struct disk *disk, int file, bool data_only)
{
    (void)disk, (void)file, (void)data_only;
    return done();
}

static int fake_status(const struct disk *disk, int file, struct disk_status *status)
{
    (void)disk;
    *status = (struct disk_status){.size = files[file].len, .regular = true};
    return done();
}

static int fake_rename(const struct disk *disk, const char *from, const char *to)
{
    (void)disk;
    if (done() < 0)
        return -ENOSPC;
    if (find(to) >= 0)
        files[find(to)].name[0] = '\0';
    snprintf(files[find(from)].name, sizeof files->name, "%s", to);
    return 0;
}

static int fake_remove(const struct disk *disk, const char *name)
{
    (void)disk;
    if (find(name) >= 0)
        files[find(name)].name[0] = '\0';
    return 0;
}

static int fake_sync_names(const struct disk *disk)
{
    (void)disk;
    return done();
}

static int64_t fake_wall_ms(const struct disk *disk)
{
    (void)disk;
    return WALL_MS;
}

static const struct disk_calls fake = {
    .open = fake_open,
    .close = fake_close,
    .read = fake_read,
    .write = fake_write,
    .allocate = fake_allocate,
    .sync = fake_sync,
    .status = fake_status,
    .rename = fake_rename,
    .remove = fake_remove,
    .sync_names = fake_sync_names,
    .wall_ms = fake_wall_ms,
};
static const struct disk disk = {.calls = &fake};

static struct spool_opened opened;

static void setup(void)
{
    memset(files, 0, sizeof files);
    calls = failing_call = 0;
}

static void put_file(const void *data, size_t len)
{
    snprintf(files[0].name, sizeof files[0].name, "n1.spool");
    memcpy(files[0].data, data, len);
    files[0].len = len;
}

static void put_spool(uint64_t capacity)
{
    const struct spool_head head = spool_layout_head(capacity);

    put_file(&head, sizeof head);
    files[0].len = spool_layout_len(capacity);
}

static void put_older_spool(uint64_t capacity)
{
    struct spool_head head = spool_layout_head(capacity);

    head.record_len = 176;
    head.check = record_checksum(&head, offsetof(struct spool_head, check));
    put_file(&head, sizeof head);
    files[0].len = spool_layout_older_len(capacity);
}

static int open_spool(void)
{
    calls = 0;
    return spool_open(&disk, "n1.spool", CAPACITY, &opened);
}

static void assert_opened(void)
{
    const struct spool_head head = spool_layout_head(CAPACITY);

    ck_assert_int_eq(opened.file, find("n1.spool"));
    ck_assert_int_eq(files[opened.file].open, 1);
    ck_assert_uint_eq(files[opened.file].len, spool_layout_len(CAPACITY));
    ck_assert_mem_eq(files[opened.file].data, &head, sizeof head);
    ck_assert_int_lt(find("n1.spool.new"), 0);
}

START_TEST(new_file_becomes_a_spool)
{
    ck_assert_int_eq(open_spool(), 0);
    assert_opened();
    ck_assert(!opened.unreadable);
    ck_assert_int_eq(opened.aside_s, 0);
    ck_assert_int_eq(open_spool(), -EBUSY);
}
END_TEST

START_TEST(foreign_file_is_moved_aside)
{
    put_file("something else", 14);
    ck_assert_int_eq(open_spool(), 0);
    assert_opened();
    ck_assert_int_eq(opened.aside_s, WALL_MS / 1000);
    ck_assert_int_eq(find("n1.spool.bad-1764000000"), 0);
    ck_assert_int_eq(files[0].open, 0);
    ck_assert_uint_eq(files[0].len, 14);
}
END_TEST

START_TEST(spool_of_another_capacity_is_resized)
{
    put_spool(CAPACITY + 5);
    ck_assert_int_eq(open_spool(), 0);
    assert_opened();
    ck_assert_int_eq(files[0].open, 0);
}
END_TEST

START_TEST(spool_of_the_first_version_is_converted)
{
    put_older_spool(_i == 0 ? CAPACITY : CAPACITY + 5);
    ck_assert_int_eq(open_spool(), 0);
    assert_opened();
    ck_assert_int_eq(files[0].open, 0);
    ck_assert(!opened.unreadable);
    ck_assert_int_eq(opened.aside_s, 0);
}
END_TEST

START_TEST(file_without_its_end_is_repaired)
{
    put_spool(CAPACITY);
    files[0].len -= 100;
    ck_assert_int_eq(open_spool(), 0);
    assert_opened();
    ck_assert(opened.unreadable);
}
END_TEST

/* Whatever fails, no file stays open, the name still has a file, and the next attempt succeeds. */
START_TEST(after_a_failure_the_next_attempt_succeeds)
{
    int rc = -1;

    for (unsigned n = 1; rc < 0; n++) {
        setup();
        if (_i == 1)
            put_file("something else", 14);
        if (_i == 2)
            put_spool(CAPACITY + 5);
        if (_i == 3)
            put_older_spool(CAPACITY);
        failing_call = n;
        rc = open_spool();
        failing_call = 0;
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, -ENOSPC);
        for (int i = 0; i < FILES; i++)
            ck_assert_int_eq(files[i].open, 0);
        ck_assert_int_eq(open_spool(), 0);
    }
    assert_opened();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool_open");
    TCase *tests = tcase_create("spool_open");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, new_file_becomes_a_spool);
    tcase_add_test(tests, foreign_file_is_moved_aside);
    tcase_add_test(tests, spool_of_another_capacity_is_resized);
    tcase_add_loop_test(tests, spool_of_the_first_version_is_converted, 0, 2);
    tcase_add_test(tests, file_without_its_end_is_repaired);
    tcase_add_loop_test(tests, after_a_failure_the_next_attempt_succeeds, 0, 4);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
