/* Pure. The result of a hook's run, and the sentence that describes it. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_RESULT_H
#define COLLECTOR_AUTOSCALE_HOOK_RESULT_H

#include <stddef.h>
#include <stdint.h>

enum hook_verdict {
    HOOK_ACCEPTED,    /* exit status 0: the order counts as given */
    HOOK_REFUSED,     /* another exit status */
    HOOK_DIED,        /* killed by a signal that the collector did not send */
    HOOK_TIMED_OUT,   /* ended by the collector at its time limit */
    HOOK_STOPPED,     /* ended by the collector because it stops */
    HOOK_NOT_STARTED, /* the program could not be run */
    HOOK_VERDICT_COUNT
};

extern const char *const hook_verdict_names[HOOK_VERDICT_COUNT]; /* accepted, refused, died, timed-out, ... */

struct hook_result {
    enum hook_verdict verdict;
    unsigned current; /* of the order */
    unsigned desired;
    int exit_status;      /* HOOK_REFUSED */
    int signum;           /* HOOK_DIED */
    int error;            /* HOOK_NOT_STARTED: a negative errno */
    uint64_t duration_ms; /* of the run */
    uint32_t retry_ms;    /* until the group's newest order is tried; 0: no retry, or it was accepted */
    unsigned failures;    /* in a row, this one included */
};

/* Writes one line without newline, for example
 *     hook for web, 4 -> 6 nodes: exit status 3 after 1.2 s; retried in 4.1 s
 * Always 0-terminated, cut at size. */
void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size);

#endif
