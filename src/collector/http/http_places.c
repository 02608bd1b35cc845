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

struct http_place *http_places_evict(struct http_places *places, const struct http_place *newcomer, unsigned most,
                                     unsigned each)
{
    struct http_place *place = NULL;
    struct http_place *of_all = NULL;
    struct http_place *of_origin = NULL;
    unsigned count = 0;
    unsigned count_of_origin = 0;

    DL_FOREACH (places->all, place) {
        bool is_of_origin = place->origin == newcomer->origin;
        count += !place->leaving;
        count_of_origin += !place->leaving && is_of_origin;
        if (place->leaving || place == newcomer)
            continue;
        if (goes_before(place, of_all))
            of_all = place;
        if (is_of_origin && goes_before(place, of_origin))
            of_origin = place;
    }
    struct http_place *chosen = count_of_origin > each ? of_origin : count > most ? of_all : NULL;
    if (chosen != NULL)
        chosen->leaving = true;
    return chosen;
}
