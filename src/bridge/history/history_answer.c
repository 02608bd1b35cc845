#include "bridge/history/history_answer.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define POINTS_MAX 16384U
#define TEXT_MAX   200

/* One pair: the time in seconds, and the value as text. */
static int read_point(const json_t *point, history_answer_cb *cb, void *arg)
{
    const json_t *time = json_array_get(point, 0);
    const char *text = json_string_value(json_array_get(point, 1));
    double value = NAN;

    if (!json_is_number(time) || text == NULL || json_number_value(time) < 0 || json_number_value(time) > 1e12)
        return -EBADMSG;
    if (parse_number(text, strlen(text), &value) == 0) /* NaN and infinities are no numbers */
        cb(llround(json_number_value(time) * 1000.0), value, arg);
    return 0;
}

static int read_series(const json_t *root, history_answer_cb *cb, void *arg)
{
    const json_t *data = json_object_get(root, "data");
    const json_t *result = json_object_get(data, "result");
    const char *type = json_string_value(json_object_get(data, "resultType"));
    const json_t *point = NULL;
    size_t i = 0;
    int rc = 0;

    if (type == NULL || strcmp(type, "matrix") != 0 || !json_is_array(result) || json_array_size(result) > 1)
        return -EBADMSG;
    const json_t *values = json_object_get(json_array_get(result, 0), "values");
    if (json_array_size(result) == 1 && (!json_is_array(values) || json_array_size(values) > POINTS_MAX))
        return -EBADMSG;
    json_array_foreach(values, i, point) if (rc == 0) rc = read_point(point, cb, arg);
    return rc;
}

int history_answer_read(const char *text, size_t len, history_answer_cb *cb, void *arg, char *error, size_t error_size)
{
    json_t *root = json_loadb(text, len, 0, NULL);
    const char *status = json_string_value(json_object_get(root, "status"));
    const char *reason = json_string_value(json_object_get(root, "error"));
    int rc = -EBADMSG;

    if (status != NULL && strcmp(status, "success") == 0)
        rc = read_series(root, cb, arg);
    if (rc < 0 && reason != NULL)
        (void)error_text_set(error, error_size, rc, "the engine reports: %.*s", TEXT_MAX, reason);
    else if (rc < 0)
        (void)error_text_set(error, error_size, rc, "the answer is not that of Prometheus' API to a range query");
    json_decref(root);
    return rc;
}
