#include "scaler/signal_places.h"

#include "scaler/scaler_memory.h"
#include "scaler/signal.h"

#include <string.h>

#define PIECE 256U

static void swap_bytes(void *first, void *second, size_t size)
{
    unsigned char piece[PIECE];
    unsigned char *a = first;
    unsigned char *b = second;

    for (size_t at = 0; at < size; at += sizeof piece) {
        size_t len = size - at < sizeof piece ? size - at : sizeof piece;
        memcpy(piece, a + at, len);
        memcpy(a + at, b + at, len);
        memcpy(b + at, piece, len);
    }
}

#define SWAP(a, b) swap_bytes(&(a), &(b), sizeof(a))

/* The rings point into the struct that they are in. */
static void repair(struct scaler *scaler, enum resource r)
{
    scaler->demand[r].points = scaler->demand_points[r];
    if (scaler->predictor[r].points.points != NULL)
        scaler->predictor[r].points.points = scaler->predictor[r].points_memory;
}

static void swap_undone(struct undone *undone, enum resource a, enum resource b)
{
    SWAP(undone->demand[a], undone->demand[b]);
    if (undone->resource == a || undone->resource == b)
        undone->resource = undone->resource == a ? b : a;
}

static void swap(struct scaler *scaler, unsigned place, unsigned other)
{
    enum resource a = RESOURCE_SIGNAL_0 + place;
    enum resource b = RESOURCE_SIGNAL_0 + other;

    if (place == other)
        return;
    SWAP(scaler->signal_names[place], scaler->signal_names[other]);
    SWAP(scaler->signals.step[place], scaler->signals.step[other]);
    SWAP(scaler->demand[a], scaler->demand[b]);
    SWAP(scaler->demand_points[a], scaler->demand_points[b]);
    SWAP(scaler->trend[a], scaler->trend[b]);
    SWAP(scaler->predictor[a], scaler->predictor[b]);
    swap_undone(&scaler->undone, a, b);
    repair(scaler, a);
    repair(scaler, b);
}

static void clear(struct scaler *scaler, unsigned place, const char *name)
{
    enum resource r = RESOURCE_SIGNAL_0 + place;

    memset(&scaler->predictor[r], 0, sizeof scaler->predictor[r]);
    history_init(&scaler->demand[r], scaler->demand_points[r], TREND_POINTS_MAX);
    scaler->trend[r] = (struct trend){0};
    scaler->signals.step[place] = (struct group_signals_step){0};
    scaler->undone.demand[r] = 0.0;
    if (scaler->undone.resource == r)
        scaler->undone = (struct undone){0};
    memcpy(scaler->signal_names[place], name, sizeof scaler->signal_names[place]);
}

/* Most places of most groups are empty. */
static bool is_same(const char *a, const char *b)
{
    return a[0] == b[0] && (a[0] == '\0' || strcmp(a, b) == 0);
}

static bool is_observed(const struct group_observation *observed, const char *name)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (strcmp(observed->signal[i].name, name) == 0)
            return true;
    return false;
}

/* The place, from this one on, whose memory has that name; or else one whose memory belongs to no signal. */
static unsigned find(const struct scaler *scaler, const struct group_observation *observed, unsigned place)
{
    const char *name = observed->signal[place].name;
    unsigned spare = place;

    for (unsigned i = SIGNALS_OF_GROUP_MAX; i-- > place;) {
        if (strcmp(scaler->signal_names[i], name) == 0)
            return i;
        if (!is_observed(observed, scaler->signal_names[i]))
            spare = i;
    }
    return spare;
}

void signal_places_follow(struct scaler *scaler, const struct group_observation *observed)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        const char *name = observed->signal[i].name;
        if (is_same(scaler->signal_names[i], name))
            continue;
        swap(scaler, i, find(scaler, observed, i));
        if (strcmp(scaler->signal_names[i], name) != 0)
            clear(scaler, i, name);
    }
}
