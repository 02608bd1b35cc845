#include "collector/http/http_answer.h"

#include "collector/http/answer_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PASSED_MAX 1000U /* items of a piece that put nothing */

/* ---- for all makers ---- */

void answer_fail(struct answer *answer, unsigned status, const char *format, ...)
{
    struct http_refusal refusal = {.status = status};
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(refusal.text, sizeof refusal.text, format, arguments);
    va_end(arguments);
    answer_refuse(answer, &refusal);
}

void http_put_error(struct writer *writer, const char *text)
{
    writer_put(writer, "{\"error\":");
    writer_put_string(writer, text);
    writer_put(writer, "}\n");
}

void answer_refuse(struct answer *answer, const struct http_refusal *refusal)
{
    answer->writer = (struct writer){.text = answer->text, .size = sizeof answer->text};
    answer->taken = 0;
    answer->status = refusal->status;
    answer->type = "application/json";
    answer->done = true;
    http_put_error(&answer->writer, refusal->text);
}

int64_t answer_wall_ms(const struct answer *answer, int64_t mono_ms)
{
    return answer->begun.wall_ms - (answer->begun.now_ms - mono_ms);
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

bool answer_put_items(struct answer *answer, unsigned count, answer_item *put_item)
{
    unsigned passed = 0;

    for (; answer->at < count && answer->count < answer->limit; answer->at++) {
        size_t mark = answer->writer.len;
        bool put = put_item(answer, answer->at, answer->count == 0);
        if (answer->writer.full) {
            writer_cut(&answer->writer, mark);
            return false;
        }
        answer->count += put;
        passed += !put;
        if (passed == PASSED_MAX) {
            answer->at++;
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

/* ---- whether it is well ---- */

static void begin_readyz(struct answer *answer)
{
    if (answer->world->stopping)
        answer_fail(answer, 503, "the collector is stopping");
    else if (answer->world->hub->held)
        answer_fail(answer, 503, "the disk can't be written; agents keep their samples");
}

static void make_readyz(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"ready\"}\n");
    answer->done = true;
}

static void make_healthz(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"ok\"}\n");
    answer->done = true;
}

/* As the Python system said it. */
static void make_health(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"healthy\"}\n");
    answer->done = true;
}

/* ---- the fleet ---- */

static void put_counts(struct writer *writer, const unsigned *nodes)
{
    for (int i = NODE_NEW; i <= NODE_GONE; i++) {
        answer_put_key(writer, liveness_names[i], i == NODE_NEW);
        writer_put_unsigned(writer, nodes[i]);
    }
}

static void put_agent_account(struct writer *writer, const struct agent_account *account)
{
    writer_putf(writer,
                "{\"produced\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"acknowledged\":%" PRIu64
                ",\"dropped\":{\"outbox_full\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"spool_damaged\":%" PRIu64
                "},\"waiting\":%" PRIu64 ",\"gone_with_killed_agents\":%" PRIu64 "}",
                account->produced, account->sent, account->acknowledged, account->dropped_outbox_full,
                account->dropped_rejected, account->dropped_spool_damaged, agent_account_waiting(account),
                account->gone);
}

static void put_collector_account(struct writer *writer, const struct intake_hub *hub)
{
    const struct intake_account *account = &hub->account;
    uint64_t waiting = backlog_rows(hub->backlog);

    writer_putf(writer,
                "{\"received\":%" PRIu64 ",\"posted\":%" PRIu64 ",\"stored\":%" PRIu64 ",\"waiting\":%" PRIu64
                ",\"duplicates\":%" PRIu64 ",\"impossible_values\":%" PRIu64 ",\"dropped_by_agents\":%" PRIu64
                ",\"stored_elsewhere\":%" PRIu64 ",\"instances_ended\":%" PRIu64 ",\"connections_rejected\":%" PRIu64
                "}",
                account->samples, account->posted, account->samples - waiting, waiting, account->duplicates,
                account->bad_values, intake_dropped(account), account->missing[GAP_ELSEWHERE], account->ended,
                account->rejected);
}

static void make_fleet(struct answer *answer)
{
    struct writer *writer = &answer->writer;
    const struct http_world *world = answer->world;
    const struct fleet_counts_result *fleet = &world->survey->done;

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"version\":\"" HEADROOM_VERSION "\",\"started_ms\":%" PRId64,
                answer->when.wall_ms, world->process.started_wall_ms);
    writer_putf(writer, ",\"agent_port\":%u,\"agent_token\":%s", world->agent_port,
                world->config->token[0] != '\0' ? "true" : "false");
    writer_putf(writer, ",\"held\":%s,\"connected\":%u,\"nodes\":{", world->hub->held ? "true" : "false",
                *world->agents);
    put_counts(writer, fleet->nodes);
    writer_putf(writer, "},\"clocks_off\":%u,\"agents\":", fleet->clocks_off);
    put_agent_account(writer, &fleet->account);
    writer_put(writer, ",\"collector\":");
    put_collector_account(writer, world->hub);
    writer_put(writer, "}\n");
    answer->done = true;
}

