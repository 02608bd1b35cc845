/* Pure. Our own scaler as a policy of a simulation: scaler_step(), shown what a collector would be shown. */
#ifndef OFFLINE_LIVE_POLICY_H
#define OFFLINE_LIVE_POLICY_H

#include "offline/calibration.h"
#include "offline/sim_policy.h"
#include "scaler/settings.h"

struct live_policy {
    struct scaler *scaler;
    struct scaler_settings settings;
    struct calibration calibration; /* of the forecasts that decided */
    char reason[64];                /* of the last move */
};

/* 0 or -ENOMEM; live_policy_deinit() frees what it holds. The tick of the settings is that of the simulation. */
int live_policy_init(struct live_policy *live, const struct scaler_settings *settings);
void live_policy_deinit(struct live_policy *live);

/* headroom: the scaler as it is. reactive: its thresholds alone, without a forecast. */
struct sim_policy live_policy_headroom(struct live_policy *live);
struct sim_policy live_policy_reactive(struct live_policy *live);

#endif
