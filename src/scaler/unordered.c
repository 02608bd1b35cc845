#include "scaler/unordered.h"

#include <string.h>

#define SLICES 16 /* of a window */

static void drop_first(struct unordered *unordered)
{
    unordered->count--;
    memmove(unordered->slice, unordered->slice + 1, unordered->count * sizeof *unordered->slice);
}

void unordered_note(struct unordered *unordered, int64_t now_ms, int64_t window_ms, unsigned nodes)
{
    struct unordered_slice *last = unordered->count > 0 ? &unordered->slice[unordered->count - 1] : NULL;

    if (nodes == 0)
        return;
    if (last != NULL && now_ms - last->time_ms < window_ms / SLICES) {
        last->nodes += nodes;
        return;
    }
    if (unordered->count == UNORDERED_MAX) {
        unordered->slice[1].nodes += unordered->slice[0].nodes;
        drop_first(unordered);
    }
    unordered->slice[unordered->count++] = (struct unordered_slice){.time_ms = now_ms, .nodes = nodes};
}

unsigned unordered_nodes(struct unordered *unordered, int64_t now_ms, int64_t window_ms)
{
    unsigned nodes = 0;

    while (unordered->count > 0 && now_ms - unordered->slice[0].time_ms >= window_ms + window_ms / SLICES)
        drop_first(unordered);
    for (unsigned i = 0; i < unordered->count; i++)
        nodes += unordered->slice[i].nodes;
    return nodes;
}
