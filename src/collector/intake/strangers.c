#include "collector/intake/strangers.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

int strangers_init(struct strangers *strangers, unsigned places)
{
    struct stranger *at = calloc(places, sizeof *at);

    if (at == NULL)
        return -ENOMEM;
    *strangers = (struct strangers){.at = at, .places = places};
    return 0;
}

void strangers_deinit(struct strangers *strangers)
{
    free(strangers->at);
    *strangers = (struct strangers){0};
}

unsigned strangers_share(const struct strangers *strangers)
{
    return strangers->places > 1 ? strangers->places / 2 : 1;
}

static struct stranger *find(const struct strangers *strangers, const void *owner)
{
    for (unsigned i = 0; i < strangers->count; i++)
        if (strangers->at[i].owner == owner)
            return &strangers->at[i];
    return NULL;
}

static bool goes_before(const struct stranger *a, const struct stranger *b)
{
    return b == NULL || (a->lingers != b->lingers ? a->lingers : a->number < b->number);
}

/* Who has to go for one more of this origin. NULL: there is room. */
static struct stranger *find_victim(const struct strangers *strangers, uint64_t origin)
{
    struct stranger *of_all = NULL;
    struct stranger *of_origin = NULL;
    unsigned count = 0;

    for (unsigned i = 0; i < strangers->count; i++) {
        struct stranger *stranger = &strangers->at[i];
        if (goes_before(stranger, of_all))
            of_all = stranger;
        if (stranger->origin != origin)
            continue;
        count++;
        if (goes_before(stranger, of_origin))
            of_origin = stranger;
    }
    if (count >= strangers_share(strangers))
        return of_origin;
    return strangers->count == strangers->places ? of_all : NULL;
}

void *strangers_add(struct strangers *strangers, void *owner, uint64_t origin, bool lingers)
{
    struct stranger *known = find(strangers, owner);
    void *evicted = NULL;

    if (known != NULL) {
        known->lingers = lingers;
        return NULL;
    }
    struct stranger *place = find_victim(strangers, origin);
    if (place != NULL) {
        evicted = place->owner;
        strangers->evicted += !place->lingers;
    } else {
        place = &strangers->at[strangers->count++];
    }
    *place = (struct stranger){.owner = owner, .origin = origin, .number = strangers->comings++, .lingers = lingers};
    return evicted;
}

void strangers_remove(struct strangers *strangers, const void *owner)
{
    struct stranger *place = find(strangers, owner);

    if (place != NULL)
        *place = strangers->at[--strangers->count];
}
