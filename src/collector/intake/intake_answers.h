/* Pure. Builds the collector's messages from the state of an intake. */
#ifndef COLLECTOR_INTAKE_INTAKE_ANSWERS_H
#define COLLECTOR_INTAKE_INTAKE_ANSWERS_H

#include "collector/intake/intake_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the agent may do from now on. */
struct intake_terms {
    uint32_t credit;
    uint32_t report_ms;
};

/* Each writes a frame to buf, of at least REPLY_LEN_MAX bytes, and returns its length. The intake is attached to an
 * instance, or for a Reject, rejected. last: the agent has said Goodbye, and this Ack covers everything. */
size_t intake_answers_welcome(const struct intake *intake, const struct intake_terms *terms, uint8_t *buf, size_t size);
size_t intake_answers_ack(const struct intake *intake, const struct intake_terms *terms, bool last, uint8_t *buf,
                          size_t size);
size_t intake_answers_reject(const struct intake *intake, uint8_t *buf, size_t size);

#endif
