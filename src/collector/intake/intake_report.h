/* Pure. How often an agent sends, as far as its collector has a say in it, and when it gets its Acks.
 *
 * The pace of its group applies (report_pace.h), unless somebody looks at its node. The agent learns it from the
 * Welcome and from each Ack.
 *
 * With one frame in several seconds, an Ack costs as much as the frame. So an agent that obeys a pace gets an Ack for
 * two reports where report_ms is as long as the ack interval, and none that has nothing new. It comes in answer to a
 * report: that wakes neither side one more time, and one packet carries both the Ack and TCP's acknowledgement.
 *
 *     report_ms 5000, ack interval 5000      report   report   report   report   report
 *                                              Ack               Ack               Ack
 *
 * When no report comes, or nothing is new, a timer sends the Ack half a report later than that. */
#ifndef COLLECTOR_INTAKE_INTAKE_REPORT_H
#define COLLECTOR_INTAKE_INTAKE_REPORT_H

#include "collector/intake/intake_state.h"

#include <stdbool.h>
#include <stdint.h>

/* The report_ms to send now; it counts as sent. The intake is attached to a node. */
uint32_t intake_report_take_ms(struct intake *intake);

/* Whether the agent may send less often than it should now: it is sent an Ack early. */
bool intake_report_is_too_long(const struct intake *intake);

/* A Welcome or an Ack was produced. */
void intake_report_note_ack(struct intake *intake);

/* A frame has come: whether it is answered with an Ack. */
bool intake_report_wants_ack(const struct intake *intake);

/* When the next Ack is due by time, monotonic; 0: whenever the timer is due, as of an agent that obeys no pace. */
uint64_t intake_report_ack_due_ms(const struct intake *intake);

#endif