/* ---- all of them ---- */

static const struct maker {
    void (*begin)(struct answer *answer); /* NULL: the status is 200 */
    void (*make)(struct answer *answer);
    bool surveys; /* tells of the whole fleet as it is now */
} makers[] = {
    [HTTP_HEALTHZ] = {NULL, make_healthz, false},
    [HTTP_READYZ] = {begin_readyz, make_readyz, false},
    [HTTP_FLEET] = {NULL, make_fleet, true},
    [HTTP_GROUPS] = {NULL, answer_make_groups, true},
    [HTTP_GROUP] = {answer_begin_group, answer_make_group, true},
    [HTTP_GROUP_SERIES] = {answer_begin_group, answer_make_group_series, false},
    [HTTP_NODES] = {NULL, answer_make_nodes, false},
    [HTTP_NODE] = {answer_begin_node, answer_make_node, false},
    [HTTP_NODE_SERIES] = {answer_begin_node, answer_make_node_series, false},
    [HTTP_DECISIONS] = {NULL, answer_make_decisions, false},
    [HTTP_METRICS] = {NULL, answer_make_metrics, true},
    [HTTP_METRICS_NODES] = {NULL, answer_make_metrics_nodes, false},
    [HTTP_LATEST] = {NULL, answer_make_latest, false},
    [HTTP_HEALTH] = {NULL, make_health, false},
};

void answer_begin(struct answer *answer, struct http_world *world, const struct http_query *request,
                  const struct moment *when)
{
    const struct maker *maker = &makers[request->endpoint];
    bool text = request->endpoint == HTTP_METRICS || request->endpoint == HTTP_METRICS_NODES;

    memset(answer, 0, offsetof(struct answer, text));
    answer->world = world;
    answer->request = *request;
    answer->status = 200;
    answer->type = text ? "text/plain; version=0.0.4; charset=utf-8" : "application/json";
    answer->when = *when;
    answer->begun = *when;
    answer->limit = request->limit > 0 ? request->limit : UINT_MAX;
    answer->since_ms = request->since == INT64_MIN ? INT64_MIN : request->since - when->wall_ms + when->now_ms;
    answer->writer = (struct writer){.text = answer->text, .size = sizeof answer->text};
    if (maker->begin != NULL)
        maker->begin(answer);
}

/* false: the next piece comes later. */
static bool make_piece(struct answer *answer, const struct moment *when)
{
    const struct maker *maker = &makers[answer->request.endpoint];
    struct http_world *world = answer->world;

    answer->when = *when;
    answer->surveyed = answer->surveyed || !maker->surveys ||
                       fleet_counts_step(world->survey, world->registry, when->now_ms, world->config->gone_ms);
    if (!answer->surveyed)
        return false;
    answer->writer.len = 0;
    answer->writer.full = false;
    answer->taken = 0;
    maker->make(answer);
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
    if (len == 0) /* there may be no room, and then no place */
        return 0;
    memcpy(to, answer->text + answer->taken, len);
    answer->taken += len;
    return (long)len;
}
