#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

static log_sink *current_sink;

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

static void put_line(enum log_level level, const char *message)
{
    if (log_is_journal()) {
        fprintf(stderr, "<%d>%s\n", (int)level, message);
        return;
    }
    struct timespec now = {0};
    struct tm local = {0};
    char time_of_day[16] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(time_of_day, sizeof time_of_day, "%H:%M:%S", &local);
    fprintf(stderr, "%s %s%s\n", time_of_day, level_word(level), message);
}

void log_record(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    if (current_sink != NULL)
        current_sink(level, message, fields, count);
    else
        put_line(level, message);
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
