/* JSON, an object a line. */
#ifndef OFFLINE_JSON_LINE_H
#define OFFLINE_JSON_LINE_H

#include <jansson.h>
#include <stdio.h>

/* Writes the object, which may be NULL when memory was out, and gives it back. 0, -ENOMEM or -EIO. */
int json_line_put(json_t *object, FILE *out);

/* JSON has no NaN and no infinity: they become null. */
json_t *json_line_number(double value);

#endif
