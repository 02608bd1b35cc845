/* Pure. What an operator sets for a group. */
#ifndef SCALER_SETTINGS_H
#define SCALER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum resource { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_DISK, RESOURCE_COUNT };

extern const char *const resource_names[RESOURCE_COUNT]; /* cpu, memory, disk */

#define SCALER_TICKS_MAX 4096U /* that a scaler remembers: 1 h of stabilization at a tick of 1 s, and some to spare */

#define SCALE_INS_MAX 64U /* within an hour */

/* Utilisations as shares, 0 to 1: low <= target <= high. */
struct thresholds {
    double high;   /* never to be exceeded: forecasts are sized so that it isn't */
    double low;    /* no scale-in while utilisation is above it; 0: no such veto */
    double target; /* where the reactive jump lands */
};

enum scale_mode {
    MODE_OFF,      /* the group is watched, nothing is decided */
    MODE_OBSERVE,  /* decides and records, orders nothing */
    MODE_OUT_ONLY, /* orders more nodes, never fewer */
    MODE_FULL
};

extern const char *const mode_names[]; /* off, observe, out-only, full */

struct scaler_settings {
    enum scale_mode mode;
    struct thresholds thresholds[RESOURCE_COUNT];
    bool forecast[RESOURCE_COUNT]; /* whether the forecast of a resource votes */
    double price;                  /* hours of the mean fleet that an hour above `high` is worth */
    unsigned nodes_min;
    unsigned nodes_max;
    int64_t tick_ms;          /* between two decisions */
    int64_t lead_time_ms;     /* from the order of a node to its first sample, until enough of them are seen */
    int64_t warm_up_ms;       /* so long after it joined, a node's readings are not believed */
    int64_t stabilization_ms; /* scale-in takes the highest recommendation of this window, or of 0.4 of it */
    unsigned scale_ins_max;   /* ordered within an hour */
    bool stop_futile;         /* no more nodes while more of them have not helped */
};

#define SCALER_SETTINGS_DEFAULT                                                                                        \
    {                                                                                                                  \
        .mode = MODE_FULL,                                                                                             \
        .thresholds = {{.high = 0.80, .low = 0.0, .target = 0.70},                                                     \
                       {.high = 0.80, .low = 0.0, .target = 0.70},                                                     \
                       {.high = 0.80, .low = 0.0, .target = 0.70}},                                                    \
        .forecast = {[RESOURCE_CPU] = true}, .price = 12.0, .nodes_min = 1, .nodes_max = 100, .tick_ms = 15000,        \
        .lead_time_ms = 120000, .warm_up_ms = 30000, .stabilization_ms = 300000, .scale_ins_max = 30,                  \
    }

/* 0, or -EINVAL with a text in error that says what is wrong and what is allowed. */
int scaler_settings_check(const struct scaler_settings *settings, char *error, size_t size);

#endif
