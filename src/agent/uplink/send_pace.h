/* Pure. Decides when the agent sends its samples: each one at once, or, if the collector asks for it by report_ms,
 * several together.
 *
 * A report has as many samples as fit into report_ms, at most. The agent sends a report with every n-th sample, at a
 * phase that its node id determines, so that the reports of a fleet are spread over time. No timer is needed: the agent
 * is awake for the sample anyway.
 *
 * Some samples don't wait for the next report: the first one of a session, and one whose cpu differs by more than
 * SEND_PACE_JUMP points from that of the last sample sent. */
#ifndef AGENT_UPLINK_SEND_PACE_H
#define AGENT_UPLINK_SEND_PACE_H

#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define SEND_PACE_JUMP 20.0 /* percentage points of cpu */

struct send_pace {
    uint64_t phase; /* a hash of the node id */
    uint32_t interval_ms;
    uint32_t samples; /* in a report; 0 or 1: each sample is sent at once */
    bool fresh;       /* nothing was sent in this session */
    double cpu_sent;  /* of the last sample sent; NaN: it had none */
};

void send_pace_init(struct send_pace *pace, const char *node_id, uint32_t interval_ms);

/* A session is established: each sample is sent at once until send_pace_set(). */
void send_pace_begin(struct send_pace *pace);

/* report_ms: that the collector asks for; no more than REPORT_MS_MAX and ack_interval_ms counts. samples_max: how many
 * samples can be sent together. */
void send_pace_set(struct send_pace *pace, uint32_t report_ms, uint32_t ack_interval_ms, uint32_t samples_max);

/* Whether the samples after sent_seq are to be sent now. newest: the one with newest_seq; NULL: it is lost. */
bool send_pace_is_due(const struct send_pace *pace, uint64_t sent_seq, uint64_t newest_seq,
                      const struct sample *newest);

/* Samples were sent; last: the last one of them. */
void send_pace_note_sent(struct send_pace *pace, const struct sample *last);

/* How long after the last report the agent sends what it has, also if its next sample does not come. Acks may be later
 * by as much. 0: each sample is sent at once. */
uint32_t send_pace_limit_ms(const struct send_pace *pace);

#endif
