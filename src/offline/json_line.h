/* Writes JSON, one object per line. */
#ifndef OFFLINE_JSON_LINE_H
#define OFFLINE_JSON_LINE_H

#include <jansson.h>
#include <stdio.h>

/* Writes the object and releases it. 0, -EIO, or -ENOMEM if object is NULL. */
int json_line_put(json_t *object, FILE *out);

/* null for NaN and infinity, which JSON lacks. */
json_t *json_line_number(double value);

#endif
