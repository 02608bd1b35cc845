/* Pure. Runs our own scaler as a policy of a simulation: scaler_step() on the observations that a collector would
 * make. */
#ifndef OFFLINE_LIVE_POLICY_H
#define OFFLINE_LIVE_POLICY_H

#include "offline/calibration.h"
#include "offline/sim_policy.h"
#include "scaler/settings.h"

#include <stdbool.h>

struct live_policy {
    struct scaler *scaler;
    struct scaler_settings settings;
    struct calibration calibration; /* of the forecasts */
    bool sees_app;                  /* the application's number, beside cpu */
    char reason[64];                /* of the last move */
};

/* 0 or -ENOMEM. live_policy_deinit() frees its memory. The tick is that of the simulation, not of the settings. */
int live_policy_init(struct live_policy *live, const struct scaler_settings *settings);
void live_policy_deinit(struct live_policy *live);

/* headroom: the complete scaler. app: the same, which also sees the application's number. reactive: only its
 * thresholds, without a forecast. */
struct sim_policy live_policy_headroom(struct live_policy *live);
struct sim_policy live_policy_app(struct live_policy *live);
struct sim_policy live_policy_reactive(struct live_policy *live);

#endif
