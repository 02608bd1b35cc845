#include "collector/http/http_places.h"

#include "collector/intake/origin.h"

#include <stddef.h>

#include <utlist.h>

#define THIS_MACHINE 0 /* the origin of ::1: all addresses of the loopback have one share, as one machine has them */

void http_places_add(struct http_places *places, struct http_place *place, uint64_t origin)
{
    *place = (struct http_place){
        .origin = origin_is_loopback(origin) ? THIS_MACHINE : origin, .since = places->changes++, .stage = HTTP_ASKING};
    DL_APPEND(places->all, place);
}

void http_places_remove(struct http_places *places, struct http_place *place)
{
    DL_DELETE(places->all, place);
}

void http_places_set_stage(struct http_places *places, struct http_place *place, enum http_stage stage)
{
    place->stage = stage;
    place->since = places->changes++;
}

static bool goes_before(const struct http_place *a, const struct http_place *b)
{
    if (b == NULL)
        return true;
    bool a_is_local = origin_is_loopback(a->origin);
    if (a_is_local != origin_is_loopback(b->origin))
        return !a_is_local;
    return a->stage != b->stage ? a->stage < b->stage : a->since < b->since;
}

/* Counts the places of one stage or origin, and finds the one of them that goes first. */
struct candidates {
    struct http_place *first;
    unsigned count;
};

static void consider(struct candidates *candidates, struct http_place *place, const struct http_place *newcomer)
{
    candidates->count++;
    if (place != newcomer && goes_before(place, candidates->first))
        candidates->first = place;
}

struct http_place *http_places_evict(struct http_places *places, const struct http_place *newcomer, unsigned most,
                                     unsigned each)
{
    struct candidates of_all = {0}, of_origin = {0}, ending = {0};
    struct http_place *place = NULL;

    DL_FOREACH (places->all, place) {
        if (place->leaving)
            continue;
        consider(place->stage == HTTP_ENDING ? &ending : &of_all, place, newcomer);
        if (place->stage != HTTP_ENDING && place->origin == newcomer->origin)
            consider(&of_origin, place, newcomer);
    }
    struct http_place *chosen = of_origin.count > each                  ? of_origin.first
                                : of_all.count > most                   ? of_all.first
                                : ending.count > HTTP_PLACES_ENDING_MAX ? ending.first
                                                                        : NULL;
    if (chosen != NULL)
        chosen->leaving = true;
    return chosen;
}
