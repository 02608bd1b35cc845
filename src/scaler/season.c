#include "scaler/season.h"

#include <math.h>

#define MINUTE_MS   60000
#define DAY_MINUTES 1440
#define UNKNOWN     (-1.0F)
#define HOUR        60U /* minutes: longer than a burst, shorter than a shift */
#define LEVEL_MAX   2.0 /* beyond that, yesterday is no example for today */

/* The place of a minute, which may be negative. */
static unsigned place(int64_t minute)
{
    int64_t rest = minute % (int64_t)SEASON_MINUTES;

    return (unsigned)(rest < 0 ? rest + SEASON_MINUTES : rest);
}

void season_init(struct season *season)
{
    *season = (struct season){0};
    for (unsigned i = 0; i < SEASON_MINUTES; i++)
        season->mean[i] = UNKNOWN;
}

/* Not fmax(), which is a call. */
static double higher(double a, double b)
{
    return a > b ? a : b;
}

bool season_mean(const struct season *season, int64_t until, unsigned minutes, double *mean)
{
    double sum = 0.0;
    unsigned at = place(until);

    if (until > season->minute || until - (int64_t)minutes < season->minute - (int64_t)SEASON_MINUTES)
        return false;
    for (unsigned n = 0; n < minutes; n++) {
        if (season->mean[at] < 0.0F)
            return false;
        sum += (double)season->mean[at];
        at = (at == 0 ? SEASON_MINUTES : at) - 1;
    }
    *mean = sum / minutes;
    return true;
}

void season_complete(struct season *season)
{
    int64_t last = season->minute - 1;
    double today, yesterday;

    season->level = 0.0;
    if (season_mean(season, last, HOUR, &today) && season_mean(season, last - DAY_MINUTES, HOUR, &yesterday))
        season->level = yesterday > 0.0 ? fmin(fmax(today / yesterday, 1.0 / LEVEL_MAX), LEVEL_MAX) : 1.0;
}

/* Ends the present minute and begins another; the minutes between them are unknown. */
static void turn(struct season *season, int64_t minute)
{
    int64_t from = season->minute + 1;

    if (season->count > 0)
        season->mean[place(season->minute)] = (float)(season->sum / season->count);
    if (minute - from >= SEASON_MINUTES)
        from = minute - SEASON_MINUTES + 1;
    for (int64_t m = from; m <= minute; m++)
        season->mean[place(m)] = UNKNOWN;
    season->minute = minute;
    season->sum = 0.0;
    season->count = 0;
    season_complete(season);
}

void season_add(struct season *season, int64_t now_ms, double demand)
{
    int64_t minute = now_ms / MINUTE_MS;

    if (minute != season->minute)
        turn(season, minute);
    season->sum += demand;
    season->count++;
}

static double at(const struct season *season, int64_t minute)
{
    return (double)season->mean[place(minute)];
}

void season_shift(struct season *season, int64_t minutes)
{
    struct season shifted = *season;

    for (unsigned i = 0; i < SEASON_MINUTES; i++)
        shifted.mean[place((int64_t)i + minutes)] = season->mean[i];
    shifted.minute += minutes;
    *season = shifted;
}

double season_highest(const struct season *season)
{
    double highest = 0.0;

    for (unsigned i = 0; i < SEASON_MINUTES; i++)
        highest = higher(highest, (double)season->mean[i]);
    return highest;
}

bool season_rise(const struct season *season, int64_t now_ms, int64_t horizon_ms, double *rise)
{
    int64_t then = now_ms / MINUTE_MS - DAY_MINUTES;
    int64_t until = (now_ms + horizon_ms) / MINUTE_MS + 1 - DAY_MINUTES;
    double before = (at(season, then) + at(season, then - 1)) / 2.0;
    double highest = 0.0;

    if (horizon_ms > SEASON_HORIZON_MS_MAX || then - 1 <= season->minute - (int64_t)SEASON_MINUTES)
        return false;
    if (at(season, then) < 0.0 || at(season, then - 1) < 0.0)
        return false;
    for (int64_t minute = then + 1; minute <= until; minute++)
        highest = higher(highest, at(season, minute));
    *rise = fmax(highest - before, 0.0);
    return true;
}

bool season_peak(const struct season *season, int64_t now_ms, int64_t horizon_ms, double *peak)
{
    int64_t then = now_ms / MINUTE_MS - DAY_MINUTES;
    int64_t until = (now_ms + horizon_ms) / MINUTE_MS + 1 - DAY_MINUTES;
    double highest = (double)UNKNOWN;

    if (horizon_ms > SEASON_HORIZON_MS_MAX || now_ms / MINUTE_MS != season->minute)
        return false;
    for (int64_t minute = then; minute <= until; minute++)
        highest = higher(highest, at(season, minute));
    if (highest < 0.0)
        return false;
    *peak = highest;
    return true;
}
