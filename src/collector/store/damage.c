#include "collector/store/damage.h"

#include "collector/store/csv.h"

#include <stdlib.h>
#include <string.h>

#define GAPS_MAX    65536U
#define UNKNOWN_MAX 1000U /* rows without a name */
#define ROW_LEN_MIN 40U   /* bytes of the shortest row */

void damage_free(struct damage *damage)
{
    free(damage->gaps);
    *damage = (struct damage){0};
}

/* ---- what was lost ---- */

/* A place for one more range; NULL: it stays unnamed. */
static struct gap *new_gap(struct damage *damage)
{
    if (damage->count == GAPS_MAX)
        return NULL;
    if (damage->count == damage->room) {
        size_t more = damage->room == 0 ? 64 : 2 * damage->room;
        struct gap *larger = reallocarray(damage->gaps, more, sizeof *larger);
        if (larger == NULL)
            return NULL;
        damage->gaps = larger;
        damage->room = more;
    }
    return &damage->gaps[damage->count++];
}

static void add(struct damage *damage, const char *node_id, const char *group, uint64_t instance, uint64_t first_seq,
                uint64_t last_seq)
{
    struct gap *gap = new_gap(damage);

    if (gap == NULL)
        return;
    *gap = (struct gap){.instance = instance, .range = {first_seq, last_seq, GAP_DAMAGED}};
    memcpy(gap->node_id, node_id, strlen(node_id) + 1);
    memcpy(gap->group, group, strlen(group) + 1);
}

/* The most samples that the damaged lines so far can have held. */
static uint64_t samples_max(const struct damage *damage)
{
    return damage->lines + damage->bytes / ROW_LEN_MIN;
}

void damage_note_line(struct damage *damage, const struct registry *registry, const char *line, size_t len)
{
    struct csv_row row;

    damage->lines++;
    damage->bytes += len;
    if (csv_parse_identity(line, len, &row) < 0)
        return;
    const struct node *node = registry_find_node(registry, row.node_id);
    const struct instance *instance = node != NULL ? registry_find_instance(node, row.instance) : NULL;
    uint64_t before_seq = instance != NULL ? instance->stored_seq : 0;
    uint64_t seq = row.sample.seq;
    if (before_seq == 0)
        add(damage, row.node_id, row.group, row.instance, seq, seq);
    else if (seq > before_seq && seq - before_seq <= samples_max(damage))
        add(damage, row.node_id, row.group, row.instance, before_seq + 1, seq);
}

void damage_note_row(struct damage *damage, const struct instance *instance, uint64_t before_seq, uint64_t seq)
{
    if (damage->lines == 0 || before_seq == 0 || seq <= before_seq + 1 || seq - before_seq - 1 > samples_max(damage))
        return;
    add(damage, instance->node->id, instance->node->group->name, instance->id, before_seq + 1, seq - 1);
}

/* ---- each sample once ---- */

static int compare(const void *a, const void *b)
{
    const struct gap *left = a, *right = b;
    int nodes = strcmp(left->node_id, right->node_id);

    if (left->instance != right->instance)
        return left->instance < right->instance ? -1 : 1;
    if (nodes != 0)
        return nodes;
    return left->range.first_seq < right->range.first_seq ? -1 : left->range.first_seq > right->range.first_seq;
}

static bool same_instance(const struct gap *a, const struct gap *b)
{
    return a->instance == b->instance && strcmp(a->node_id, b->node_id) == 0;
}

static uint64_t samples_of(const struct damage *damage)
{
    uint64_t samples = 0;

    for (size_t i = 0; i < damage->count; i++)
        samples += damage->gaps[i].range.last_seq - damage->gaps[i].range.first_seq + 1;
    return samples;
}

uint64_t damage_sort(struct damage *damage)
{
    size_t count = 0;

    if (damage->count > 0)
        qsort(damage->gaps, damage->count, sizeof *damage->gaps, compare);
    for (size_t i = 0; i < damage->count; i++) {
        struct gap *gap = &damage->gaps[i];
        struct gap *last = count > 0 ? &damage->gaps[count - 1] : NULL;
        if (last == NULL || !same_instance(last, gap) || gap->range.first_seq > last->range.last_seq + 1)
            damage->gaps[count++] = *gap;
        else if (gap->range.last_seq > last->range.last_seq)
            last->range.last_seq = gap->range.last_seq;
    }
    damage->count = count;
    uint64_t samples = samples_of(damage);
    return damage->lines > samples ? damage->lines - samples : 0;
}

/* The first range of the instance, or where it would be. */
static size_t find(const struct damage *damage, const struct gap *gap)
{
    struct gap first = *gap;
    size_t low = 0, high = damage->count;

    first.range.first_seq = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&damage->gaps[middle], &first) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_at(struct damage *damage, size_t i)
{
    damage->count--;
    memmove(&damage->gaps[i], &damage->gaps[i + 1], (damage->count - i) * sizeof *damage->gaps);
}

/* A range in the middle of which samples are explained becomes two. */
static void split(struct damage *damage, size_t i, const struct gap_range *taken)
{
    if (new_gap(damage) == NULL)
        return;
    memmove(&damage->gaps[i + 1], &damage->gaps[i], (damage->count - i - 1) * sizeof *damage->gaps);
    damage->gaps[i].range.last_seq = taken->first_seq - 1;
    damage->gaps[i + 1].range.first_seq = taken->last_seq + 1;
}

/* Takes what the ranges share off the one at i. Returns how many ranges are left of that. */
static size_t subtract(struct damage *damage, size_t i, const struct gap_range *taken)
{
    struct gap_range *range = &damage->gaps[i].range;
    bool before = taken->first_seq > range->first_seq;
    bool behind = taken->last_seq < range->last_seq;

    if (before && behind)
        split(damage, i, taken);
    else if (before)
        range->last_seq = taken->first_seq - 1;
    else if (behind)
        range->first_seq = taken->last_seq + 1;
    else
        remove_at(damage, i);
    return (size_t)before + (size_t)behind;
}

void damage_explain(struct damage *damage, const struct gap *gap)
{
    for (size_t i = find(damage, gap); i < damage->count && same_instance(&damage->gaps[i], gap);) {
        const struct gap_range *range = &damage->gaps[i].range;
        bool overlaps = range->first_seq <= gap->range.last_seq && range->last_seq >= gap->range.first_seq;
        i += overlaps ? subtract(damage, i, &gap->range) : 1;
    }
}

/* ---- the rows ---- */

uint64_t damage_finish(struct damage *damage, uint64_t unexplained, int64_t wall_ms)
{
    uint64_t samples = samples_of(damage) + unexplained;
    uint64_t rows = unexplained < UNKNOWN_MAX ? unexplained : UNKNOWN_MAX;

    for (uint64_t i = 0; i < rows; i++) {
        struct gap *gap = new_gap(damage);
        if (gap != NULL)
            *gap = (struct gap){.range.reason = GAP_DAMAGED};
    }
    for (size_t i = 0; damage->gaps != NULL && i < damage->count; i++)
        damage->gaps[i].noted_ms = wall_ms > 0 ? wall_ms : 0;
    return samples;
}
