/* Pure. Demand of the last day by the minute, used to predict what happens at the same time of day. */
#ifndef SCALER_SEASON_H
#define SCALER_SEASON_H

#include <stdbool.h>
#include <stdint.h>

#define SEASON_MINUTES        1536U /* a day, plus the longest horizon */
#define SEASON_HORIZON_MS_MAX INT64_C(5400000)

struct season {
    int64_t minute; /* the present one, on the clock of now_ms */
    double sum;     /* of the present minute's values */
    unsigned count;
    /* How many times higher demand is than yesterday, by the mean of the last hour: 0.5 to 2. 0: a minute of these
     * hours is unknown. It follows from the rest, once a minute. */
    double level;
    float mean[SEASON_MINUTES]; /* by minute % SEASON_MINUTES; below 0: unknown */
};

void season_init(struct season *season);
void season_add(struct season *season, int64_t now_ms, double demand);

/* Moves all minutes. */
void season_shift(struct season *season, int64_t minutes);

/* The mean demand of that many minutes, up to and with `until`, all of them in the past. False: one is unknown. */
bool season_mean(const struct season *season, int64_t until, unsigned minutes, double *mean);

/* The highest minute that is known; 0: none. */
double season_highest(const struct season *season);

/* How much demand rose within the horizon at this time yesterday, from the mean of two minutes to the highest minute; 0
 * if it fell. False: unknown, or the horizon is beyond SEASON_HORIZON_MS_MAX. */
bool season_rise(const struct season *season, int64_t now_ms, int64_t horizon_ms, double *rise);

/* Yesterday's highest minute from this time of day until the horizon. False: none is known, the horizon is beyond
 * SEASON_HORIZON_MS_MAX, or now_ms is not in the present minute. */
bool season_peak(const struct season *season, int64_t now_ms, int64_t horizon_ms, double *peak);

/* Sets the level, after the caller has filled the rest. */
void season_complete(struct season *season);

#endif
