#include "collector/intake/gap_note.h"

#include "common/u64.h"

#include <string.h>

/* The last seq that was received or is known to be missing, as all before it. */
static uint64_t known_seq(const struct instance *instance)
{
    return instance->received_seq > instance->missing_seq ? instance->received_seq : instance->missing_seq;
}

bool gap_note_skip_fits(const struct backlog *backlog, const struct instance *instance, uint64_t next_seq)
{
    static const struct instance unknown;

    if (instance == NULL)
        instance = &unknown;
    return next_seq <= known_seq(instance) + 1 || backlog_gap_room(backlog, instance) >= GAP_RANGES_MAX;
}

bool gap_note_skip_plausible(const struct instance *instance, uint64_t next_seq)
{
    uint64_t known = instance != NULL ? known_seq(instance) : 0;

    return next_seq <= known || next_seq - known <= SEQ_JUMP_MAX;
}

static struct gap gap_of(const struct instance *instance, const struct gap_range *range, int64_t wall_ms)
{
    struct gap gap = {.instance = instance->id, .noted_ms = wall_ms > 0 ? wall_ms : 0, .range = *range};

    memcpy(gap.node_id, instance->node->id, strlen(instance->node->id) + 1);
    memcpy(gap.group, instance->node->group->name, sizeof gap.group);
    return gap;
}

uint64_t gap_note_add_skip(struct backlog *backlog, struct instance *instance, uint64_t next_seq,
                           Headroom__Loss *const *losses, size_t loss_count, int64_t wall_ms,
                           uint64_t counts[GAP_REASON_COUNT])
{
    struct gap_range ranges[GAP_RANGES_MAX];
    uint64_t first_seq = known_seq(instance) + 1;
    uint64_t dropped = 0;

    if (next_seq <= first_seq)
        return 0;
    unsigned count = gap_split(first_seq, next_seq - 1, losses, loss_count, ranges);
    for (unsigned i = 0; i < count; i++) {
        struct gap gap = gap_of(instance, &ranges[i], wall_ms);
        uint64_t samples = ranges[i].last_seq - ranges[i].first_seq + 1;
        backlog_add_gap(backlog, instance, &gap);
        counts[ranges[i].reason] = u64_add(counts[ranges[i].reason], samples);
        dropped += ranges[i].reason != GAP_ELSEWHERE ? samples : 0;
    }
    instance->missing_seq = next_seq - 1;
    return dropped;
}
