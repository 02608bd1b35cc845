/* What an operator sets for a group. */
#ifndef SCALER_SETTINGS_H
#define SCALER_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

enum resource { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_DISK, RESOURCE_COUNT };

extern const char *const resource_names[RESOURCE_COUNT]; /* cpu, memory, disk */

#define SCALER_TICKS_MAX 4096U /* that a scaler remembers: 1 h of stabilization at a tick of 1 s, and some to spare */

/* Utilisations as shares, 0 to 1: low <= target <= high. */
struct thresholds {
    double high;   /* never to be exceeded: forecasts are sized so that it isn't */
    double low;    /* no scale-in while utilisation is above it; 0: no such veto */
    double target; /* where the reactive jump lands */
};

struct scaler_settings {
    struct thresholds thresholds[RESOURCE_COUNT];
    unsigned nodes_min;
    unsigned nodes_max;
    int64_t tick_ms;          /* between two decisions */
    int64_t lead_time_ms;     /* from the order of a node to its first sample */
    int64_t stabilization_ms; /* scale-in takes the highest recommendation of this window */
};

#define SCALER_SETTINGS_DEFAULT                                                                                        \
    {                                                                                                                  \
        .thresholds = {{.high = 0.80, .low = 0.0, .target = 0.70},                                                     \
                       {.high = 0.80, .low = 0.0, .target = 0.70},                                                     \
                       {.high = 0.80, .low = 0.0, .target = 0.70}},                                                    \
        .nodes_min = 1, .nodes_max = 100, .tick_ms = 15000, .lead_time_ms = 120000, .stabilization_ms = 300000,        \
    }

/* A node ordered at this tick is there one lead time later; one ordered at the next tick, one tick after that. */
static inline int64_t scaler_horizon_ms(const struct scaler_settings *settings)
{
    return settings->lead_time_ms + settings->tick_ms;
}

/* 0, or -EINVAL with a text in error that says what is wrong and what is allowed. */
int scaler_settings_check(const struct scaler_settings *settings, char *error, size_t size);

#endif
