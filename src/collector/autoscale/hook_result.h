/* Pure. The result of a hook's run, and the sentence that describes it. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_RESULT_H
#define COLLECTOR_AUTOSCALE_HOOK_RESULT_H

#include "collector/autoscale/hook_call.h"

#include <stddef.h>
#include <stdint.h>

enum hook_verdict {
    HOOK_ACCEPTED,    /* exit status 0: the order counts as given, or the question as answered */
    HOOK_TOO_FEW,     /* exit status 65 of scale-in: too few nodes are there, and nothing was done */
    HOOK_CANT_SAY,    /* exit status 64 of count: the number of nodes is not known */
    HOOK_REFUSED,     /* another exit status */
    HOOK_DIED,        /* killed by a signal that the collector did not send */
    HOOK_TIMED_OUT,   /* ended by the collector at its time limit */
    HOOK_STOPPED,     /* ended by the collector because it stops */
    HOOK_NOT_STARTED, /* the program could not be run */
};

struct hook_result {
    enum hook_verdict verdict;
    enum hook_verb verb; /* of the call */
    unsigned to;
    unsigned node_count;
    int exit_status;      /* HOOK_REFUSED */
    int signum;           /* HOOK_DIED */
    int error;            /* HOOK_NOT_STARTED: a negative errno */
    uint64_t duration_ms; /* of the run */
    uint32_t wait_ms;     /* until the group's next order may begin; 0: at once */
    unsigned failures;    /* in a row, this one included */
};

/* What a program that has ended by itself says with its exit status. */
enum hook_verdict hook_result_of_exit(enum hook_verb verb, int64_t exit_status);

/* Writes what became of the run, for example `exit status 3 after 1.2 s`. Always 0-terminated, cut at size. */
void hook_result_outcome(const struct hook_result *result, char *text, size_t size);

/* Writes one line without newline, for example
 *     hook for web, scale-out to 6: exit status 3 after 1.2 s; the next try is in 4.1 s
 *     hook for web, scale-in of 2 nodes to 4: accepted after 0.3 s
 * Always 0-terminated, cut at size. */
void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size);

#endif
