/* Pure. How the program of on-alert does: what became of its runs, and why it fails. */
#ifndef COLLECTOR_PROBLEMS_ALERT_HEALTH_H
#define COLLECTOR_PROBLEMS_ALERT_HEALTH_H

#include <stdint.h>

#define ALERT_WHY_MAX 160U

enum alert_outcome { ALERT_ACCEPTED, ALERT_FAILED, ALERT_TIMED_OUT, ALERT_OUTCOMES };

extern const char *const alert_outcome_names[ALERT_OUTCOMES]; /* accepted, failed, timed_out */

/* All zero: it has not run. */
struct alert_health {
    uint64_t runs[ALERT_OUTCOMES];
    uint64_t sent;           /* alerts that it has accepted */
    unsigned failures;       /* in a row */
    int64_t failing_ms;      /* since when they do, Unix time */
    char why[ALERT_WHY_MAX]; /* the last one: exit status 1 after 0.2 s */
};

#endif
