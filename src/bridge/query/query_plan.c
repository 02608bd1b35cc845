#include "bridge/query/query_plan.h"

#include "common/u64.h"
#include "feed/feed_time.h"

#include <errno.h>
#include <stdlib.h>

static void set_due(struct query_plan *plan, unsigned index, uint64_t now_ms)
{
    struct query_turn *turn = &plan->turns[index];

    turn->due_ms = feed_time_next_ms(now_ms, plan->tick_ms, plan->list->queries[index].hash);
    turn->overdue_ms = turn->due_ms + plan->tick_ms;
}

static bool has_room(const struct query_plan *plan, unsigned index)
{
    return plan->running[plan->list->queries[index].engine] < QUERY_PARALLEL;
}

int query_plan_init(struct query_plan *plan, const struct query_list *list, uint64_t tick_ms, uint64_t now_ms)
{
    struct query_plan fresh = {
        .list = list,
        .tick_ms = tick_ms,
        .turns = calloc(list->count + 1, sizeof *fresh.turns),
        .running = calloc(list->engine_count + 1, sizeof *fresh.running),
    };

    if (fresh.turns == NULL || fresh.running == NULL) {
        query_plan_deinit(&fresh);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < list->count; i++)
        set_due(&fresh, i, now_ms);
    *plan = fresh;
    return 0;
}

void query_plan_deinit(struct query_plan *plan)
{
    free(plan->turns);
    free(plan->running);
    *plan = (struct query_plan){.turns = NULL};
}

int query_plan_next(struct query_plan *plan, uint64_t now_ms)
{
    int found = -1;

    for (unsigned i = 0; i < plan->list->count; i++) {
        const struct query_turn *turn = &plan->turns[i];
        if (turn->is_running || turn->due_ms > now_ms || !has_room(plan, i))
            continue;
        if (found < 0 || turn->due_ms < plan->turns[found].due_ms)
            found = (int)i;
    }
    if (found >= 0) {
        set_due(plan, (unsigned)found, now_ms);
        plan->turns[found].is_running = true;
        plan->running[plan->list->queries[found].engine]++;
    }
    return found;
}

void query_plan_ended(struct query_plan *plan, unsigned index)
{
    plan->turns[index].is_running = false;
    plan->running[plan->list->queries[index].engine]--;
}

int query_plan_overdue(struct query_plan *plan, uint64_t now_ms)
{
    for (unsigned i = 0; i < plan->list->count; i++) {
        struct query_turn *turn = &plan->turns[i];
        if (turn->is_running || turn->overdue_ms > now_ms)
            continue;
        turn->overdue_ms += ((now_ms - turn->overdue_ms) / plan->tick_ms + 1) * plan->tick_ms;
        return (int)i;
    }
    return -1;
}

uint64_t query_plan_due_ms(const struct query_plan *plan)
{
    uint64_t due_ms = UINT64_MAX;

    for (unsigned i = 0; i < plan->list->count; i++) {
        const struct query_turn *turn = &plan->turns[i];
        if (!turn->is_running)
            due_ms = u64_min(due_ms, has_room(plan, i) ? turn->due_ms : turn->overdue_ms);
    }
    return due_ms;
}
