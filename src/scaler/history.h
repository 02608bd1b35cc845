/* Pure. Values and the times they were recorded at: a ring that keeps the newest. */
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
    unsigned next; /* where the next point goes */
    int64_t
        since_ms; /* nothing recorded from here on is missing; HISTORY_NEVER: recording begins with the next point */
};

#define HISTORY_NEVER INT64_MAX

/* points: the caller's, capacity of them, at least 1; they must outlive the history. */
void history_init(struct history *history, struct history_point *points, unsigned capacity);

/* time_ms must not be below that of the point before. The oldest point makes room. */
void history_push(struct history *history, int64_t time_ms, double value);

/* Forgets the points from before that time. */
void history_forget(struct history *history, int64_t before_ms);

/* Points may be missing between the last one and the next: recording begins anew with that one. */
void history_interrupt(struct history *history);

/* The point of that age: 0 is the newest, count - 1 the oldest. */
const struct history_point *history_at(const struct history *history, unsigned age);

/* How many points are not older than window_ms: those of age 0 to the result - 1. */
unsigned history_window(const struct history *history, int64_t now_ms, int64_t window_ms);

/* Recording began before the window did, and no point of the window has been forgotten. */
bool history_covers(const struct history *history, int64_t now_ms, int64_t window_ms);

#endif
