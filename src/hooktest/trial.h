/* A test of one hook: gives it orders, and compares what it does with what its contract says.
 *
 * Happy path: trial_order() gives an order, asks for the count until that shows the change or settle_ms are over, and
 * reports the check.
 * Failures: a count that fails is asked for again until then. A group that has more nodes than the test may add, and a
 * signal to this program, end the test: trial_goes_on() is false then. */
#ifndef HOOKTEST_TRIAL_H
#define HOOKTEST_TRIAL_H

#include "hooktest/caller.h"
#include "hooktest/change.h"
#include "hooktest/node_list.h"
#include "hooktest/report.h"
#include "hooktest/trial_options.h"

#include <stdbool.h>
#include <stdint.h>

#define TRIAL_WHY_MAX     512U
#define TRIAL_CREATED_MAX 128U /* nodes of the test that an order names */

struct trial {
    const struct trial_options *options;
    struct caller *caller;
    struct report *report;
    struct node_list initial; /* nodes that were there before */
    struct node_list now;     /* by the last count */
    uint64_t epoch;           /* of the orders' ids */
    uint64_t number;          /* of the last one */
    uint64_t duration_ms;     /* of the last run of an order; */
    uint64_t out_ms;          /* of one that has added several nodes */
    bool is_over;
    bool is_incomplete;      /* the hook's orders could not be tested */
    char why[TRIAL_WHY_MAX]; /* of what has failed last */
};

struct trial_order {
    const char *check; /* what is checked, for the report */
    enum hook_verb verb;
    unsigned to;
    const char *const *nodes;
    unsigned node_count;
    enum hook_verdict verdict; /* that is right */
    struct change change;      /* that is right */
    bool is_later;             /* its record has a member of a later version */
    bool is_old;               /* its id is lower than the last one's */
    bool is_unwatched;         /* what it changes shows with the next order */
    bool is_watched_on;        /* what it has changed must last */
};

/* options, caller and report belong to the caller. */
void trial_init(struct trial *trial, const struct trial_options *options, struct caller *caller, struct report *report,
                uint64_t epoch);
void trial_deinit(struct trial *trial);

/* Asks for the count, and writes it to list. Returns the verdict; unless it is HOOK_ACCEPTED, trial->why is set and the
 * list is not. An answer that is not right is HOOK_REFUSED. */
enum hook_verdict trial_count(struct trial *trial, struct node_list *list);

/* Returns whether all was right. The nodes may belong to trial->now, which is another one after this. */
bool trial_order(struct trial *trial, const struct trial_order *order);

/* Gives the order, and kills the run after that time. Nothing is checked. */
void trial_order_and_kill(struct trial *trial, const struct trial_order *order, uint64_t after_ms);

bool trial_goes_on(const struct trial *trial);

/* Numbers of nodes: those before the test, those by the last count, and as many as there may be. */
unsigned trial_initial(const struct trial *trial);
unsigned trial_nodes(const struct trial *trial);
unsigned trial_largest(const struct trial *trial);

/* Nodes that the test has added and are still there. They belong to trial->now. */
unsigned trial_created(const struct trial *trial, const char *names[TRIAL_CREATED_MAX]);

/* Whether there are as many of them as a check needs; if not, that is reported. */
bool trial_has_created(struct trial *trial, const char *check, const char *names[TRIAL_CREATED_MAX], unsigned needed);

/* Reports that a check, and those behind it, can't be made. */
void trial_give_up(struct trial *trial, const char *check, const char *why);

#endif
