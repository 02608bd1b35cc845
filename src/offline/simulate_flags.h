/* The flags of headroom-scaler simulate. */
#ifndef OFFLINE_SIMULATE_FLAGS_H
#define OFFLINE_SIMULATE_FLAGS_H

#include "offline/baselines.h"
#include "offline/live_policy.h"
#include "offline/load_flags.h"
#include "offline/peers.h"

struct simulate_policy {
    const char *name;
    struct sim_policy (*baseline)(struct baseline *baseline); /* one of these is set, or none: the clairvoyant */
    struct sim_policy (*peer)(struct peer *peer);
    struct sim_policy (*live)(struct live_policy *live);
};

#define SIMULATE_POLICIES 13U

struct simulate_flags {
    struct load_flags load;
    const struct simulate_policy *policies[SIMULATE_POLICIES];
    size_t policy_count;
    int64_t age_ms;
    int64_t signal_age_ms;
    bool has_signal; /* --signal-age was given */
    const char *steps_path;
    struct hpa_settings hpa;
};

/* A bound instead of a policy: see clairvoyant.h. */
bool simulate_flags_is_clairvoyant(const struct simulate_policy *policy);

/* Returns 0, and the caller calls load_flags_deinit(); or a negative errno with the reason in error. */
int simulate_flags_read(struct simulate_flags *flags, int argc, char **argv, char *error, size_t error_size);

#endif
