/* Pure. A ring of the newest values of a series, with their times. */
#ifndef SCALER_HISTORY_H
#define SCALER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct history_point {
    int64_t time_ms;
    double value;
};

struct history {
    struct history_point *points;
    unsigned capacity;
    unsigned count;
    unsigned next; /* place of the next point */
    /* Every point recorded at or after this time is present. HISTORY_NEVER: recording begins with the next point. */
    int64_t since_ms;
};

#define HISTORY_NEVER INT64_MAX

/* points: `capacity` of them (at least 1), owned by the caller; they must outlive the history. */
void history_init(struct history *history, struct history_point *points, unsigned capacity);

/* time_ms must not be before that of the previous point. Replaces the oldest point when the ring is full. */
void history_push(struct history *history, int64_t time_ms, double value);

/* Drops the points before that time. */
void history_forget(struct history *history, int64_t before_ms);

/* Points may be missing before the next one: recording begins again with it. */
void history_interrupt(struct history *history);

/* The point of that age: 0 is the newest, count - 1 the oldest. */
static inline const struct history_point *history_at(const struct history *history, unsigned age)
{
    unsigned place = history->next + history->capacity - 1 - age;

    return &history->points[place < history->capacity ? place : place - history->capacity];
}

/* The number of points not older than window_ms: ages 0 to the result - 1. */
unsigned history_window(const struct history *history, int64_t now_ms, int64_t window_ms);

/* Whether the history covers the whole window: recording began before it, and none of its points was dropped. */
bool history_covers(const struct history *history, int64_t now_ms, int64_t window_ms);

#endif
