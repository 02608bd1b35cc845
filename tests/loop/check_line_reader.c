#include "common/line_reader.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct temp_dir dir;
static struct disk disk;
static struct line_reader lines;
static int fd = -1;
static const char *line;
static size_t len;
static bool whole;
static char text[4 * LINE_READER_BUFFER];

static void begin(void)
{
    temp_dir_create(&dir);
}

static void end(void)
{
    if (fd >= 0)
        close(fd);
    temp_dir_remove(&dir);
}

static void open_file(const void *data, size_t size)
{
    temp_dir_write(&dir, "file", data, size);
    if (fd >= 0)
        close(fd);
    disk = disk_posix(dir.fd);
    fd = openat(dir.fd, "file", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    line_reader_init(&lines, &disk, fd);
}

static void expect(const void *wanted, size_t wanted_len, bool wanted_whole)
{
    ck_assert(line_reader_next(&lines, &line, &len, &whole));
    ck_assert_uint_eq(len, wanted_len);
    ck_assert_mem_eq(line, wanted, wanted_len);
    ck_assert(whole == wanted_whole);
}

static void expect_end(uint64_t offset)
{
    ck_assert(!line_reader_next(&lines, &line, &len, &whole));
    ck_assert_int_eq(lines.error, 0);
    ck_assert_uint_eq(lines.offset, offset);
    ck_assert(!line_reader_next(&lines, &line, &len, &whole));
}

START_TEST(empty_file_has_no_lines)
{
    open_file("", 0);
    expect_end(0);
}
END_TEST

START_TEST(lines_come_without_their_ends)
{
    open_file("one\n\nthree\n", 11);
    expect("one", 3, true);
    ck_assert_uint_eq(lines.offset, 4);
    expect("", 0, true);
    ck_assert_uint_eq(lines.offset, 5);
    expect("three", 5, true);
    expect_end(11);
}
END_TEST

START_TEST(last_line_without_end_is_not_whole)
{
    open_file("one\ntw", 6);
    expect("one", 3, true);
    expect("tw", 2, false);
    expect_end(6);
}
END_TEST

START_TEST(nul_bytes_are_part_of_a_line)
{
    open_file("a\0b\n\0\0\n\0", 8);
    expect("a\0b", 3, true);
    expect("\0\0", 2, true);
    expect("\0", 1, false);
    expect_end(8);
}
END_TEST

/* Lines of all lengths up to 200 and of 1000, so that they lie across the buffer's end in many ways. */
START_TEST(lines_across_the_end_of_the_buffer_are_whole)
{
    size_t size = 0;
    unsigned count = 0;

    while (size + 2000 < sizeof text) {
        size_t length = count % 7 == 0 ? 1000 : count % 200;
        memset(text + size, 'a' + (int)(count % 26), length);
        text[size + length] = '\n';
        size += length + 1;
        count++;
    }
    open_file(text, size);
    size_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t length = i % 7 == 0 ? 1000 : i % 200;
        ck_assert_uint_eq(lines.offset, at);
        expect(text + at, length, true);
        at += length + 1;
    }
    expect_end(size);
}
END_TEST

START_TEST(line_as_long_as_the_buffer_is_whole_only_with_its_end_in_it)
{
    memset(text, 'x', LINE_READER_BUFFER);
    text[LINE_READER_BUFFER - 1] = '\n';
    open_file(text, LINE_READER_BUFFER);
    expect(text, LINE_READER_BUFFER - 1, true);
    expect_end(LINE_READER_BUFFER);

    text[LINE_READER_BUFFER - 1] = 'x';
    open_file(text, LINE_READER_BUFFER);
    expect(text, LINE_READER_BUFFER, false);
    expect_end(LINE_READER_BUFFER);
}
END_TEST

START_TEST(line_longer_than_the_buffer_is_not_whole)
{
    memcpy(text, "head\n", 5);
    memset(text + 5, 'x', LINE_READER_BUFFER + 10);
    memcpy(text + 5 + LINE_READER_BUFFER + 10, "\ntail\n", 6);
    open_file(text, 5 + LINE_READER_BUFFER + 10 + 6);
    expect("head", 4, true);
    ck_assert(line_reader_next(&lines, &line, &len, &whole));
    ck_assert(!whole);
    ck_assert_uint_eq(len, LINE_READER_BUFFER);
}
END_TEST

START_TEST(file_that_cannot_be_read_is_an_error)
{
    disk = disk_posix(dir.fd);
    line_reader_init(&lines, &disk, dir.fd);
    ck_assert(!line_reader_next(&lines, &line, &len, &whole));
    ck_assert_int_eq(lines.error, -EISDIR);
}
END_TEST

START_TEST(descriptors_own_position_does_not_matter)
{
    open_file("one\ntwo\n", 8);
    lseek(fd, 5, SEEK_SET);
    expect("one", 3, true);
    expect("two", 3, true);
    expect_end(8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line_reader");
    TCase *tests = tcase_create("lines");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, empty_file_has_no_lines);
    tcase_add_test(tests, lines_come_without_their_ends);
    tcase_add_test(tests, last_line_without_end_is_not_whole);
    tcase_add_test(tests, nul_bytes_are_part_of_a_line);
    tcase_add_test(tests, lines_across_the_end_of_the_buffer_are_whole);
    tcase_add_test(tests, line_as_long_as_the_buffer_is_whole_only_with_its_end_in_it);
    tcase_add_test(tests, line_longer_than_the_buffer_is_not_whole);
    tcase_add_test(tests, file_that_cannot_be_read_is_an_error);
    tcase_add_test(tests, descriptors_own_position_does_not_matter);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
