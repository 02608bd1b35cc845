/* Pure. Encodes batches without the generic encoder, which would use too much CPU next to the collector that is
 * measured. */
#ifndef LOADGEN_ENCODE_H
#define LOADGEN_ENCODE_H

#include "common/frame.h"
#include "common/sample.h"

#include <stddef.h>
#include <stdint.h>

#define ENCODE_REST_LEN_MAX 128U /* bytes of a frame without its samples, each of at most SAMPLE_LEN_MAX */

struct encode_account {
    uint64_t produced;
    uint64_t acknowledged;
    uint64_t sent; /* put into batches; a retransmission counts again */
};

/* Encodes a Batch of these samples as a frame, within buf, which must have room for it. account: NULL for none. */
struct bytes encode_batch(uint64_t sent_uptime_ms, const struct sample *samples, size_t count,
                          const struct encode_account *account, uint8_t *buf);

#endif
