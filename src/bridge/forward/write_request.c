#include "bridge/forward/write_request.h"

#include "bridge/forward/write_field.h"
#include "common/metric_series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- series ---- */

static void set_labels(struct write_labels *labels, const struct row_set_node *node,
                       const struct write_options *options)
{
    const struct write_label own[] = {{"group", node->group}, {"node", node->node_id}};

    write_labels_set(labels, own, 2, options);
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
        size_t len = write_field_sample_len(sample_at(run, i)->time_ms);
        total += sample_has(sample_at(run, i), metric) ? 1 + write_field_varint_len(len) + len : 0;
    }
    return total;
}

static uint8_t *put_series(uint8_t *at, const struct run *run, enum metric metric, const struct write_labels *labels)
{
    const char *name = metric_series_names[metric];

    *at++ = (uint8_t)WRITE_FIELD_LEN(1U);
    at = write_field_put_varint(at, write_field_label_len("__name__", name) + labels->len + samples_len(run, metric));
    at = write_field_put_label(at, "__name__", name);
    memcpy(at, labels->bytes, labels->len);
    at += labels->len;
    for (uint32_t i = run->from; i < run->to; i++)
        if (sample_has(sample_at(run, i), metric))
            at = write_field_put_sample(at, metric_series_value(sample_at(run, i), metric), sample_at(run, i)->time_ms);
    return at;
}

/* ---- requests ---- */

int write_request_reserve(struct write_request *request, size_t more)
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
    struct write_labels labels;

    set_labels(&labels, &run->set->nodes[run->set->rows[run->set->order[run->from]].node], options);
    size_t most = labels.len + WRITE_FIELD_LABEL_MAX(64) + (size_t)(run->to - run->from) * WRITE_FIELD_SAMPLE_MAX;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        if (!((run->present >> metric) & 1U))
            continue;
        int rc = write_request_reserve(request, most + 16);
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
