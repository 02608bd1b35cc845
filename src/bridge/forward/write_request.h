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
#include "bridge/forward/write_labels.h"

#include <stddef.h>
#include <stdint.h>

#define WRITE_REQUEST_LEN_MAX ((size_t)8 << 20) /* engines refuse what is much larger */

/* All zero: empty. */
struct write_request {
    uint8_t *bytes;
    size_t len;
    size_t size;
};

/* Encodes the rows from `from` to before `to` of the set's order, which is sorted. 0, or -E2BIG: longer than
 * WRITE_REQUEST_LEN_MAX, or -ENOMEM. */
int write_request_encode(struct write_request *request, const struct row_set *set, uint32_t from, uint32_t to,
                         const struct write_options *options);

/* Makes room for more bytes at the end. 0, -E2BIG or -ENOMEM as above. */
int write_request_reserve(struct write_request *request, size_t more);

void write_request_deinit(struct write_request *request);

#endif
