/* Pure. What headroom top shows of the fleet as a whole: its nodes by state, and the rate of samples. */
#ifndef CLI_TOP_TOP_FLEET_H
#define CLI_TOP_TOP_FLEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TOP_STATES 7U

/* The names of the states of a node, and how many nodes are in each. */
extern const char *const top_fleet_states[TOP_STATES];

struct top_fleet {
    bool known; /* an answer has been read */
    char version[24];
    double nodes[TOP_STATES];
    double samples_per_s; /* NaN: not known yet */
    bool held;            /* the collector can't write its disk */
    int64_t now_ms;       /* of the collector's wall clock, at the answer */
    double base_received; /* samples up to then, from which the rate is measured */
    int64_t base_ms;
};

/* Takes the answer of /api/v1/fleet. 0, or -EPROTO; then the fleet is untouched. */
int top_fleet_read(struct top_fleet *fleet, const json_t *answer);

/* An index of top_fleet_states, or TOP_STATES if there is no such state. */
unsigned top_fleet_state(const char *name);

double top_fleet_nodes(const struct top_fleet *fleet);

#endif
