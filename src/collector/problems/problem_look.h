/* Pure. Looks at what the collector knows of its groups, its nodes, its forwarders and itself, and notes the problems
 * in it. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_LOOK_H
#define COLLECTOR_PROBLEMS_PROBLEM_LOOK_H

#include "collector/autoscale/conditions.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/overrides.h"
#include "collector/fleet/fleet_counts.h"
#include "collector/fleet/forwarders.h"
#include "collector/intake/intake.h"
#include "collector/problems/alert_health.h"
#include "collector/problems/problem_rise.h"
#include "collector/problems/problem_turns.h"
#include "collector/problems/problems.h"
#include "common/histogram.h"
#include "common/moment.h"

#include <stdint.h>

/* All belongs to the caller. */
struct problem_sources {
    const struct registry *registry;
    const struct conditions *conditions;
    const struct decision_history *history;
    const struct overrides *overrides;
    const struct fleet_counts *counts; /* of this moment */
    const struct intake_hub *hub;
    const struct forwarders *forwarders;
    const struct alert_health *alerts; /* the program of on-alert */
    const bool *decisions_held;        /* decisions.csv can't be written */
    const bool *cut_short;             /* retain-size deletes files before they are as old as retain */
    const struct histogram *cpus_us;   /* CPU time of each turn of the loop */
    const int64_t *http_cert_end_s;    /* when the certificate of HTTPS expires, Unix time; 0: there is none */
};

struct problem_forwarder {
    char name[NAME_LEN_MAX + 1]; /* empty: none */
    struct problem_rise refused;
    struct problem_rise lost;
};

/* What is remembered from one look to the next. All zero at the beginning. */
struct problem_look {
    unsigned group;    /* the next one of this look */
    unsigned override; /* the same */
    struct problem_rise missing;
    struct problem_rise limits[INTAKE_LIMITS];
    struct problem_forwarder forwarders[FORWARDERS_MAX];
    struct problem_turns turns;
};

/* Begins a look at everything. */
void problem_look_begin(struct problem_look *memory, const struct problem_sources *sources, const struct moment *now,
                        struct problems *problems);

/* Looks at some groups or overrides. Returns whether there is more to do; otherwise the look has ended. */
bool problem_look_step(struct problem_look *memory, const struct problem_sources *sources, const struct moment *now,
                       struct problems *problems);

#endif
