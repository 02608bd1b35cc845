/* Pure. How long the agents of a group may hold samples back, to send several in one frame; see report_pace.h. */
#ifndef COLLECTOR_FLEET_GROUP_REPORT_H
#define COLLECTOR_FLEET_GROUP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* Embedded in a group. All zero: each sample is sent at once. */
struct group_report {
    uint32_t ms;            /* in force: report_ms of the protocol */
    uint32_t configured_ms; /* by the setting `report`; 0: the collector chooses */
    bool is_configured;     /* the setting has been looked up */
    unsigned live;          /* nodes that reported, at the last decision */
    bool is_urgent;         /* at the last decision: its next decisions need new samples */
};

#endif
