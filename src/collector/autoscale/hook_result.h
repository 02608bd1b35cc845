/* Pure. How the run of a hook ended, and the sentence that says so. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_RESULT_H
#define COLLECTOR_AUTOSCALE_HOOK_RESULT_H

#include <stddef.h>
#include <stdint.h>

enum hook_verdict {
    HOOK_ACCEPTED,    /* exit status 0: the order counts as given */
    HOOK_REFUSED,     /* another exit status */
    HOOK_DIED,        /* of a signal that was not ours */
    HOOK_TIMED_OUT,   /* ended by us at its time limit */
    HOOK_STOPPED,     /* ended by us because the collector stops */
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
    uint32_t retry_ms; /* after so long the group's newest order is tried; 0: it is not tried again, or was accepted */
    unsigned failures; /* in a row, this one included */
};

/* Writes one line without newline, for example
 *     hook for web, 4 -> 6 nodes: exit status 3 after 1.2 s; tried again in 4.1 s
 * Always 0-terminated, cut at size. */
void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size);

#endif
