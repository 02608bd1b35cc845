/* Pure. Searches settings of the scaler that suit a load better than the present ones: it tries them on the first part
 * of the load, and checks the best of them on the rest, which the search has not seen.
 *
 * What settings cost is measured in mean fleets, the unit of the setting `price`: nodes, plus the present price for
 * each share of time above the limit. Others are better than the present ones if they cost less in both halves of the
 * tuning part, and if the gain exceeds the noise: its mean over the blocks of that part is more than twice its standard
 * error. Of several, those with the largest gain less twice its error are chosen: they are the least likely to be
 * lucky.
 *
 * On the rest, they have to cost less than the present settings again, by more than the standard error of the gain. And
 * they have to be no worse than the present settings at their own cost:
 * the present settings with another price that leads to as many nodes, interpolated between the prices that were tried,
 * must not have less time above the limit. */
#ifndef OFFLINE_TUNE_H
#define OFFLINE_TUNE_H

#include "offline/sim_policy.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUNE_BLOCKS 8U /* of the tuning part; even */
#define TUNE_LOAD_MS_MIN                                                                                               \
    INT64_C(345600000)          /* 4 days: two to try settings on, of which each has a yesterday, and two              \
                                 */
#define TUNE_CANDIDATES_MAX 48U /* settings that one search tries */

struct tune_load {
    struct sim_setup setup; /* the whole load */
    size_t tuning_steps;    /* of these, from the first on: the tuning part, at least TUNE_BLOCKS */
    double limit;           /* utilisation above which there are too few nodes */
};

/* What settings have achieved in a part of the load. */
struct tune_score {
    double nodes; /* mean, ready and ordered */
    double above; /* share of time above the limit */
    double actions_per_hour;
    double cost; /* in mean fleets */
};

struct tune_candidate {
    double price;
    double high;
    int64_t stabilization_ms;
    int64_t lead_time_ms;
    struct tune_score tuning;
    struct tune_score tuning_block[TUNE_BLOCKS];
    bool is_shown; /* it is the present or the chosen one, or stands for a piece of the frontier: of the candidates for
                      which no other has as few nodes and as little time above the limit, one each that differs clearly
                    */
    bool is_checked;
    struct tune_score check; /* in the rest of the load, if checked */
    struct tune_score check_block[TUNE_BLOCKS];
};

enum tune_verdict {
    TUNE_BETTER,  /* the chosen settings are better than the present ones in both parts */
    TUNE_REFUTED, /* they are better in the tuning part only */
    TUNE_NONE     /* no settings are better in the tuning part */
};

struct tune_search {
    struct tune_load load;
    struct scaler_settings present;
    double tuning_fleet; /* mean nodes of the optimum, see score_optimum(): the mean fleet of the tuning part, */
    double check_fleet;  /* and of the rest */
    size_t count;
    struct tune_candidate candidates[TUNE_CANDIDATES_MAX]; /* the first: the present settings; the others in no order */
    size_t chosen;                                         /* of them; 0: none is better */
    double present_above; /* if some are chosen: of the present settings at their cost, on the rest */
    enum tune_verdict verdict;
};

/* Called before each simulation: how many are done, and how many there will be at most. */
typedef void tune_progress_cb(size_t done, size_t all, void *arg);

/* Runs the search, and checks the candidates that are shown. on_progress may be NULL. 0 or -ENOMEM. */
int tune_run(struct tune_search *search, const struct tune_load *load, const struct scaler_settings *present,
             tune_progress_cb *on_progress, void *arg);

/* The present settings with those of the candidate in their place. The target keeps its ratio to `high`. */
struct scaler_settings tune_settings(const struct tune_search *search, const struct tune_candidate *candidate);

#endif
