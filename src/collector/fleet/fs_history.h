/* Pure. How full the fullest file system of a node was in the last hours: the means of its fs_percent over periods of
 * ten minutes, and the highest of those before.
 *
 * The mean of a period takes 2 bytes. It averages the files that come and go, and one period in which nothing was read
 * (of a node or a collector that was down) is one mean that is absent. */
#ifndef COLLECTOR_FLEET_FS_HISTORY_H
#define COLLECTOR_FLEET_FS_HISTORY_H

#include <stdint.h>

#define FS_HISTORY_PERIOD_MS 600000
#define FS_HISTORY_PERIODS   24U /* 4 hours */

struct fs_history {
    int32_t period;                     /* the present one: its time / FS_HISTORY_PERIOD_MS */
    uint32_t sum;                       /* of its readings, in hundredths of a percent */
    uint16_t readings;                  /* in the present period */
    uint8_t level;                      /* what was last logged, see fs_outlook.h */
    uint8_t peak_periods;               /* of which peaks[0] is the peak */
    uint16_t peaks[2];                  /* the highest mean of those that are older than `means`; 0: there is none */
    uint16_t means[FS_HISTORY_PERIODS]; /* in hundredths of a percent, the newest first */
};

/* Times are in milliseconds of the collector's monotonic clock, which may be negative for the time before a start. */
void fs_history_init(struct fs_history *history, int64_t time_ms);

/* A reading, 0 to 100. One of an earlier period than the present one is ignored. */
void fs_history_add(struct fs_history *history, int64_t time_ms, double percent);

/* The same, of a node: makes its history first if it has none and there is memory for it. free() ends it. */
void fs_history_note(struct fs_history **history, int64_t time_ms, double percent);

/* The mean of a finished period, 0 to 1; at: 0 is the newest of FS_HISTORY_PERIODS. NaN: there was no reading. */
double fs_history_mean(const struct fs_history *history, unsigned at);

/* The middle of that period. */
int64_t fs_history_time_ms(const struct fs_history *history, unsigned at);

/* The highest mean of the day and a half before these periods at least, of three days at most. 0: there is none. */
double fs_history_peak(const struct fs_history *history);

#endif
