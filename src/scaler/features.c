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

/* Visits the newest values that follow each other without a gap, the newest first; the oldest one stands for those that
 * lack. */
struct walk {
    const struct history *points;
    int64_t longest_ms; /* between two of them */
    unsigned age;
    int64_t least_ms;
    double value;
};

static double walk_on(struct walk *walk)
{
    if (walk->age == walk->points->count)
        return walk->value;
    const struct history_point *point = history_at(walk->points, walk->age);
    if (point->time_ms < walk->least_ms) {
        walk->age = walk->points->count;
        return walk->value;
    }
    walk->age++;
    walk->least_ms = point->time_ms - walk->longest_ms;
    walk->value = point->value;
    return walk->value;
}

/* It sums while it walks: each of both takes as long alone, and they are a good part of a tick. */
static float *put_recent(const struct history *points, int64_t step_ms, float *out)
{
    struct walk walk = {.points = points, .longest_ms = 2 * step_ms, .least_ms = INT64_MIN};
    double values[LONGEST];
    double now = history_at(points, 0)->value;
    double sum = 0.0;
    double highest = 0.0;
    unsigned age = 0;

    for (unsigned i = 0; i < MEANS; i++) {
        for (; age < means[i]; age++)
            sum += values[age] = walk_on(&walk);
        out[LAGS + i] = (float)(sum / means[i] - now);
    }
    for (unsigned i = 0; i < LAGS; i++)
        out[i] = (float)(values[lags[i]] - now);
    age = 0;
    for (unsigned i = 0; i < PEAKS; i++) {
        for (; age < peaks[i]; age++)
            highest = values[age] > highest ? values[age] : highest;
        out[LAGS + MEANS + i] = (float)(highest - now);
    }
    return out + LAGS + MEANS + PEAKS;
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
