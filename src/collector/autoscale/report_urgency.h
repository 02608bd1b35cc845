/* Pure. Decides whether the next decisions for a group need new samples, so that its agents send each second also in a
 * large fleet, see fleet/report_pace.h: a node of the group warms up, or a resource is near its `high` or `low`
 * threshold, or above `high`. */
#ifndef COLLECTOR_AUTOSCALE_REPORT_URGENCY_H
#define COLLECTOR_AUTOSCALE_REPORT_URGENCY_H

#include "collector/fleet/group_report.h"
#include "scaler/decision.h"

/* After each decision for the group. */
void report_urgency_note(struct group_report *report, const struct decision *decision);

#endif
