/* Pure. What the program of on-alert is to be told: that a problem begins, that it still lasts, that it has ended.
 *
 *     unknown --firing--> begins due --sent--> open --gone--> ends due --sent--> closed --interval--> forgotten
 *                             ^                 | ^              |                  |
 *                             +--firing---------|-|--back--------+                  |
 *                                               | +--repeat: continues              |
 *                                               +<----begins----firing--------------+
 *
 * An alert changes only when the program has accepted what it was told. What it does not accept is due again, as far as
 * it is still so: a failing program makes no queue. Between two messages about one problem passes at least `interval`,
 * so that a problem that comes and goes is not reported each time. */
#ifndef COLLECTOR_PROBLEMS_ALERTS_H
#define COLLECTOR_PROBLEMS_ALERTS_H

#include "collector/problems/problems.h"
#include "common/moment.h"
#include "common/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERTS_MAX       8192U /* further problems wait until one of these is over */
#define ALERTS_RUN_MAX   512U  /* alerts of one run of the program */
#define ALERTS_GATHER_MS 5000  /* from the first alert that is due to the run: what fails together goes together */
#define ALERTS_SETTLE_MS                                                                                               \
    300000                   /* after the start, in which what the last run of the collector knew may be seen again */
#define ALERT_JSON_MAX 4096U /* bytes of one alert for the program, or in the file */

enum alert_event { ALERT_NONE, ALERT_BEGINS, ALERT_CONTINUES, ALERT_ENDS, ALERT_EVENTS };

extern const char *const alert_event_names[ALERT_EVENTS]; /* begins, continues, ends; none of ALERT_NONE */

struct alert {
    struct problem problem; /* as it was last seen; since_ms: since it was first */
    bool is_there;          /* at the last look */
    bool is_open;           /* the program knows that it has begun, and not that it has ended */
    bool is_restored;       /* it is open since before the start, and was not seen after it */
    int64_t sent_ms;        /* of the last message about it, Unix time; 0: there was none */
    enum alert_event sending;
    uint64_t look;
    UT_hash_handle hh;
};

struct alert_times {
    int64_t interval_ms;
    int64_t repeat_ms; /* 0: never */
};

/* All zero: none. */
struct alerts {
    struct alert *by_key; /* owned, in the order in which they were first due */
    unsigned count;
    uint64_t look;
    int64_t begun_ms; /* the first look, monotonic; 0: there was none */
    int64_t due_ms;   /* the first look at which one was due, since the last run, monotonic; 0: none is */
};

void alerts_deinit(struct alerts *alerts);

/* Takes over an alert from before the start. 0, -ENOMEM or -ENOSPC. */
int alerts_restore(struct alerts *alerts, const struct problem *problem, int64_t sent_ms);

/* After each look for problems. Returns whether it is time for a run: alerts have been due for ALERTS_GATHER_MS. */
bool alerts_look(struct alerts *alerts, const struct problems *problems, const struct alert_times *times,
                 const struct moment *now);

/* Chooses the alerts of a run, and writes what the program gets: a JSON object, from malloc(). collector: the name of
 * this machine. Returns how many there are; 0: none is due any more; or -ENOMEM. */
int alerts_begin_run(struct alerts *alerts, const struct alert_times *times, const char *collector,
                     const struct moment *now, char **text, size_t *len);

/* The run has ended: the program has accepted them, or not. */
void alerts_end_run(struct alerts *alerts, bool is_accepted, const struct moment *now);

#endif
