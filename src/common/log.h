/* Writes the program's log to standard error, one line per event.
 *
 * On a terminal or in a file a line begins with the time of day; under journald it begins with its priority instead
 * (<4>..., man sd-daemon), and a program that links libsystemd can send its records with their fields.
 *
 * Writing never blocks: lines that a pipe or a terminal does not take at once are dropped and counted, and the count is
 * logged before the next line that fits. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are those of syslog. */
enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 };

/* A field in addition to the message, for structured sinks. The name is in capitals, as journald requires. */
struct log_field {
    const char *name;
    const char *value;
};

typedef void log_sink(enum log_level level, const char *message, const struct log_field *fields, size_t count);

/* Whether standard error is a stream to journald: JOURNAL_STREAM names its device and inode. */
bool log_is_journal(void);

/* Sends every line to sink instead of standard error. */
void log_set_sink(log_sink *sink);

/* Writes a line to standard error, whether there is a sink or not. */
void log_to_stderr(enum log_level level, const char *message);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line of a pure module that has no log: a warning, or information. */
void log_line(bool is_warning, const char *line);

void log_record(enum log_level level, const char *message, const struct log_field *fields, size_t count);

#endif
