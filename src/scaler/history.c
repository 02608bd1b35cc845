#include "scaler/history.h"

void history_init(struct history *history, struct history_point *points, unsigned capacity)
{
    *history = (struct history){.points = points, .capacity = capacity, .since_ms = HISTORY_NEVER};
}

static void raise_since(struct history *history, int64_t since_ms)
{
    if (history->since_ms < since_ms)
        history->since_ms = since_ms;
}

void history_push(struct history *history, int64_t time_ms, double value)
{
    struct history_point *slot = &history->points[history->next];

    if (history->count == history->capacity)
        raise_since(history, slot->time_ms + 1);
    else
        history->count++;
    if (history->since_ms == HISTORY_NEVER)
        history->since_ms = time_ms;

    *slot = (struct history_point){.time_ms = time_ms, .value = value};
    history->next = (history->next + 1) % history->capacity;
}

void history_forget(struct history *history, int64_t before_ms)
{
    while (history->count > 0 && history_at(history, history->count - 1)->time_ms < before_ms)
        history->count--;
    raise_since(history, before_ms);
}

void history_interrupt(struct history *history)
{
    history->since_ms = HISTORY_NEVER;
}

unsigned history_window(const struct history *history, int64_t now_ms, int64_t window_ms)
{
    unsigned n = 0;

    while (n < history->count && history_at(history, n)->time_ms >= now_ms - window_ms)
        n++;
    return n;
}

bool history_covers(const struct history *history, int64_t now_ms, int64_t window_ms)
{
    return history->count > 0 && history->since_ms <= now_ms - window_ms;
}
