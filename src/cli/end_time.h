/* The end of an override as people write it: a local time, or a time from now. */
#ifndef CLI_END_TIME_H
#define CLI_END_TIME_H

#include <stddef.h>
#include <stdint.h>

/* "18:00": the next time that local clocks show it; "2026-11-28 18:00" or with a T: that time. Returns 0, or -EINVAL
 * with what is allowed in error. */
int end_time_parse_until(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size);

/* "2h", "90m", "7d". */
int end_time_parse_for(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size);

#endif
