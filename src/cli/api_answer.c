#include "cli/api_answer.h"

#include "common/error_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* 2^53, beyond which JSON's whole numbers are not exact everywhere. Differences of such numbers don't overflow. */
#define INTEGER_MAX (INT64_C(1) << 53)

static bool is_control(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Control characters, those of C1 included: U+0080 to U+009F, in UTF-8 C2 80 to C2 9F. */
static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_control((unsigned char)text[i]) ||
            (i > 0 && (unsigned char)text[i - 1] == 0xc2 && (unsigned char)text[i] < 0xa0))
            return true;
    return false;
}

static int clean_string(json_t *string)
{
    char *text = strndup(json_string_value(string), json_string_length(string));

    if (text == NULL)
        return -ENOMEM;
    for (char *at = text; *at != '\0'; at++) {
        if (is_control((unsigned char)*at))
            *at = ' ';
        else if ((unsigned char)*at == 0xc2 && (unsigned char)at[1] < 0xa0)
            at[0] = at[1] = ' ';
    }
    int rc = json_string_set(string, text) == 0 ? 0 : -ENOMEM;
    free(text);
    return rc;
}

static void clamp_integer(json_t *integer)
{
    json_int_t value = json_integer_value(integer);

    if (value > INTEGER_MAX || value < -INTEGER_MAX)
        (void)json_integer_set(integer, value > 0 ? INTEGER_MAX : -INTEGER_MAX);
}

/* As deep as the parser goes, which has a limit. A name can't be changed in place, and none of the collector's has such
 * characters. */
static int clean(json_t *value)
{
    const char *name = NULL;
    json_t *item = NULL;
    size_t i = 0;
    int rc = 0;

    if (json_is_string(value) && has_control(json_string_value(value), json_string_length(value)))
        return clean_string(value);
    if (json_is_integer(value))
        clamp_integer(value);
    json_object_foreach(value, name, item)
    {
        rc = has_control(name, strlen(name)) ? -EPROTO : clean(item);
        if (rc < 0)
            return rc;
    }
    json_array_foreach(value, i, item)
    {
        rc = clean(item);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int parse(const char *body, size_t len, json_t **document)
{
    json_t *root = json_loadb(body, len, 0, NULL);
    int rc = json_is_object(root) ? clean(root) : -EPROTO;

    if (rc == 0)
        *document = root;
    else
        json_decref(root);
    return rc;
}

/* The collector's sentence about an error. */
static int explain(long status, const char *sentence, char *error, size_t error_size)
{
    if (status == 401)
        return error_text_set(error, error_size, -EACCES, "the collector refuses the request: %s; see --token-file",
                              sentence);
    if (status == 404)
        return error_text_set(error, error_size, -ENOENT, "%s", sentence);
    return error_text_set(error, error_size, status == 503 ? -EAGAIN : -EPROTO,
                          "the collector answers with status %ld: %s", status, sentence);
}

int api_answer_read(long status, const char *body, size_t len, json_t **document, char *error, size_t error_size)
{
    json_t *root = NULL;
    int rc = parse(body, len, &root);

    if (status == 200 && rc == 0) {
        *document = root;
        return 0;
    }
    const char *sentence = json_string_value(json_object_get(root, "error"));
    if (rc == -ENOMEM)
        (void)error_text_set(error, error_size, rc, "out of memory");
    else if (status == 200 || sentence == NULL)
        rc = error_text_set(error, error_size, -EPROTO,
                            "status %ld and %zu bytes that headroom-collector would not answer; does --collector name "
                            "its HTTP server?",
                            status, len);
    else
        rc = explain(status, sentence, error, error_size);
    json_decref(root);
    return rc;
}
