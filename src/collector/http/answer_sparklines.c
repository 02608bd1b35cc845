#include "collector/http/answer_sparklines.h"

#include "collector/http/answer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define POINTS      30U
#define STEP_MS_MIN INT64_C(60000)

/* The resource that is asked for, cpu without a name; RESOURCE_NODE_COUNT: nodes do not report it. */
static enum resource asked_resource(const struct answer *answer)
{
    const char *name = answer->query.resource;
    enum resource resource = RESOURCE_CPU;

    while (name[0] != '\0' && resource < RESOURCE_NODE_COUNT && strcmp(resource_names[resource], name) != 0)
        resource++;
    return resource;
}

void answer_sparklines_begin(struct answer *answer)
{
    if (asked_resource(answer) == RESOURCE_NODE_COUNT)
        answer_fail(answer, 404, "nodes have no resource %s", answer->query.resource);
}

/* A minute, or the longest tick of a group, so that each step has a tick. */
static int64_t step_of(const struct collector_config *config)
{
    int64_t step_ms = config->settings.tick_ms > STEP_MS_MIN ? config->settings.tick_ms : STEP_MS_MIN;

    for (unsigned i = 0; i < config->group_count; i++)
        if (config->groups[i].settings.tick_ms > step_ms)
            step_ms = config->groups[i].settings.tick_ms;
    return step_ms;
}

/* Steps begin at multiples of their length on the wall clock, so that a finished one keeps its value: how many ago a
 * tick was. */
static int64_t steps_ago(const struct answer *answer, int64_t now_ms, int64_t step_ms)
{
    return answer->begun.wall_ms / step_ms - answer_wall_ms(answer, now_ms) / step_ms;
}

/* The mean of each step into means[], oldest first; NaN without a value. */
static void mean_steps(const struct answer *answer, const struct decision_history_group *history,
                       enum resource resource, int64_t step_ms, double *means)
{
    double sums[POINTS] = {0};
    unsigned counts[POINTS] = {0};

    for (unsigned i = history->count; i-- > 0;) {
        int64_t ago = steps_ago(answer, decision_history_tick(history, i)->now_ms, step_ms);
        struct decision_history_load load = decision_history_load(history, resource, i);
        if (ago >= POINTS)
            break;
        if (ago < 0 || isnan(load.demand) || !(load.capacity > 0))
            continue;
        sums[POINTS - 1 - ago] += (double)load.demand / (double)load.capacity;
        counts[POINTS - 1 - ago]++;
    }
    for (unsigned i = 0; i < POINTS; i++)
        means[i] = counts[i] > 0 ? sums[i] / counts[i] : NAN;
}

static bool put_sparkline(struct answer *answer, unsigned at, bool first)
{
    const struct group *group = answer->world->registry->groups[at];
    double means[POINTS];

    mean_steps(answer, &answer->world->history->groups[group->index], asked_resource(answer),
               step_of(answer->world->config), means);
    writer_put(&answer->writer, first ? "\n" : ",\n");
    answer_put_key(&answer->writer, group->name, true);
    for (unsigned i = 0; i < POINTS; i++) {
        writer_put(&answer->writer, i == 0 ? "[" : ",");
        writer_put_number(&answer->writer, means[i], 4);
    }
    writer_put(&answer->writer, "]");
    return true;
}

void answer_sparklines_make(struct answer *answer)
{
    if (!answer->cursor.opened)
        writer_putf(&answer->writer,
                    "{\"now_ms\":%" PRId64 ",\"resource\":\"%s\",\"step_ms\":%" PRId64 ",\"points\":%u,\"groups\":{",
                    answer->begun.wall_ms, resource_names[asked_resource(answer)], step_of(answer->world->config),
                    POINTS);
    answer->cursor.opened = true;
    if (answer_put_items(answer, answer->world->registry->group_count, put_sparkline))
        answer_end(answer, "\n}}\n");
}
