#include "collector/http/answer.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOOK_S 10U /* from one request for a node to the next one */

#define PASSED_MAX 1000U /* items in a piece that may put nothing */

/* ---- for all makers ---- */

void answer_fail(struct answer *answer, unsigned status, const char *format, ...)
{
    struct http_refusal refusal;
    va_list arguments;

    va_start(arguments, format);
    http_refusal_vset(&refusal, status, format, arguments);
    va_end(arguments);
    answer->writer = (struct writer){.text = answer->text, .size = sizeof answer->text};
    answer->taken = 0;
    answer->status = refusal.status;
    answer->type = "application/json";
    answer->done = true;
    http_refusal_put(&answer->writer, refusal.text);
}

int64_t answer_wall_ms(const struct answer *answer, int64_t mono_ms)
{
    return answer->begun.wall_ms - (answer->begun.now_ms - mono_ms);
}

struct scaler_settings answer_group_settings(const struct answer_world *world, const char *group, int64_t wall_ms)
{
    struct scaler_settings settings = *collector_config_group(world->config, group);

    schedule_apply(world->config->schedules, world->config->schedule_count, group, wall_ms, 0, &settings);
    return settings;
}

static bool has_agents(const struct fleet_counts_group *counts)
{
    for (int i = NODE_NEW; i < NODE_GONE; i++)
        if (counts->nodes[i] > 0)
            return true;
    return false;
}

unsigned answer_group_nodes(const struct answer_world *world, const struct group *group, enum liveness liveness)
{
    const struct fleet_counts_group *counts = &world->counts->done.groups[group->index];
    unsigned signals = 0;

    (void)collector_config_signals(world->config, group->name, &signals);
    if (signals == 0 || liveness != NODE_LIVE || has_agents(counts))
        return counts->nodes[liveness];
    return signal_table_nodes(world->signals, group->name);
}

void answer_put_key(struct writer *writer, const char *name, bool first)
{
    writer_put(writer, first ? "\"" : ",\"");
    writer_put(writer, name);
    writer_put(writer, "\":");
}

void answer_put_metric(struct writer *writer, enum metric metric, double value)
{
    writer_put_number(writer, value, metric_table[metric].kind == METRIC_COUNTER ? 0 : 2);
}

void answer_put_head(struct writer *writer, const char *name, const char *type, const char *help)
{
    writer_putf(writer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void answer_next_family(struct answer_cursor *cursor)
{
    cursor->family++;
    cursor->at = 0;
    cursor->count = 0;
}

bool answer_put_items(struct answer *answer, unsigned count, answer_put_item *put_item)
{
    unsigned passed = 0;

    for (; answer->cursor.at < count && answer->cursor.count < answer->limit; answer->cursor.at++) {
        size_t mark = answer->writer.len;
        bool put = put_item(answer, answer->cursor.at, answer->cursor.count == 0);
        if (answer->writer.full) {
            writer_cut(&answer->writer, mark);
            return false;
        }
        answer->cursor.count += put;
        passed += !put;
        if (passed == PASSED_MAX) {
            answer->cursor.at++;
            return false;
        }
    }
    return true;
}

void answer_end(struct answer *answer, const char *text)
{
    size_t mark = answer->writer.len;

    writer_put(&answer->writer, text);
    answer->done = !answer->writer.full;
    if (!answer->done)
        writer_cut(&answer->writer, mark);
}

/* ---- the answer as a whole ---- */

/* While clients ask for a node again and again, its agent sends each sample at once. */
static void note_look(struct answer *answer)
{
    struct node *node = registry_find_node(answer->world->registry, answer->query.name);
    uint32_t now_s = (uint32_t)(answer->when.now_ms / 1000);

    if (node == NULL)
        return;
    answer->world->looks += node->looked_s <= now_s;
    node->looked_s = now_s + LOOK_S;
}

void answer_begin(struct answer *answer, struct answer_world *world, const struct http_query *query,
                  const struct moment *when)
{
    const struct http_endpoint *endpoint = query->endpoint;

    memset(answer, 0, offsetof(struct answer, text));
    answer->world = world;
    answer->query = *query;
    answer->status = 200;
    answer->type = endpoint->type != NULL ? endpoint->type : "application/json";
    answer->when = *when;
    answer->begun = *when;
    answer->limit = query->limit > 0 ? query->limit : UINT_MAX;
    answer->cursor.after_ms = query->since == INT64_MIN ? INT64_MIN : query->since - when->wall_ms + when->now_ms;
    answer->writer = (struct writer){.text = answer->text, .size = sizeof answer->text};
    if (endpoint->begin != NULL)
        endpoint->begin(answer);
    if (endpoint->looks)
        note_look(answer);
}

/* false: the next piece comes later. */
static bool make_piece(struct answer *answer, const struct moment *when)
{
    const struct http_endpoint *endpoint = answer->query.endpoint;
    struct answer_world *world = answer->world;

    answer->when = *when;
    answer->counted = answer->counted || !endpoint->counted ||
                      fleet_counts_step(world->counts, world->registry, when->now_ms, world->config->gone_ms);
    if (!answer->counted)
        return false;
    answer->writer.len = 0;
    answer->writer.full = false;
    answer->taken = 0;
    endpoint->make(answer);
    return answer->writer.len > 0 || answer->done;
}

long answer_read(struct answer *answer, char *to, size_t size, const struct moment *when)
{
    if (answer->taken == answer->writer.len && !answer->done && !make_piece(answer, when))
        return 0;
    size_t len = answer->writer.len - answer->taken;
    if (len == 0)
        return answer->done ? -1 : 0;
    if (len > size)
        len = size;
    if (len == 0) /* size may be 0, and `to` NULL */
        return 0;
    memcpy(to, answer->text + answer->taken, len);
    answer->taken += len;
    return (long)len;
}
