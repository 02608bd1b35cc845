/* Pure. Encodes rows as a WriteRequest of Prometheus remote write 1.0.
 *
 *     message WriteRequest { repeated TimeSeries timeseries = 1; }
 *     message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
 *     message Label { string name = 1; string value = 2; }
 *     message Sample { double value = 1; int64 timestamp = 2; }
 *
 * https://prometheus.io/docs/specs/prw/remote_write_spec/. By hand and not by protobuf-c, which would need an object
 * for each value. */
#ifndef BRIDGE_FORWARD_WRITE_REQUEST_H
#define BRIDGE_FORWARD_WRITE_REQUEST_H

#include "bridge/forward/row_set.h"
#include "common/metric.h"

#include <stddef.h>
#include <stdint.h>

#define WRITE_REQUEST_LEN_MAX    ((size_t)8 << 20) /* engines refuse what is much larger */
#define WRITE_REQUEST_LABELS_MAX 8U
#define WRITE_REQUEST_VALUE_MAX  256U

struct write_label {
    const char *name; /* as write_request_label_ok() */
    const char *value;
};

/* All zero: empty. */
struct write_request {
    uint8_t *bytes;
    size_t len;
    size_t size;
};

struct write_options {
    uint32_t metrics;                                    /* bit m: metric m is sent */
    struct write_label labels[WRITE_REQUEST_LABELS_MAX]; /* of all series beside group and node; sorted by name */
    unsigned label_count;
};

/* Whether a label may be added to all series: lower-case letters, digits and _, so that it sorts behind __name__, and
 * neither group nor node. */
bool write_request_label_ok(const char *name);

/* Encodes the rows from `from` to before `to` of the set's order, which is sorted. 0, or -E2BIG: longer than
 * WRITE_REQUEST_LEN_MAX, or -ENOMEM. */
int write_request_encode(struct write_request *request, const struct row_set *set, uint32_t from, uint32_t to,
                         const struct write_options *options);
void write_request_deinit(struct write_request *request);

#endif
