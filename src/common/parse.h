/* Pure. Strict parsers for flags, configuration values and names: the whole text must match.
 *
 * Each returns 0, or -EINVAL (wrong form) or -ERANGE (right form, but outside what the type holds); then the output is
 * untouched. */
#ifndef COMMON_PARSE_H
#define COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "250ms", "1s", "5m", "2h", "7d"; fractions as in "1.5s" if they are whole milliseconds. 0 needs no unit. */
int parse_duration_ms(const char *text, int64_t *ms);

/* "80%" or "80": a share, 0 to 1. */
int parse_percent(const char *text, double *share);

/* "512", "64K", "256M", "2G" (powers of 1024). */
int parse_size(const char *text, uint64_t *bytes);

/* Decimal digits only. */
int parse_unsigned(const char *text, unsigned *value);

/* A finite decimal number, "0.03" or "-1e-3", in text[0 .. len). text[len] must be readable and no part of a number,
 * such as the terminating 0. */
int parse_number(const char *text, size_t len, double *value);

#define ADDRESS_HOST_MAX 255

struct address {
    char host[ADDRESS_HOST_MAX + 1]; /* without brackets */
    uint16_t port;
};

/* "HOST:PORT" with a name or an IPv4 address, "[IPV6]:PORT" or "[IPV6%ZONE]:PORT"; port 0 to 65535. */
int parse_address(const char *text, struct address *address);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,127}, the form of node ids and groups. */
bool parse_name_ok(const char *text, size_t len);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool parse_utf8_ok(const uint8_t *text, size_t len);

/* Whether valid UTF-8 has no control characters, so that it can be logged and printed on terminals. */
bool parse_printable_ok(const char *text);

/* Replaces each byte that is not printable ASCII by '?', so that a peer's text can be logged. */
void parse_to_ascii(char *text);

/* For "did you mean": returns the name closer to what was written, best or candidate, or NULL if neither is close
 * enough. Call it for each name in turn, with best the result of the call before, at first NULL. */
const char *parse_nearer(const char *written, const char *best, const char *candidate);

#endif
