/* Times as people write them: local times, and times from now. */
#ifndef CLI_GIVEN_TIME_H
#define CLI_GIVEN_TIME_H

#include <stddef.h>
#include <stdint.h>

/* When an override ends: "18:00", the next time that local clocks show it, or "2026-11-28 18:00", or that with a T.
 * Returns 0, or -EINVAL with what is allowed in error. */
int given_time_parse_until(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size);

/* How long it lasts: "2h", "90m", "7d". */
int given_time_parse_for(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size);

/* A time that has been: "02:13" or "02:13:30", the last time that local clocks showed it; "2026-11-28 02:13", also with
 * seconds or a T; "2026-11-28", the beginning of that day; or "2h", so long ago. flag: its name, for the error. */
int given_time_parse_past(const char *flag, const char *text, int64_t now_ms, int64_t *past_ms, char *error,
                          size_t error_size);

#endif
