/* Pure. What a scaler remembers from one tick to the next. Private to scaler.c, which uses it, state.c, which saves
 * it, signal_places.c, which moves it, and inherit.c, which hands it on. */
#ifndef SCALER_SCALER_MEMORY_H
#define SCALER_SCALER_MEMORY_H

#include "scaler/group_signals.h"
#include "scaler/helping.h"
#include "scaler/history.h"
#include "scaler/orders.h"
#include "scaler/overload.h"
#include "scaler/predictor.h"
#include "scaler/regrouped.h"
#include "scaler/settings.h"
#include "scaler/trend.h"
#include "scaler/undone.h"
#include "scaler/unmet.h"
#include "scaler/unordered.h"

#include <stdbool.h>
#include <stdint.h>

#define INTENTIONS_MAX 32U

/* What was desired before an order. */
struct intention {
    int64_t time_ms; /* of the order */
    unsigned before;
};

struct scaler {
    bool decided;      /* from data, at least once */
    unsigned desired;  /* the last decision's */
    uint64_t epoch;    /* of the orders' ids */
    uint64_t ordered;  /* the number of the last order in this epoch */
    int64_t ticked_ms; /* the last tick, with data or without */
    int64_t tick_ms;   /* the settings' interval at that tick; 0: no tick yet */
    int64_t lead_ms;   /* lead time in use */
    struct orders orders;
    int64_t stated_ms; /* the last order to scale out; 0: none, or it was withdrawn */
    struct unordered unordered;
    struct regrouped regrouped;
    unsigned intention_count;
    struct intention intentions[INTENTIONS_MAX]; /* of the newest orders, oldest first */
    struct overload overload;
    struct helping helping;
    struct undone undone;
    struct unmet unmet;
    struct group_signals signals;
    char signal_names[SIGNALS_OF_GROUP_MAX][SIGNAL_NAME_LEN_MAX + 1]; /* to which the memory of each place belongs */
    unsigned scale_in_next;
    int64_t scale_in_ms[SCALE_INS_MAX]; /* times of scale-in orders, a ring; 0: unused */
    struct history demand[RESOURCE_COUNT];
    struct trend trend[RESOURCE_COUNT]; /* of demand, over the last 120 s */
    struct history recommendations;
    struct predictor predictor[RESOURCE_COUNT]; /* used if the resource's forecast votes */
    struct history_point demand_points[RESOURCE_COUNT][TREND_POINTS_MAX];
    struct history_point recommendation_points[SCALER_TICKS_MAX];
};

/* Resets it to the state of scaler_new(). */
void scaler_clear(struct scaler *scaler);

#endif
