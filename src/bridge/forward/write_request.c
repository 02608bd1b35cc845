#include "bridge/forward/write_request.h"

#include "common/metric_series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAG_LEN(field)     (((field) << 3) | 2U) /* a length follows */
#define TAG_DOUBLE(field)  (((field) << 3) | 1U)
#define TAG_VARINT(field)  ((field) << 3)
#define POINT_LEN_MAX      (2 + 9 + 11)
#define LABEL_LEN_MAX(len) ((len) + 16)

/* ---- protobuf ---- */

static size_t varint_len(uint64_t value)
{
    size_t len = 1;

    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_text(uint8_t *at, unsigned field, const char *text, size_t len)
{
    *at++ = (uint8_t)TAG_LEN(field);
    at = put_varint(at, len);
    memcpy(at, text, len);
    return at + len;
}

static size_t text_len(size_t len)
{
    return 1 + varint_len(len) + len;
}

static uint8_t *put_label(uint8_t *at, const char *name, const char *value)
{
    size_t name_len = strlen(name);
    size_t value_len = strlen(value);

    *at++ = (uint8_t)TAG_LEN(1U);
    at = put_varint(at, text_len(name_len) + text_len(value_len));
    at = put_text(at, 1, name, name_len);
    return put_text(at, 2, value, value_len);
}

static size_t label_len(const char *name, const char *value)
{
    size_t len = text_len(strlen(name)) + text_len(strlen(value));

    return 1 + varint_len(len) + len;
}

static uint8_t *put_double(uint8_t *at, double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        *at++ = (uint8_t)(bits >> (8 * i));
    return at;
}

/* Times before 1970 are ten bytes long, as protobuf demands of negative numbers. */
static size_t sample_len(int64_t time_ms)
{
    return 1 + 8 + 1 + varint_len((uint64_t)time_ms);
}

static uint8_t *put_sample(uint8_t *at, double value, int64_t time_ms)
{
    *at++ = (uint8_t)TAG_LEN(2U);
    at = put_varint(at, sample_len(time_ms));
    *at++ = (uint8_t)TAG_DOUBLE(1U);
    at = put_double(at, value);
    *at++ = (uint8_t)TAG_VARINT(2U);
    return put_varint(at, (uint64_t)time_ms);
}

/* ---- series ---- */

struct labels {
    uint8_t bytes[(WRITE_REQUEST_LABELS_MAX + 2) * LABEL_LEN_MAX(64 + WRITE_REQUEST_VALUE_MAX)];
    size_t len;
};

/* Those of the node's series beside the name, in the order of their names. */
static void set_labels(struct labels *labels, const struct row_set_node *node, const struct write_options *options)
{
    const struct write_label own[] = {{"group", node->group}, {"node", node->node_id}};
    unsigned next = 0;
    uint8_t *at = labels->bytes;

    for (unsigned i = 0; i < options->label_count; i++) {
        while (next < 2 && strcmp(own[next].name, options->labels[i].name) < 0) {
            at = put_label(at, own[next].name, own[next].value);
            next++;
        }
        at = put_label(at, options->labels[i].name, options->labels[i].value);
    }
    for (; next < 2; next++)
        at = put_label(at, own[next].name, own[next].value);
    labels->len = (size_t)(at - labels->bytes);
}

/* The node's rows in the request. */
struct run {
    const struct row_set *set;
    uint32_t from;
    uint32_t to;
    uint32_t present; /* bit m: a row has metric m, which is sent */
};

static const struct sample *sample_at(const struct run *run, uint32_t i)
{
    return &run->set->rows[run->set->order[i]].sample;
}

static size_t samples_len(const struct run *run, enum metric metric)
{
    size_t total = 0;

    for (uint32_t i = run->from; i < run->to; i++) {
        size_t len = sample_len(sample_at(run, i)->time_ms);
        total += sample_has(sample_at(run, i), metric) ? 1 + varint_len(len) + len : 0;
    }
    return total;
}

static uint8_t *put_series(uint8_t *at, const struct run *run, enum metric metric, const struct labels *labels)
{
    const char *name = metric_series_names[metric];

    *at++ = (uint8_t)TAG_LEN(1U);
    at = put_varint(at, label_len("__name__", name) + labels->len + samples_len(run, metric));
    at = put_label(at, "__name__", name);
    memcpy(at, labels->bytes, labels->len);
    at += labels->len;
    for (uint32_t i = run->from; i < run->to; i++)
        if (sample_has(sample_at(run, i), metric))
            at = put_sample(at, metric_series_value(sample_at(run, i), metric), sample_at(run, i)->time_ms);
    return at;
}

/* ---- requests ---- */

static int reserve(struct write_request *request, size_t more)
{
    if (request->len + more > WRITE_REQUEST_LEN_MAX)
        return -E2BIG;
    if (request->len + more <= request->size)
        return 0;
    size_t size = request->size > 0 ? request->size : 65536;
    while (size < request->len + more)
        size *= 2;
    uint8_t *bytes = realloc(request->bytes, size);
    if (bytes == NULL)
        return -ENOMEM;
    request->bytes = bytes;
    request->size = size;
    return 0;
}

static struct run run_from(const struct row_set *set, uint32_t from, uint32_t to, uint32_t metrics)
{
    struct run run = {.set = set, .from = from, .to = from};
    uint32_t node = set->rows[set->order[from]].node;

    while (run.to < to && set->rows[set->order[run.to]].node == node)
        run.present |= sample_at(&run, run.to++)->present & metrics;
    return run;
}

static int encode_run(struct write_request *request, const struct run *run, const struct write_options *options)
{
    struct labels labels;

    set_labels(&labels, &run->set->nodes[run->set->rows[run->set->order[run->from]].node], options);
    size_t most = labels.len + LABEL_LEN_MAX(64) + (size_t)(run->to - run->from) * POINT_LEN_MAX;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        if (!((run->present >> metric) & 1U))
            continue;
        int rc = reserve(request, most + 16);
        if (rc < 0)
            return rc;
        request->len = (size_t)(put_series(request->bytes + request->len, run, metric, &labels) - request->bytes);
    }
    return 0;
}

int write_request_encode(struct write_request *request, const struct row_set *set, uint32_t from, uint32_t to,
                         const struct write_options *options)
{
    int rc = 0;

    request->len = 0;
    while (from < to && rc == 0) {
        struct run run = run_from(set, from, to, options->metrics);
        rc = encode_run(request, &run, options);
        from = run.to;
    }
    return rc;
}

void write_request_deinit(struct write_request *request)
{
    free(request->bytes);
    *request = (struct write_request){0};
}

bool write_request_label_ok(const char *name)
{
    if (strcmp(name, "group") == 0 || strcmp(name, "node") == 0)
        return false;
    if (strlen(name) > 64 || *name < 'a' || *name > 'z')
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}
