#include "collector/http/answer_metrics.h"

#include "collector/http/answer.h"
#include "collector/http/metrics_collector.h"
#include "collector/http/metrics_groups.h"

static struct metrics_source source_of(const struct answer *answer, const struct group *group)
{
    const struct answer_world *world = answer->world;
    const struct fleet_counts_result *fleet = &world->counts->done;

    unsigned signals = 0;

    if (group != NULL)
        (void)collector_config_signals(world->config, group->name, &signals);
    return (struct metrics_source){
        .world = world,
        .signals = signals > 0 ? signal_table_of(world->signals, group->name, &signals) : NULL,
        .signal_count = signals,
        .now_ms = answer->begun.now_ms,
        .wall_ms = answer->begun.wall_ms,
        .fleet = fleet,
        .group = group,
        .now = group != NULL ? &fleet->groups[group->index] : NULL,
        .history = group != NULL ? &world->history->groups[group->index] : NULL,
    };
}

static bool is_of_groups(unsigned index)
{
    return index >= metrics_collector.count;
}

static bool put_family(struct answer *answer, unsigned at, bool first)
{
    unsigned index = answer->cursor.family;
    bool of_groups = is_of_groups(index);
    const struct metrics_table *table = of_groups ? &metrics_groups : &metrics_collector;
    const struct metrics_family *family = &table->families[of_groups ? index - metrics_collector.count : index];
    const struct metrics_source from = source_of(answer, of_groups ? answer->world->registry->groups[at] : NULL);

    if (first)
        answer_put_head(&answer->writer, family->name, family->type, family->help);
    metrics_family_put(&answer->writer, family, table->number, &from);
    return true;
}

void answer_metrics_make(struct answer *answer)
{
    size_t count = metrics_collector.count + metrics_groups.count;

    for (; answer->cursor.family < count; answer_next_family(&answer->cursor)) {
        unsigned items = is_of_groups(answer->cursor.family) ? answer->world->registry->group_count : 1;
        if (!answer_put_items(answer, items, put_family))
            return;
    }
    answer->done = true;
}
