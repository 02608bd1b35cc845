#include "collector/http/answer_metrics.h"

#include "collector/http/answer.h"
#include "collector/http/metrics_collector.h"
#include "collector/http/metrics_forwarders.h"
#include "collector/http/metrics_groups.h"

/* A table, and how many things its families are about. */
struct part {
    const struct metrics_table *table;
    unsigned items;
    unsigned family; /* within the table */
};

/* The part of the family with that index over all tables; behind the last one, `family` is too. */
static struct part part_of(const struct answer_world *world, unsigned index)
{
    const struct part parts[] = {{&metrics_collector, 1, 0},
                                 {&metrics_forwarders, world->forwarders->count, 0},
                                 {&metrics_groups, world->registry->group_count, 0}};
    size_t i = 0;

    for (; i < sizeof parts / sizeof *parts - 1 && index >= parts[i].table->count; i++)
        index -= (unsigned)parts[i].table->count;
    return (struct part){parts[i].table, parts[i].items, index};
}

static struct metrics_source source_of(const struct answer *answer, const struct part *part, unsigned item)
{
    const struct answer_world *world = answer->world;
    struct metrics_source source = {
        .world = world,
        .wall_ms = answer->begun.wall_ms,
        .now_ms = answer->begun.now_ms,
        .fleet = &world->counts->done,
    };

    if (part->table == &metrics_forwarders) {
        source.forwarder = &world->forwarders->of[item];
    } else if (part->table == &metrics_groups) {
        source.group = world->registry->groups[item];
        source.now = &source.fleet->groups[source.group->index];
        source.history = &world->history->groups[source.group->index];
        source.signals = signal_table_of(world->signals, source.group->name, &source.signal_count);
    }
    return source;
}

static bool put_family(struct answer *answer, unsigned at, bool first)
{
    const struct part part = part_of(answer->world, answer->cursor.family);
    const struct metrics_family *family = &part.table->families[part.family];
    const struct metrics_source from = source_of(answer, &part, at);

    if (first)
        answer_put_head(&answer->writer, family->name, family->type, family->help);
    metrics_family_put(&answer->writer, family, part.table->number, &from);
    return true;
}

void answer_metrics_make(struct answer *answer)
{
    struct part part = part_of(answer->world, answer->cursor.family);

    for (; part.family < part.table->count; part = part_of(answer->world, answer->cursor.family)) {
        if (!answer_put_items(answer, part.items, put_family))
            return;
        answer_next_family(&answer->cursor);
    }
    answer->done = true;
}
