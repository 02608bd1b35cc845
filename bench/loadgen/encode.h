/* Pure. Batches to bytes without the generic encoder, whose work would take the processor from what is measured. */
#ifndef LOADGEN_ENCODE_H
#define LOADGEN_ENCODE_H

#include "common/frame.h"
#include "common/sample.h"

#include <stddef.h>
#include <stdint.h>

#define ENCODE_REST_LEN_MAX 128U /* bytes of a frame beside its samples, each of which has at most SAMPLE_LEN_MAX */

struct encode_account {
    uint64_t produced;
    uint64_t acknowledged;
    uint64_t sent; /* put into batches; a sample that was sent again counts again */
};

/* A frame, head and message, somewhere in buf, which has room for it: a Batch of these samples. account: NULL for
 * none. */
struct bytes encode_batch(uint64_t sent_uptime_ms, const struct sample *samples, size_t count,
                          const struct encode_account *account, uint8_t *buf);

#endif
