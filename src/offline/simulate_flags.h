/* The flags of headroom-scaler simulate. */
#ifndef OFFLINE_SIMULATE_FLAGS_H
#define OFFLINE_SIMULATE_FLAGS_H

#include "collector/config/config.h"
#include "offline/baselines.h"
#include "offline/live_policy.h"
#include "offline/peers.h"
#include "offline/trace.h"

struct simulate_policy {
    const char *name;
    struct sim_policy (*baseline)(struct baseline *baseline); /* one of these is set, or none: the clairvoyant */
    struct sim_policy (*peer)(struct peer *peer);
    struct sim_policy (*live)(struct live_policy *live);
};

#define SIMULATE_POLICIES 13U

struct simulate_flags {
    const char **traces; /* room for all of argv; owned */
    size_t trace_count;
    const struct simulate_policy *policies[SIMULATE_POLICIES];
    size_t policy_count;
    struct replay replay; /* speed and noise: NAN if not given */
    int64_t delay_ms;
    int64_t from_ms;  /* where in the trace to begin */
    int64_t first_ms; /* how much of the trace to play from there; 0: all of it */
    int64_t signal_age_ms;
    bool has_signal; /* --signal-age was given */
    bool json;
    bool skip_bad;
    const char *steps_path;
    const char *svg_path;
    struct scaler_settings settings;
    struct hpa_settings hpa;
    bool given[COLLECTOR_SETTING_COUNT]; /* the settings that were given as flags */
    char *error;                         /* the caller's */
    size_t error_size;
};

/* A bound instead of a policy: see clairvoyant.h. */
bool simulate_flags_is_clairvoyant(const struct simulate_policy *policy);

/* Returns 0, and the caller calls simulate_flags_deinit(); or a negative errno with the reason in error. */
int simulate_flags_read(struct simulate_flags *flags, int argc, char **argv, char *error, size_t error_size);
void simulate_flags_deinit(struct simulate_flags *flags);

#endif
