/* Pure. Formats durations, shares, sizes and addresses as text, which is always 0-terminated, and truncated to the
 * size of the buffer. */
#ifndef COMMON_FORMAT_H
#define COMMON_FORMAT_H

#include <stddef.h>
#include <stdint.h>

struct address;

/* For messages: "500 ms", "90 s", "5 min", "2 h", "7 d", the shortest exact form. */
void format_duration(int64_t ms, char *text, size_t size);

/* For messages, rounded: "40 s", "14 min", "3 h". */
void format_about(double seconds, char *text, size_t size);

/* For messages: "2026-11-28 18:00 UTC". */
void format_utc(int64_t unix_ms, char *text, size_t size);

/* For flags and files: the shortest text that common/parse.h reads back as exactly this value: "90s", "80%", "256M",
 * "[::1]:7420". */
void format_duration_value(int64_t ms, char *text, size_t size);
void format_percent(double share, char *text, size_t size);
void format_size(uint64_t bytes, char *text, size_t size);
void format_address(const struct address *address, char *text, size_t size);

#endif
