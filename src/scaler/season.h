/* Pure. Demand of the last day by the minute, for what happens at the same time each day. */
#ifndef SCALER_SEASON_H
#define SCALER_SEASON_H

#include <stdbool.h>
#include <stdint.h>

#define SEASON_MINUTES        1536U /* a day, and as far ahead as is asked for */
#define SEASON_HORIZON_MS_MAX INT64_C(5400000)

struct season {
    int64_t minute; /* of now, in minutes of the clock that gives now_ms */
    double sum;     /* of the present minute's values */
    unsigned count;
    float mean[SEASON_MINUTES]; /* by minute % SEASON_MINUTES; below 0: not known */
};

void season_init(struct season *season);
void season_add(struct season *season, int64_t now_ms, double demand);

/* Moves all of it in time. */
void season_shift(struct season *season, int64_t minutes);

/* How far demand rose within the horizon at this time yesterday, from its mean of two minutes to its highest minute; 0
 * when it fell. False: not known, or beyond SEASON_HORIZON_MS_MAX. */
bool season_rise(const struct season *season, int64_t now_ms, int64_t horizon_ms, double *rise);

#endif
