#include "sim/sim_check.h"

#include "sim/sim_world.h"

#include <inttypes.h>

#define SLACK_MS 10U

/* ---- agents ---- */

static void check_outbox(const struct sim_agent *agent, const struct outbox *outbox)
{
    const struct outbox_account *account = &outbox->account;
    uint64_t waiting = outbox_waiting(outbox);

    if (account->produced != account->acknowledged + outbox_dropped(outbox) + waiting)
        sim_fail(agent->world,
                 "agent %u: %" PRIu64 " produced, but %" PRIu64 " acknowledged, %" PRIu64 " dropped, %" PRIu64
                 " waiting",
                 agent->index, account->produced, account->acknowledged, outbox_dropped(outbox), waiting);
    if (outbox->newest_seq + 1 - outbox->oldest_seq > outbox->capacity)
        sim_fail(agent->world, "agent %u holds more samples than there is room for", agent->index);
}

static void check_agent(const struct world *world, const struct sim_agent *agent)
{
    if (agent->state == AGENT_DOWN)
        return;
    for (unsigned i = 0; i < agent->spool.count; i++)
        check_outbox(agent, &agent->spool.runs[i]);
    const struct outbox *present = &agent->spool.runs[agent->spool.count - 1];
    if (present->newest_seq != agent->run->count || present->account.produced != agent->run->count + present->strays)
        sim_fail(world, "agent %u counts %" PRIu64 " samples and %" PRIu64 " strays, but has produced %" PRIu64,
                 agent->index, present->account.produced, present->strays, agent->run->count);
}

/* The agent's account agrees with what became of each sample. */
static void check_fates(const struct world *world, const struct sim_agent *agent)
{
    uint64_t acked = 0;

    if (agent->state == AGENT_DOWN || agent->run->unclear)
        return;
    const struct outbox *present = &agent->spool.runs[agent->spool.count - 1];
    uint64_t dropped = present->strays;
    for (uint64_t i = 0; i < agent->run->count; i++) {
        acked += agent->run->samples[i].fate == FATE_ACKED;
        dropped += agent->run->samples[i].fate == FATE_DROPPED;
    }
    if (acked != present->account.acknowledged || dropped != outbox_dropped(present))
        sim_fail(world,
                 "agent %u counts %" PRIu64 " acknowledged and %" PRIu64 " dropped; it was %" PRIu64 " and %" PRIu64,
                 agent->index, present->account.acknowledged, outbox_dropped(present), acked, dropped);
}

/* ---- both ---- */

/* A dead peer is noticed within three ack intervals, unless the process itself was paused. */
static bool is_overdue(const struct world *world, uint64_t heard_ms, uint64_t paused_ms, uint32_t ack_interval_ms,
                       unsigned intervals)
{
    return world->now_ms > sim_later(heard_ms, paused_ms) + (uint64_t)intervals * ack_interval_ms + SLACK_MS;
}

static void check_hearing(const struct world *world, const struct sim_agent *agent)
{
    const struct sender *sender = &agent->sender;

    if (agent->state != AGENT_DOWN && sender->state == SENDER_STREAMING &&
        is_overdue(world, sender->heard_ms + agent->boot_ms + send_pace_limit_ms(&sender->pace), agent->paused_ms,
                   sender->ack_interval_ms, SILENT_ACK_INTERVALS))
        sim_fail(world, "agent %u has heard nothing for too long, and stays connected", agent->index);
}

static void check_heard(const struct session *session)
{
    const struct sim_collector *collector = session->collector;

    if (session->plan.intake.state == INTAKE_STREAMING && !collector->stopping &&
        is_overdue(collector->world, session->plan.intake.heard_ms + collector->boot_ms, collector->paused_ms,
                   collector->ack_interval_ms, SILENT_ACK_INTERVALS))
        sim_fail(collector->world, "collector %u has heard nothing on connection %u for too long, and leaves it open",
                 collector->index, session->link->number);
}

/* ---- collectors ---- */

static void check_instance(const struct sim_collector *collector, const struct instance *instance, uint64_t *pending,
                           uint64_t *orphans)
{
    if (instance->stored_seq > instance->received_seq ||
        instance->pending != instance->half[0].rows + instance->half[1].rows)
        sim_fail(collector->world, "collector %u: received %" PRIu64 ", stored %" PRIu64 ", %" PRIu32 " pending of %s",
                 collector->index, instance->received_seq, instance->stored_seq, instance->pending, instance->node->id);
    *pending += instance->pending;
    *orphans += instance->intake == NULL ? instance->pending : 0;
}

/* Each row in the backlog is pending in its instance, and those of instances without a session count as orphans. */
static void check_backlog(const struct sim_collector *collector)
{
    const struct backlog *backlog = &collector->backlog;
    uint64_t pending = 0;
    uint64_t orphans = 0;

    for (unsigned i = 0; i < collector->registry.node_count; i++)
        for (const struct instance *each = collector->registry.nodes[i]->instances; each != NULL; each = each->next)
            check_instance(collector, each, &pending, &orphans);
    if (pending != backlog_rows(backlog) || orphans != backlog->orphans)
        sim_fail(collector->world,
                 "collector %u: %" PRIu64 " rows pending, %" PRIu64 " orphans; its backlog has %" PRIu32 " and %" PRIu32
                 ", and %" PRIu64,
                 collector->index, pending, orphans, backlog->count[0], backlog->count[1], backlog->orphans);
}

/* A node has one session, and each points to the other. */
static void check_sessions(const struct sim_collector *collector)
{
    unsigned streaming = 0;

    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        const struct session *session = &collector->sessions[i];
        const struct intake *intake = &session->plan.intake;
        if (session->link == NULL || intake->instance == NULL)
            continue;
        streaming++;
        check_heard(session);
        if (intake->node->intake != intake || intake->instance->intake != intake)
            sim_fail(collector->world, "collector %u: two sessions speak for node %s", collector->index,
                     intake->node->id);
    }
    if (streaming != collector->hub.streaming)
        sim_fail(collector->world, "collector %u counts %" PRIu32 " sessions with a node; there are %u",
                 collector->index, collector->hub.streaming, streaming);
}

void check_world(struct world *world)
{
    for (unsigned i = 0; i < world->agent_count; i++) {
        check_agent(world, &world->agents[i]);
        check_hearing(world, &world->agents[i]);
    }
    for (unsigned i = 0; i < world->collector_count; i++) {
        if (!world->collectors[i].running)
            continue;
        check_backlog(&world->collectors[i]);
        check_sessions(&world->collectors[i]);
    }
}

/* ---- the end ---- */

void check_end(struct world *world)
{
    for (unsigned i = 0; i < world->agent_count; i++)
        check_fates(world, &world->agents[i]);
    for (unsigned i = 0; i < world->collector_count; i++)
        if (world->collectors[i].running)
            rings_check(&world->collectors[i]);
    truth_check_end(world);
}

void check_stuck(const struct world *world)
{
    for (unsigned i = 0; i < world->agent_count; i++) {
        const struct sim_agent *agent = &world->agents[i];
        if (agent->state != AGENT_DOWN && spool_waiting(&agent->spool) > 0)
            sim_fail(world, "agent %u still has %" PRIu64 " samples waiting, long after the last fault", agent->index,
                     spool_waiting(&agent->spool));
        if (agent->state == AGENT_RUNNING && agent->sender.state != SENDER_STREAMING)
            sim_fail(world, "agent %u has no session, long after the last fault", agent->index);
    }
    sim_fail(world, "a collector still has rows waiting, long after the last fault");
}
