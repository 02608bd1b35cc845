/* A file with blocks that can't be read. */
#include "common/scrub.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEN (3 * SCRUB_BLOCK + 100U)

static struct temp_dir dir;
static int fd;
static struct disk disk;
static off_t bad_offset; /* reading there fails; -1: nowhere */

/* In the place of libc's. */
ssize_t pread(int file, void *buf, size_t len, off_t offset)
{
    if (bad_offset >= offset && bad_offset < offset + (off_t)len) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, file, buf, len, offset);
}

static void begin(void)
{
    static char content[LEN];

    memset(content, 'x', sizeof content);
    bad_offset = -1;
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    temp_dir_write(&dir, "file", content, sizeof content);
    fd = open(temp_dir_path(&dir, "file"), O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
}

static void end(void)
{
    close(fd);
    temp_dir_remove(&dir);
}

static size_t count_x(const uint8_t *bytes, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += bytes[i] == 'x';
    return count;
}

START_TEST(sound_file_is_read_as_it_is)
{
    static uint8_t into[LEN];
    bool unreadable = false;

    ck_assert_int_eq(scrub_file(&disk, fd, LEN, into, &unreadable), 0);
    ck_assert(!unreadable);
    ck_assert_uint_eq(count_x(into, LEN), LEN);
}
END_TEST

START_TEST(bad_block_alone_becomes_zeros)
{
    static uint8_t into[LEN];
    bool unreadable = false;
    size_t len = 0;

    bad_offset = SCRUB_BLOCK + 17;
    ck_assert_int_eq(scrub_file(&disk, fd, LEN, into, &unreadable), 0);
    ck_assert(unreadable);
    ck_assert_uint_eq(count_x(into, LEN), LEN - SCRUB_BLOCK);
    ck_assert_uint_eq(count_x(into + SCRUB_BLOCK, SCRUB_BLOCK), 0);
    const char *content = temp_dir_read(&dir, "file", &len);
    ck_assert_uint_eq(len, LEN);
    ck_assert_int_eq(memcmp(content, into, LEN), 0);
}
END_TEST

START_TEST(file_is_repaired_without_a_copy)
{
    bool unreadable = false;
    size_t len = 0;

    bad_offset = LEN - 1;
    ck_assert_int_eq(scrub_file(&disk, fd, LEN, NULL, &unreadable), 0);
    ck_assert(unreadable);
    const char *content = temp_dir_read(&dir, "file", &len);
    ck_assert_uint_eq(len, LEN);
    ck_assert_uint_eq(count_x((const uint8_t *)content, len), 3 * (size_t)SCRUB_BLOCK);
}
END_TEST

START_TEST(short_file_ends_in_zeros_and_stays_short)
{
    static uint8_t into[LEN + 1000];
    bool unreadable = false;
    size_t len = 0;

    memset(into, 'x', sizeof into);
    ck_assert_int_eq(scrub_file(&disk, fd, sizeof into, into, &unreadable), 0);
    ck_assert(!unreadable);
    ck_assert_uint_eq(count_x(into, sizeof into), LEN);
    (void)temp_dir_read(&dir, "file", &len);
    ck_assert_uint_eq(len, LEN);
}
END_TEST

START_TEST(block_that_can_not_be_written_is_an_error)
{
    bool unreadable = false;
    int read_only = open(temp_dir_path(&dir, "file"), O_RDONLY | O_CLOEXEC);

    bad_offset = 0;
    ck_assert_int_eq(scrub_file(&disk, read_only, LEN, NULL, &unreadable), -EBADF);
    close(read_only);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scrub");
    TCase *tests = tcase_create("scrub");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, sound_file_is_read_as_it_is);
    tcase_add_test(tests, bad_block_alone_becomes_zeros);
    tcase_add_test(tests, file_is_repaired_without_a_copy);
    tcase_add_test(tests, short_file_ends_in_zeros_and_stays_short);
    tcase_add_test(tests, block_that_can_not_be_written_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
