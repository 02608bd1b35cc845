#include "collector/intake/guesses.h"

#include <stddef.h>

static const struct guesses_origin *find(const struct guesses *guesses, uint64_t origin)
{
    for (unsigned i = 0; i < guesses->count; i++)
        if (guesses->at[i].origin == origin)
            return &guesses->at[i];
    return NULL;
}

bool guesses_allowed(const struct guesses *guesses, uint64_t origin, uint64_t now_ms)
{
    const struct guesses_origin *known = find(guesses, origin);

    return known == NULL || known->due_ms + GUESS_MS <= now_ms + (uint64_t)GUESSES_BURST * GUESS_MS;
}

/* The entry of the origin, or one for it: a free one, or the one that is forgotten first. */
static struct guesses_origin *ensure(struct guesses *guesses, uint64_t origin, uint64_t now_ms)
{
    struct guesses_origin *oldest = NULL;

    for (unsigned i = 0; i < guesses->count; i++) {
        struct guesses_origin *each = &guesses->at[i];
        if (each->origin == origin)
            return each;
        if (oldest == NULL || each->due_ms < oldest->due_ms)
            oldest = each;
    }
    if (guesses->count < GUESS_ORIGINS_MAX && (oldest == NULL || oldest->due_ms > now_ms))
        oldest = &guesses->at[guesses->count++];
    *oldest = (struct guesses_origin){.origin = origin};
    return oldest;
}

void guesses_note(struct guesses *guesses, uint64_t origin, uint64_t now_ms)
{
    struct guesses_origin *entry = ensure(guesses, origin, now_ms);

    entry->due_ms = (entry->due_ms > now_ms ? entry->due_ms : now_ms) + GUESS_MS;
}
