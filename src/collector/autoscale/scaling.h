/* Pure. The scalers of all groups: it runs a tick in steps, selects what is recorded and ordered for each decision,
 * and provides the state that is saved for a restart. */
#ifndef COLLECTOR_AUTOSCALE_SCALING_H
#define COLLECTOR_AUTOSCALE_SCALING_H

#include "collector/autoscale/actuation.h"
#include "collector/autoscale/conditions.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/decision_rows.h"
#include "collector/autoscale/overrides.h"
#include "collector/autoscale/scaled_group.h"
#include "collector/autoscale/signal_table.h"
#include "collector/config/config.h"
#include "collector/fleet/observe.h"
#include "collector/fleet/registry.h"
#include "common/moment.h"
#include "scaler/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All belongs to the caller. */
struct scaling_parts {
    struct registry *registry;
    const struct collector_config *config;
    struct decision_rows *rows;
    struct decision_history *history; /* recent decisions, for the HTTP API */
    int64_t begun_wall_ms;            /* the wall clock at the start of the collector: no order's id is older */
    int64_t begun_ms;                 /* the monotonic clock at the start */
};

struct scaling {
    struct scaling_parts parts;
    struct actuation actuation;
    struct scaled_group *groups;        /* GROUPS_MAX, by group index */
    struct group_observation *observed; /* GROUPS_MAX, by group index */
    struct observe_pass *pass;
    unsigned decided;      /* groups decided in this tick */
    int64_t newest_ms;     /* the newest reading of all nodes, at the last tick; INT64_MIN: there was none */
    int64_t taken_wall_ms; /* when the restored state was taken; valid if there is one */
    struct overrides overrides;
    struct conditions conditions;
    struct signal_table signals; /* the shell adds the lines that come */
};

/* queue: of the hook. seed: for jitter. 0 or -ENOMEM. */
int scaling_init(struct scaling *scaling, const struct scaling_parts *parts, struct hook_queue *queue, uint64_t seed);
void scaling_deinit(struct scaling *scaling);

/* Takes over another configuration; the actuation has its own function for that. */
void scaling_reconfigure(struct scaling *scaling, const struct collector_config *config, int64_t now_ms);

/* ---- a tick ---- */

enum scaling_progress {
    SCALING_OBSERVED, /* a part of the nodes */
    SCALING_DECIDED,  /* for one group, see struct scaling_outcome */
    SCALING_DONE      /* the tick ends */
};

/* What the log says of a group's decision. All zero but for the group: nothing. */
struct scaling_outcome {
    const char *group;
    bool is_starved;                      /* it has no scaler for want of memory, noticed for the first time */
    int order_rc;                         /* 1: ordered; negative errno: no order, since its record can't be made */
    char note[ACTUATION_TEXT_MAX];        /* of the actuation; empty: none */
    char signal_note[SIGNAL_NOTE_MAX];    /* of a signal; empty: none */
    char given_up[DECISION_SENTENCE_MAX]; /* an order is given up; empty: none is */
    bool is_logged;                       /* the record is logged */
    struct decision_record record;
    char why[DECISION_SENTENCE_MAX]; /* of the record */
    const struct condition_group *conditions;
    unsigned turned; /* a bit for each of the conditions that is logged */
};

/* Begins a tick, which is as of this time. Not while one is under way. */
void scaling_begin(struct scaling *scaling, int64_t now_ms);

/* The next step. now: the loop's time, for the hook's queue, and the time of the records. The outcome is valid after
 * SCALING_DECIDED; the caller then has rows and orders carried out (actuation.h). */
enum scaling_progress scaling_step(struct scaling *scaling, const struct moment *now, struct scaling_outcome *outcome);

/* Rows of decisions.csv have become durable: what waited for them goes on. */
void scaling_synced(struct scaling *scaling, const struct moment *now);

/* ---- groups that are not there any more ---- */

/* Whether the configuration, an order or an override holds the group, so that it stays without nodes. */
bool scaling_holds(const struct scaling *scaling, const struct group *group);

/* Another group gets its place. */
void scaling_forget(struct scaling *scaling, const struct group *group);

/* ---- over a restart ---- */

/* Adds what the files of samples do not tell of the nodes (membership.h): the part of them of that index, from 0 to
 * SCALING_NODE_STEPS - 1, before any group. */
#define SCALING_NODE_STEPS 98U
void scaling_save_nodes(const struct scaling *scaling, unsigned step, const struct state_moment *now,
                        struct state_text *text);

/* Adds the group of that index, whole and as of its last tick; false: there is none. */
bool scaling_save(const struct scaling *scaling, unsigned index, struct state_text *text);

/* Takes over a saved state. Returns for how many groups, and *age_ms is the age of the state; or a negative errno, as
 * of state_open() and scaled_group_adopt_all(), and nothing is restored. */
int scaling_restore(struct scaling *scaling, const struct state_text *text, const struct state_moment *now,
                    int64_t *age_ms);

/* The number that was last published for the group's reader, and when. If the restored state is older by the wall
 * clock, which both were written with, the desired count is at least that number. */
void scaling_recall_published(struct scaling *scaling, const char *group, unsigned nodes, int64_t wall_ms);

/* The orders of the group since that time may not have been carried out: its scaler decides again. */
void scaling_withdraw(struct scaling *scaling, const char *group, int64_t since_ms);

#endif
