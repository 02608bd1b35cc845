#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 1024
#define LINE_SIZE   (MESSAGE_MAX + 64)

_Static_assert(LINE_SIZE <= PIPE_BUF, "a line is written as a whole or not at all");

static log_sink *current_sink;
static atomic_uint dropped; /* lines that standard error did not take; several threads log */

bool log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char mine[64];
    struct stat status;

    if (stream == NULL || fstat(STDERR_FILENO, &status) < 0)
        return false;
    snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, mine) == 0;
}

void log_set_sink(log_sink *sink)
{
    current_sink = sink;
}

static const char *level_word(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error: ";
    case LOG_LEVEL_WARNING:
        return "warning: ";
    case LOG_LEVEL_INFO:
        break;
    }
    return "";
}

/* ---- standard error ---- */

/* Standard error is shared with other processes, so it must not become non-blocking. A pipe that is ready takes a line
 * of at most PIPE_BUF bytes as a whole. */
static bool write_ready(const char *text, size_t len)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    ssize_t put = 0;

    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
        return false;
    do {
        put = write(STDERR_FILENO, text, len);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)len;
}

static bool write_line(const char *text, size_t len)
{
    ssize_t put = send(STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    return put < 0 && errno == ENOTSOCK ? write_ready(text, len) : put == (ssize_t)len;
}

static size_t format_line(enum log_level level, const char *message, char *line)
{
    struct timespec now = {0};
    struct tm local = {0};
    char time_of_day[16] = "";

    if (log_is_journal())
        return (size_t)snprintf(line, LINE_SIZE, "<%d>%.*s\n", (int)level, MESSAGE_MAX, message);
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(time_of_day, sizeof time_of_day, "%H:%M:%S", &local);
    return (size_t)snprintf(line, LINE_SIZE, "%s %s%.*s\n", time_of_day, level_word(level), MESSAGE_MAX, message);
}

/* Says how many lines were dropped before this one, once a line fits again. */
static bool put_dropped(void)
{
    char message[MESSAGE_MAX], line[LINE_SIZE];
    unsigned count = atomic_load(&dropped);

    if (count == 0)
        return true;
    snprintf(message, sizeof message, "dropped %u lines of the log: nobody read standard error", count);
    if (!write_line(line, format_line(LOG_LEVEL_WARNING, message, line)))
        return false;
    atomic_fetch_sub(&dropped, count);
    return true;
}

void log_to_stderr(enum log_level level, const char *message)
{
    char line[LINE_SIZE];

    if (!put_dropped() || !write_line(line, format_line(level, message, line)))
        atomic_fetch_add(&dropped, 1);
}

void log_record(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    if (current_sink != NULL)
        current_sink(level, message, fields, count);
    else
        log_to_stderr(level, message);
}

void log_line(bool is_warning, const char *line)
{
    log_record(is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, line, NULL, 0);
}

static void put_format(enum log_level level, const char *format, va_list arguments)
{
    char message[MESSAGE_MAX];

    vsnprintf(message, sizeof message, format, arguments);
    log_record(level, message, NULL, 0);
}

#define DEFINE_LOG(name, level)                                                                                        \
    void name(const char *format, ...)                                                                                 \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start(arguments, format);                                                                                   \
        put_format(level, format, arguments);                                                                          \
        va_end(arguments);                                                                                             \
    }

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warning, LOG_LEVEL_WARNING)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
