/* Pure. Members of JSON objects, as commands show them. An object that is NULL has none. */
#ifndef CLI_JSON_FIELD_H
#define CLI_JSON_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_FIELD_LEN 32U /* bytes of a number as text, its 0 included */

/* 0 if it is no whole number. */
int64_t json_field_integer(const json_t *object, const char *name);

/* NaN if it is no number. */
double json_field_number(const json_t *object, const char *name);

/* "-" if it is no string. */
const char *json_field_text(const json_t *object, const char *name);

/* Whether it is this string. */
bool json_field_equals(const json_t *object, const char *name, const char *text);

/* true, or a number other than 0. */
bool json_field_is_set(const json_t *object, const char *name);

/* A number with as many digits as it needs, "12.5"; "-" if it is no number. */
void json_field_put_number(const json_t *object, const char *name, char text[JSON_FIELD_LEN]);

/* A share of 1 in whole percent, "71%"; "-" if it is no number. */
void json_field_put_share(const json_t *object, const char *name, char text[JSON_FIELD_LEN]);

#endif
