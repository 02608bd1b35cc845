#include "cli/json_field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t json_field_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

double json_field_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *json_field_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "-";
}

bool json_field_equals(const json_t *object, const char *name, const char *text)
{
    return strcmp(json_field_text(object, name), text) == 0;
}

bool json_field_is_set(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_true(value) || (json_is_number(value) && json_number_value(value) != 0.0);
}

void json_field_put_number(const json_t *object, const char *name, char text[JSON_FIELD_LEN])
{
    double number = json_field_number(object, name);

    if (isnan(number))
        (void)snprintf(text, JSON_FIELD_LEN, "-");
    else if (fabs(number) < 1e12 && number == floor(number))
        (void)snprintf(text, JSON_FIELD_LEN, "%.0f", number);
    else
        (void)snprintf(text, JSON_FIELD_LEN, "%.4g", number);
}

void json_field_put_share(const json_t *object, const char *name, char text[JSON_FIELD_LEN])
{
    double share = json_field_number(object, name);

    if (isnan(share))
        (void)snprintf(text, JSON_FIELD_LEN, "-");
    else
        (void)snprintf(text, JSON_FIELD_LEN, "%.4g%%", round(share * 100.0));
}
