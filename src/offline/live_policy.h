/* Pure. Runs our own scaler as a policy of a simulation: scaler_step() on the observations that a collector would
 * make. */
#ifndef OFFLINE_LIVE_POLICY_H
#define OFFLINE_LIVE_POLICY_H

#include "offline/calibration.h"
#include "offline/sim_policy.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define LIVE_POLICY_AGE_MS INT64_C(600000) /* of a signal, at most */
#define LIVE_POLICY_STEPS  41U             /* which that takes, and the present one */

struct live_policy {
    struct scaler *scaler;
    struct scaler_settings settings;
    struct calibration calibration; /* of the forecasts */
    bool sees_app;                  /* the application's number, beside cpu */
    bool sees_signal;               /* a signal with the whole demand, */
    int64_t signal_age_ms;          /* which is that old */
    int64_t age_ms;                 /* of what it sees of the nodes, at most a step; 0: it sees what is now */
    double utilisation_before;      /* of the step before */
    double past[LIVE_POLICY_STEPS]; /* the whole demand at the last steps, a ring */
    char reason[64];                /* of the last move */
};

/* 0 or -ENOMEM. live_policy_deinit() frees its memory. The tick is that of the simulation, not of the settings.
 * signal_age_ms: at most LIVE_POLICY_AGE_MS. */
int live_policy_init(struct live_policy *live, const struct scaler_settings *settings, int64_t signal_age_ms);
void live_policy_deinit(struct live_policy *live);

/* headroom: the complete scaler. app: the same, which also sees the application's number. signal: the same with a
 * signal of kind load, which has the thresholds of cpu. reactive: only its thresholds, without a forecast. */
struct sim_policy live_policy_headroom(struct live_policy *live);
struct sim_policy live_policy_app(struct live_policy *live);
struct sim_policy live_policy_signal(struct live_policy *live);
struct sim_policy live_policy_reactive(struct live_policy *live);

#endif
