#include "collector/http/answer_fleet.h"

#include "collector/config/config_in_force.h"
#include "collector/fleet/forwarders_json.h"
#include "collector/http/answer.h"
#include "common/parse.h"

#include <inttypes.h>

/* ---- whether it is well ---- */

void answer_fleet_begin_readyz(struct answer *answer)
{
    if (answer->world->stopping)
        answer_fail(answer, 503, "the collector is stopping");
    else if (answer->world->hub->held)
        answer_fail(answer, 503, "the disk can't be written; agents retain their samples");
}

void answer_fleet_make_readyz(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"ready\"}\n");
    answer->done = true;
}

void answer_fleet_make_healthz(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"ok\"}\n");
    answer->done = true;
}

/* In the format of the Python system. */
void answer_fleet_make_health(struct answer *answer)
{
    writer_put(&answer->writer, "{\"status\":\"healthy\"}\n");
    answer->done = true;
}

/* ---- the metrics ---- */

/* A module of the page. Names and units are those of the nodes' series: a counter is shown as its rate. */
void answer_fleet_make_metrics(struct answer *answer)
{
    static const char *const units[] = {
        [METRIC_PERCENT] = "%", [METRIC_GAUGE] = "", [METRIC_COUNTER] = "B/s", [METRIC_EVENTS] = "/s"};
    struct writer *writer = &answer->writer;

    writer_put(writer, "export const metrics = [\n");
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        writer_putf(writer, "  {\"name\":\"%s\",\"title\":\"%s\",\"unit\":\"%s\"},\n",
                    http_column_names[HTTP_COLUMN_METRIC + m], metric_table[m].title, units[metric_table[m].kind]);
    writer_put(writer, "];\n");
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

static void put_config(struct writer *writer, const struct config_in_force *state)
{
    char why[CONFIG_WHY_MAX];

    if (config_in_force_holds(state)) {
        writer_put(writer, "{\"in_force\":true,\"why\":null}");
        return;
    }
    config_in_force_why(state, why);
    parse_to_ascii(why);
    writer_put(writer, "{\"in_force\":false,\"why\":");
    writer_put_string(writer, why);
    writer_put(writer, "}");
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

static void put_handshakes(struct writer *writer, const struct handshakes *handshakes)
{
    writer_putf(writer, "{\"pending\":%" PRIu32, handshakes->pending);
    for (unsigned result = 0; result < HANDSHAKE_RESULTS; result++) {
        answer_put_key(writer, handshake_result_names[result], false);
        writer_put_unsigned(writer, handshakes->results[result]);
    }
    writer_put(writer, "}");
}

static void put_collector_account(struct writer *writer, const struct intake_hub *hub)
{
    const struct intake_account *account = &hub->account;
    uint64_t waiting = backlog_rows(hub->backlog);

    writer_putf(writer,
                "{\"received\":%" PRIu64 ",\"posted\":%" PRIu64 ",\"stored\":%" PRIu64 ",\"waiting\":%" PRIu64
                ",\"duplicates\":%" PRIu64 ",\"impossible_values\":%" PRIu64 ",\"dropped_by_agents\":%" PRIu64
                ",\"stored_elsewhere\":%" PRIu64 ",\"instances_ended\":%" PRIu64 ",\"connections_rejected\":%" PRIu64
                ",\"handshakes\":",
                account->samples, account->posted, account->samples - waiting, waiting, account->duplicates,
                account->bad_values, intake_dropped(account), account->missing[GAP_ELSEWHERE], account->ended,
                account->rejected);
    put_handshakes(writer, &hub->handshakes);
    writer_put(writer, "}");
}

static void put_limits(struct writer *writer, const struct intake_hub *hub)
{
    writer_putf(writer, "{\"slowed\":%u,\"reached\":{", hub->slowed);
    for (unsigned limit = 0; limit < INTAKE_LIMITS; limit++) {
        answer_put_key(writer, intake_limit_names[limit], limit == 0);
        writer_putf(writer, "%" PRIu64, hub->account.limits[limit]);
    }
    writer_put(writer, "}}");
}

void answer_fleet_make(struct answer *answer)
{
    struct writer *writer = &answer->writer;
    const struct answer_world *world = answer->world;
    const struct fleet_counts_result *fleet = &world->counts->done;

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"version\":\"" HEADROOM_VERSION "\",\"started_ms\":%" PRId64,
                answer->when.wall_ms, world->process.started_wall_ms);
    writer_putf(writer, ",\"agent_port\":%u,\"agent_token\":%s", world->agent_port,
                world->config->keys.count > 0 ? "true" : "false");
    writer_put(writer, ",\"config\":");
    put_config(writer, world->config_in_force);
    writer_putf(writer, ",\"held\":%s,\"connected\":%u,\"nodes\":{", world->hub->held ? "true" : "false",
                *world->agents);
    put_counts(writer, fleet->nodes);
    writer_putf(writer, "},\"clocks_off\":%u,\"agents\":", fleet->clocks_off.count);
    put_agent_account(writer, &world->registry->agents);
    writer_put(writer, ",\"collector\":");
    put_collector_account(writer, world->hub);
    writer_put(writer, ",\"limits\":");
    put_limits(writer, world->hub);
    writer_put(writer, ",\"forwarders\":");
    forwarders_json_put(writer, world->forwarders, answer->when.now_ms);
    writer_put(writer, "}\n");
    answer->done = true;
}
