/* What a scaler remembers from one tick to the next. For group.c, which uses it, and state.c, which saves it. */
#ifndef SCALER_MEMORY_H
#define SCALER_MEMORY_H

#include "scaler/forecast.h"
#include "scaler/history.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct scaler {
    bool decided;      /* from data, at least once */
    unsigned desired;  /* the last decision's */
    int64_t ticked_ms; /* the last tick, silent or not */
    int64_t tick_ms;   /* and the settings' interval then; 0: there was none yet */
    struct history demand[RESOURCE_COUNT];
    struct history recommendations;
    struct history_point demand_points[RESOURCE_COUNT][FORECAST_POINTS_MAX];
    struct history_point recommendation_points[SCALER_TICKS_MAX];
};

#endif
