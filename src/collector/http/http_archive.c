#include "collector/http/http_archive.h"

#include <errno.h>
#include <string.h>

#define DAY_MS            INT64_C(86400000)
#define DECISIONS_DEFAULT 100U

bool http_archive_is_asked(const struct http_query *query)
{
    return query->endpoint->archived || query->from != INT64_MIN || query->to != INT64_MIN || query->actions != 0;
}

static int take_time(const struct http_query *query, int64_t wall_ms, struct archive_query *archive,
                     struct http_refusal *refusal)
{
    archive->now_ms = wall_ms;
    archive->to_ms = query->to != INT64_MIN ? query->to : wall_ms;
    archive->from_ms = query->from != INT64_MIN ? query->from : archive->to_ms - DAY_MS;
    if (archive->from_ms < 0)
        archive->from_ms = 0;
    if (archive->from_ms < archive->to_ms)
        return 0;
    http_refusal_set(refusal, 400, "from must be before to; without to, before now");
    return -EINVAL;
}

static int take_history(const struct http_query *query, struct archive_query *archive, struct http_refusal *refusal)
{
    bool is_node = query->node[0] != '\0';

    if (is_node == (query->group[0] != '\0')) {
        http_refusal_set(refusal, 400, "write either group=NAME or node=NAME");
        return -EINVAL;
    }
    archive->kind = is_node ? ARCHIVE_NODE : ARCHIVE_GROUP;
    memcpy(archive->name, is_node ? query->node : query->group, sizeof archive->name);
    if (archive_query_take_columns(archive, query->metrics) == 0)
        return 0;
    if (is_node)
        http_refusal_set(refusal, 400,
                         "metric: write metrics as in /api/v1/nodes, each once, separated by commas; demand and others "
                         "are of groups");
    else
        http_refusal_set(
            refusal, 400,
            "metric: write demand, capacity, forecast, forecast_low, forecast_high, forecast_bound, "
            "horizon_s, live, missing, existing, desired, cpu, memory, disk, app, app_demand, app_capacity or "
            "signal:NAME, each once, separated by commas, and at most one signal");
    return -EINVAL;
}

static int take_decisions(const struct http_query *query, struct archive_query *archive, struct http_refusal *refusal)
{
    archive->kind = ARCHIVE_DECISIONS;
    archive->actions = query->actions;
    archive->limit = query->limit > 0 ? query->limit : DECISIONS_DEFAULT;
    memcpy(archive->name, query->group, sizeof archive->name);
    if (query->since != INT64_MIN)
        http_refusal_set(refusal, 400, "since is of decisions in memory: it can't be given with from, to or action");
    else if (archive->limit > ARCHIVE_DECISIONS_MAX)
        http_refusal_set(refusal, 400, "limit: with from, to or action, write 1 to %u", ARCHIVE_DECISIONS_MAX);
    else
        return 0;
    return -EINVAL;
}

int http_archive_query(const struct http_query *query, int64_t wall_ms, struct archive_query *archive,
                       struct http_refusal *refusal)
{
    struct archive_query taken = {0};

    int rc = take_time(query, wall_ms, &taken, refusal);
    if (rc == 0)
        rc = query->endpoint->archived ? take_history(query, &taken, refusal) : take_decisions(query, &taken, refusal);
    if (rc == 0)
        *archive = taken;
    return rc;
}
