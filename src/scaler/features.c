#include "scaler/features.h"

#include <assert.h>
#include <math.h>

#define MINUTE_MS     60000
#define DAY_MS        86400000
#define SHORT_MINUTES 2U
#define LONG_MINUTES  10U

static const unsigned lags[] = {1, 3, 7, 19};
static const unsigned means[] = {4, 8, 20, 80, 240};
static const unsigned peaks[] = {8, 20};

enum {
    LAGS = sizeof lags / sizeof *lags,
    MEANS = sizeof means / sizeof *means,
    PEAKS = sizeof peaks / sizeof *peaks,
    OF_YESTERDAY = 4,
    LONGEST = 240, /* the longest mean */
};

static_assert(1 + LAGS + MEANS + PEAKS + OF_YESTERDAY == RIDGE_FEATURES, "the features are counted");

/* The newest values that follow each other without a gap, the newest first; the oldest one stands for those that lack.
 * It walks the ring by hand: history_at() for each of 240 ages would take half of the CPU time of a tick. */
static void read_recent(const struct history *points, int64_t step_ms, double values[LONGEST])
{
    unsigned most = points->count < LONGEST ? points->count : LONGEST;
    unsigned at = points->next;
    int64_t least_ms = history_at(points, 0)->time_ms;
    double oldest = history_at(points, 0)->value;
    unsigned n = 0;

    for (; n < most; n++) {
        at = (at == 0 ? points->capacity : at) - 1;
        if (points->points[at].time_ms < least_ms)
            break;
        values[n] = oldest = points->points[at].value;
        least_ms = points->points[at].time_ms - 2 * step_ms;
    }
    for (; n < LONGEST; n++)
        values[n] = oldest;
}

static float *put_recent(const struct history *points, int64_t step_ms, float *out)
{
    double values[LONGEST];
    double sum = 0.0;
    double highest = 0.0;
    unsigned age = 0;

    read_recent(points, step_ms, values);
    for (unsigned i = 0; i < LAGS; i++)
        *out++ = (float)(values[lags[i]] - values[0]);
    for (unsigned i = 0; i < MEANS; i++) {
        for (; age < means[i]; age++)
            sum += values[age];
        *out++ = (float)(sum / means[i] - values[0]);
    }
    age = 0;
    for (unsigned i = 0; i < PEAKS; i++) {
        for (; age < peaks[i]; age++)
            highest = fmax(highest, values[age]);
        *out++ = (float)(highest - values[0]);
    }
    return out;
}

static void put_yesterday(const struct season *season, int64_t now_ms, int64_t horizon_ms, double now, float *out)
{
    int64_t then = (now_ms - DAY_MS) / MINUTE_MS;
    int64_t until = (now_ms - DAY_MS + horizon_ms) / MINUTE_MS;
    double before, after, long_before, long_after, rise;
    bool is_known =
        horizon_ms <= SEASON_HORIZON_MS_MAX && season_mean(season, then, SHORT_MINUTES, &before) &&
        season_mean(season, until, SHORT_MINUTES, &after) && season_mean(season, then, LONG_MINUTES, &long_before) &&
        season_mean(season, until, LONG_MINUTES, &long_after) && season_rise(season, now_ms, horizon_ms, &rise);

    out[0] = is_known ? (float)(after - before) : 0.0F;
    out[1] = is_known ? (float)(long_after - long_before) : 0.0F;
    out[2] = is_known ? (float)rise : 0.0F;
    out[3] = is_known ? (float)(before - now) : 0.0F;
}

void features_of(const struct history *points, const struct season *season, int64_t now_ms, int64_t step_ms,
                 int64_t horizon_ms, float features[RIDGE_FEATURES])
{
    double now = history_at(points, 0)->value;

    features[0] = (float)now;
    put_yesterday(season, now_ms, horizon_ms, now, put_recent(points, step_ms, features + 1));
}
