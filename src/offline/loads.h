/* Reads the loads that simulate and tune play: each trace is one, and each group of the recorded metrics. */
#ifndef OFFLINE_LOADS_H
#define OFFLINE_LOADS_H

#include "offline/group_filter.h"
#include "offline/recorded_demand.h"
#include "offline/recordings.h"
#include "offline/trace.h"

#include <stdbool.h>

#define LOADS_NAME_MAX 160U

struct load {
    char name[LOADS_NAME_MAX]; /* of the trace's file, or of the group */
    const char *path;          /* of the trace, or of the first file of the recording */
    struct trace trace;
    double speed; /* replay_speed and replay_noise of the trace's manifest, else 1 and 0 */
    double noise;
    bool is_recorded; /* a group of recorded metrics: its demand is in nodes */
    struct recorded_summary recorded;
};

/* All zeros: empty. */
struct loads {
    struct load *loads; /* owned */
    size_t count;
};

/* Where loads come from. */
struct loads_source {
    const struct recordings *files;
    struct group_filter *filter; /* of the groups; its choices are marked as found */
    double limit;                /* utilisation of the recorded groups above which the time is summed up */
    bool skip_bad;               /* skips invalid lines, and warns of them on standard error */
};

/* Returns 0, and the caller calls loads_deinit(); or a negative errno with the reason in error. */
int loads_read(const struct loads_source *source, struct loads *loads, char *error, size_t size);
void loads_deinit(struct loads *loads);

#endif
