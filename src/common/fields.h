/* Pure. Converts the fields of our CSV files and of the index, numbers and names, to text and back.
 *
 * Each put_ function writes at `at`, where the caller has made room, and returns the end of what it wrote. Each get_
 * function takes its field from the front of the cursor and returns whether it was there; after false the cursor is
 * undefined. */
#ifndef COMMON_FIELDS_H
#define COMMON_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

char *fields_put_text(char *at, const char *text);
char *fields_put_unsigned(char *at, uint64_t number);

/* number / 100 and number / 1000, with all decimals. */
char *fields_put_hundredths(char *at, uint64_t number);
char *fields_put_thousandths(char *at, uint64_t number);

/* 16 hex digits. */
char *fields_put_hex(char *at, uint64_t number);

/* A letter and 16 hex digits, so that no tool takes it for a number: "i", or "h" for an instance that the collector
 * made for samples received by HTTP. */
#define FIELDS_INSTANCE_LEN  17
#define FIELDS_HTTP_INSTANCE UINT64_C(0x68747470) /* the upper half of such an instance */
char *fields_put_instance(char *at, uint64_t instance);
bool fields_instance_is_http(uint64_t instance);

/* The rest of a line. */
struct cursor {
    const char *at;
    const char *end;
};

bool fields_at_end(const struct cursor *cursor); /* whether the field ends: a comma, or the end of the line */
bool fields_get_char(struct cursor *cursor, char wanted);
bool fields_get_text(struct cursor *cursor, const char *wanted);

/* A field that matches parse_name_ok(), into name[NAME_LEN_MAX + 1]. */
bool fields_get_name(struct cursor *cursor, char *name);

bool fields_get_unsigned(struct cursor *cursor, uint64_t *number);

/* A number with exactly `places` decimals, in units of the last one. */
bool fields_get_fixed(struct cursor *cursor, unsigned places, uint64_t *number);

bool fields_get_hex(struct cursor *cursor, uint64_t *number);
bool fields_get_instance(struct cursor *cursor, uint64_t *instance); /* not 0 */

#endif
