/* Pure. The fields that our CSV files and the index are made of: numbers and names to text and back.
 *
 * Each put_ function writes at `at` and returns where it ended; there is room. Each get_ function takes what it wants
 * from the front of the cursor and says whether it was there; after a false the cursor may be anywhere. */
#ifndef COMMON_FIELDS_H
#define COMMON_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

char *fields_put_text(char *at, const char *text);
char *fields_put_unsigned(char *at, uint64_t number);

/* number / 100 and number / 1000, with all decimals written. */
char *fields_put_hundredths(char *at, uint64_t number);
char *fields_put_thousandths(char *at, uint64_t number);

/* 16 hex digits. */
char *fields_put_hex(char *at, uint64_t number);

/* A letter and 16 hex digits, so that no tool takes it for a number: an "i", or an "h" for an instance that the
 * collector has made for samples that came by HTTP. */
#define FIELDS_INSTANCE_LEN  17
#define FIELDS_HTTP_INSTANCE UINT64_C(0x68747470) /* its upper half */
char *fields_put_instance(char *at, uint64_t instance);

/* What is left of a line. */
struct cursor {
    const char *at;
    const char *end;
};

bool fields_at_end(const struct cursor *cursor); /* of a field: a comma, or the end of the line */
bool fields_get_char(struct cursor *cursor, char wanted);
bool fields_get_text(struct cursor *cursor, const char *wanted);

/* A field that matches parse_name_ok(), into name[NAME_LEN_MAX + 1]. */
bool fields_get_name(struct cursor *cursor, char *name);

bool fields_get_unsigned(struct cursor *cursor, uint64_t *number);

/* A number with exactly so many decimals, as a count of its last decimal. */
bool fields_get_fixed(struct cursor *cursor, unsigned places, uint64_t *number);

bool fields_get_hex(struct cursor *cursor, uint64_t *number);
bool fields_get_instance(struct cursor *cursor, uint64_t *instance); /* not 0 */

#endif
