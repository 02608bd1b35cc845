/* Pure. Reads members of the collector's answers that may be missing or null. */
#ifndef CLI_TOP_TOP_JSON_H
#define CLI_TOP_TOP_JSON_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* NaN: it is no number. */
static inline double top_json_number(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static inline double top_json_member(const json_t *object, const char *name)
{
    return top_json_number(json_object_get(object, name));
}

/* "": it is no string. Valid as long as the value. */
static inline const char *top_json_text(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "";
}

/* Copies the member, cut to the size. */
static inline void top_json_copy(const json_t *object, const char *name, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", top_json_text(json_object_get(object, name)));
}

#endif
