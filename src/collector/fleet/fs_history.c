#include "collector/fleet/fs_history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT       UINT16_MAX
#define PEAK_PERIODS 216U /* 36 h */
#define FORGET       (FS_HISTORY_PERIODS + 2U * PEAK_PERIODS)

static_assert(PEAK_PERIODS <= UINT8_MAX, "fits in peak_periods");

static int32_t period_of(int64_t time_ms)
{
    int64_t period = time_ms / FS_HISTORY_PERIOD_MS;

    return (int32_t)(time_ms % FS_HISTORY_PERIOD_MS < 0 ? period - 1 : period);
}

void fs_history_init(struct fs_history *history, int64_t time_ms)
{
    *history = (struct fs_history){.period = period_of(time_ms)};
    memset(history->means, 0xFF, sizeof history->means); /* ABSENT */
}

static void note_peak(struct fs_history *history, uint16_t mean)
{
    if (mean != ABSENT && mean > history->peaks[0])
        history->peaks[0] = mean;
    if (++history->peak_periods < PEAK_PERIODS)
        return;
    history->peaks[1] = history->peaks[0];
    history->peaks[0] = 0;
    history->peak_periods = 0;
}

static void finish_period(struct fs_history *history)
{
    note_peak(history, history->means[FS_HISTORY_PERIODS - 1]);
    memmove(&history->means[1], &history->means[0], sizeof history->means - sizeof history->means[0]);
    history->means[0] = history->readings > 0 ? (uint16_t)(history->sum / history->readings) : ABSENT;
    history->sum = 0;
    history->readings = 0;
    history->period++;
}

void fs_history_add(struct fs_history *history, int64_t time_ms, double percent)
{
    int32_t period = period_of(time_ms);

    if (period < history->period)
        return;
    if ((int64_t)period - history->period > FORGET)
        fs_history_init(history, time_ms);
    while (history->period < period)
        finish_period(history);
    if (history->readings == UINT16_MAX)
        return;
    history->sum += (uint32_t)(percent * 100.0 + 0.5);
    history->readings++;
}

void fs_history_note(struct fs_history **history, int64_t time_ms, double percent)
{
    if (*history == NULL) {
        *history = malloc(sizeof **history);
        if (*history == NULL)
            return;
        fs_history_init(*history, time_ms);
    }
    fs_history_add(*history, time_ms, percent);
}

double fs_history_mean(const struct fs_history *history, unsigned at)
{
    uint16_t mean = history->means[at];

    return mean == ABSENT ? NAN : mean / 10000.0;
}

int64_t fs_history_time_ms(const struct fs_history *history, unsigned at)
{
    return ((int64_t)history->period - at) * FS_HISTORY_PERIOD_MS - FS_HISTORY_PERIOD_MS / 2;
}

double fs_history_peak(const struct fs_history *history)
{
    uint16_t peak = history->peaks[0] > history->peaks[1] ? history->peaks[0] : history->peaks[1];

    return peak / 10000.0;
}
