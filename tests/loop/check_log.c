#include "common/log.h"

#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <fcntl.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_dir dir;
static int old_stderr;

static void begin(void)
{
    temp_dir_create(&dir);
    old_stderr = dup(STDERR_FILENO);
    int fd = open(temp_dir_path(&dir, "stderr"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
    unsetenv("JOURNAL_STREAM");
}

static void end(void)
{
    log_set_sink(NULL);
    dup2(old_stderr, STDERR_FILENO);
    close(old_stderr);
    temp_dir_remove(&dir);
}

/* JOURNAL_STREAM as the service manager sets it, off by so many inodes. */
static void name_stream(unsigned off)
{
    struct stat status;
    char stream[64];

    ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino + off);
    setenv("JOURNAL_STREAM", stream, 1);
}

static void assert_written(const char *pattern)
{
    const char *text = temp_dir_read(&dir, "stderr", NULL);
    regex_t regex;

    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&regex, text, 0, NULL, 0) == 0, "\"%s\" does not match %s", text, pattern);
    regfree(&regex);
}

#define TIME "[0-2][0-9]:[0-5][0-9]:[0-6][0-9] "

START_TEST(lines_in_a_file_have_the_time_and_the_level)
{
    log_error("no %s", "room");
    log_warning("%d left", 3);
    log_info("fine");
    assert_written("^" TIME "error: no room\n" TIME "warning: 3 left\n" TIME "fine\n$");
}
END_TEST

START_TEST(lines_to_the_journal_have_the_priority)
{
    name_stream(0);
    ck_assert(log_is_journal());
    log_error("no %s", "room");
    log_warning("%d left", 3);
    log_info("fine");
    assert_written("^<3>no room\n<4>3 left\n<6>fine\n$");
}
END_TEST

START_TEST(pipe_to_the_journal_is_known)
{
    int ends[2];
    char text[64] = "";

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    name_stream(0);
    log_info("fine");
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_str_eq(text, "<6>fine\n");
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(stream_of_somebody_else_is_no_journal)
{
    static const char *const others[] = {"", ":", "journal", "0:0"};

    name_stream(1); /* inherited, and standard error redirected since */
    ck_assert(!log_is_journal());
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        setenv("JOURNAL_STREAM", others[i], 1);
        ck_assert(!log_is_journal());
    }
    log_info("fine");
    assert_written("^" TIME "fine\n$");
}
END_TEST

START_TEST(line_that_is_too_long_is_cut)
{
    char text[4000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info("%s", text);
    assert_written("^" TIME "x+\n$");
    ck_assert_uint_lt(strlen(temp_dir_read(&dir, "stderr", NULL)), 1100);
}
END_TEST

START_TEST(record_without_a_sink_is_its_message)
{
    const struct log_field fields[] = {{"HEADROOM_GROUP", "web"}};

    log_record(LOG_LEVEL_WARNING, "100% busy %s", fields, 1);
    assert_written("^" TIME "warning: 100% busy %s\n$");
}
END_TEST

START_TEST(sink_gets_everything_instead)
{
    const struct log_field fields[] = {{"HEADROOM_GROUP", "web"}, {"HEADROOM_ACTION", "up"}};

    log_capture_start();
    log_error("no %s", "room");
    log_record(LOG_LEVEL_INFO, "web: scale up", fields, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "no room"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "web: scale up"), 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "web: scale up"), 1);
    ck_assert_str_eq(log_capture_field("HEADROOM_GROUP"), "web");
    ck_assert_str_eq(log_capture_field("HEADROOM_ACTION"), "up");
    log_set_sink(NULL);
    log_info("back");
    assert_written("^" TIME "back\n$");
}
END_TEST

/* Standard error is this file from now on. */
static void log_to(int fd)
{
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
}

/* Logs more lines than fit. Returns how many. */
static unsigned log_until_full(void)
{
    unsigned count = 0;

    for (; count < 20000; count++)
        log_info("line %u", count);
    return count;
}

static size_t drain(int fd, char *text, size_t size)
{
    size_t used = 0;

    for (ssize_t got; used < size - 1 && (got = read(fd, text + used, size - 1 - used)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
    return used;
}

static void assert_dropped_are_counted(int reader)
{
    static char text[1 << 20];
    unsigned logged = log_until_full(), dropped = 0, lines = 0;

    ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    size_t used = drain(reader, text, sizeof text);
    ck_assert_uint_gt(used, 0);
    ck_assert_int_eq(text[used - 1], '\n'); /* no line is cut */
    for (const char *at = text; (at = strstr(at, "line ")) != NULL; at++)
        lines++;
    log_info("read again");
    drain(reader, text, sizeof text);
    const char *said = strstr(text, "warning: dropped ");
    ck_assert_msg(said != NULL, "%s", text);
    ck_assert_int_eq(sscanf(said, "warning: dropped %u lines of the log: nobody read", &dropped), 1);
    ck_assert_uint_eq(lines + dropped, logged);
    ck_assert_ptr_nonnull(strstr(said, "read again\n"));
    log_info("once");
    drain(reader, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "dropped"));
}

START_TEST(pipe_that_nobody_reads_does_not_block)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    log_to(ends[1]);
    assert_dropped_are_counted(ends[0]);
    ck_assert_int_eq(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0); /* others write to it, too */
    close(ends[0]);
}
END_TEST

START_TEST(socket_that_nobody_reads_does_not_block)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    log_to(ends[1]);
    assert_dropped_are_counted(ends[0]);
    close(ends[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, lines_in_a_file_have_the_time_and_the_level);
    tcase_add_test(tests, lines_to_the_journal_have_the_priority);
    tcase_add_test(tests, pipe_to_the_journal_is_known);
    tcase_add_test(tests, stream_of_somebody_else_is_no_journal);
    tcase_add_test(tests, line_that_is_too_long_is_cut);
    tcase_add_test(tests, record_without_a_sink_is_its_message);
    tcase_add_test(tests, sink_gets_everything_instead);
    tcase_add_test(tests, pipe_that_nobody_reads_does_not_block);
    tcase_add_test(tests, socket_that_nobody_reads_does_not_block);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
