#include "sim/sim_uplink.h"

#include "common/random.h"
#include "sim/sim_load.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <string.h>

#define BACKOFF_MS_MIN     200U
#define BACKOFF_MS_MAX     10000U
#define SLOW_RETRY_MS      60000U
#define CONNECT_MS_MAX     3000U
#define UNREACHABLE_MS_MIN 1000U
#define PATIENCE_MS        500U
#define RESENT_MAX         64U
#define RETURN_MS_MAX      10000U /* sooner than the real ones: runs are short */

static struct route *current(struct sim_agent *agent)
{
    return &agent->routes[agent->route];
}

/* ---- when and whom to try ---- */

static void plan_attempt(struct sim_agent *agent)
{
    uint64_t now_ms = agent->world->now_ms;
    unsigned best = 0;

    for (unsigned i = 0; i < agent->route_count; i++) {
        if (agent->routes[i].not_before_ms <= now_ms + PATIENCE_MS) {
            best = i;
            break;
        }
        if (agent->routes[i].not_before_ms < agent->routes[best].not_before_ms)
            best = i;
    }
    agent->route = best;
    agent->attempt_ms = sim_later(agent->routes[best].not_before_ms, now_ms);
}

void uplink_begin(struct sim_agent *agent)
{
    for (unsigned i = 0; i < agent->route_count; i++) {
        backoff_init(&agent->routes[i].backoff, BACKOFF_MS_MIN, BACKOFF_MS_MAX, random_next(&agent->world->random));
        agent->routes[i].not_before_ms = 0;
    }
    plan_attempt(agent);
}

static void drop_connection(struct sim_agent *agent)
{
    sender_close(&agent->sender);
    if (agent->link != NULL)
        link_close(agent->world, agent->link, END_AGENT, false);
    agent->link = NULL;
    agent->connected = false;
    agent->connect_ms = NEVER;
    agent->deadline_ms = NEVER;
    agent->return_ms = NEVER;
    plan_attempt(agent);
}

static void fail(struct sim_agent *agent, const char *why, uint32_t at_least_ms)
{
    uint32_t wait_ms = backoff_next_ms(&current(agent)->backoff);

    if (wait_ms < at_least_ms)
        wait_ms = at_least_ms + wait_ms % (at_least_ms / 4 + 1);
    current(agent)->not_before_ms = agent->world->now_ms + wait_ms;
    sim_log(agent->world, "agent %u fails with collector %u: %s", agent->index, current(agent)->collector, why);
    drop_connection(agent);
}

static void attempt(struct sim_agent *agent)
{
    agent->attempt_ms = NEVER;
    agent->connect_ms = agent->world->now_ms + CONNECT_MS_MAX;
    agent->link = network_connect(agent->world, agent->index, current(agent)->collector);
    sim_log(agent->world, "agent %u tries collector %u by connection %u", agent->index, current(agent)->collector,
            agent->link->number);
}

void sim_agent_on_connect(struct sim_agent *agent, bool accepted)
{
    agent->connect_ms = NEVER;
    if (!accepted) {
        fail(agent, "it is not there", UNREACHABLE_MS_MIN);
        return;
    }
    agent->connected = true;
    agent->writing = false;
    agent->flowing = false;
    sender_open(&agent->sender, agent_uptime(agent));
    uplink_send(agent);
}

/* ---- sending ---- */

/* The rule of PROTOCOL.md: at most `credit` in flight, and a jump only when nothing is. */
static void note_sent_sample(struct sim_agent *agent, uint64_t seq, uint64_t uptime_ms)
{
    struct flight *flight = &agent->flight;
    struct truth_sample *sample = truth_at(agent->world, agent->spoken, seq);

    if (seq != flight->sent_seq + 1) {
        if (flight->sent_seq > sim_later(flight->acked_seq, flight->base_seq))
            sim_fail(agent->world, "agent %u jumps from seq %" PRIu64 " to %" PRIu64 " with samples in flight",
                     agent->index, flight->sent_seq, seq);
        flight->base_seq = seq - 1;
    }
    flight->sent_seq = seq;
    if (seq - sim_later(flight->acked_seq, flight->base_seq) > agent->sender.credit)
        sim_fail(agent->world, "agent %u sends seq %" PRIu64 " after %" PRIu64 " with a credit of %" PRIu32,
                 agent->index, seq, sim_later(flight->acked_seq, flight->base_seq), agent->sender.credit);
    sample->sent_uptime_ms[current(agent)->collector] = uptime_ms;
    sample->clock_gone |= agent->sender.outbox->clock_gone;
}

static void note_sent(struct sim_agent *agent, const uint8_t *out, size_t len)
{
    struct bytes message = {out + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN};
    Headroom__Frame *frame = NULL;

    if (wire_decode(&agent->world->arena, message, &frame) < 0)
        sim_fail(agent->world, "agent %u sends what is not a frame", agent->index);
    if (frame->body_case != HEADROOM__FRAME__BODY_BATCH)
        return;
    for (size_t i = 0; i < frame->batch->n_samples; i++)
        note_sent_sample(agent, frame->batch->samples[i]->seq, frame->batch->sent_uptime_ms);
}

static void arm_deadline(struct sim_agent *agent)
{
    uint64_t due_ms = sender_due_ms(&agent->sender);

    agent->deadline_ms = due_ms == NEVER ? NEVER : sim_later(due_ms + agent->boot_ms, agent->world->now_ms + 1);
}

void uplink_send(struct sim_agent *agent)
{
    struct world *world = agent->world;

    while (agent->connected && !agent->writing) {
        uint64_t now_ms = agent_uptime(agent);
        uint64_t uptime_ms = outbox_uptime_ms(agent->sender.outbox, now_ms, agent_wall(agent));
        size_t len = sender_produce(&agent->sender, now_ms, uptime_ms, world->out, sizeof world->out);
        if (len == 0)
            break;
        note_sent(agent, world->out, len);
        link_write(world, agent->link, END_AGENT, world->out, len);
        agent->writing = link_full(agent->link, END_AGENT);
    }
    if (agent->connected)
        arm_deadline(agent);
}

void sim_agent_on_room(struct sim_agent *agent)
{
    agent->writing = false;
    uplink_send(agent);
}

/* ---- answers ---- */

struct before {
    uint64_t acked_seq;
    struct loss losses[LOSSES_MAX];
    unsigned loss_count;
};

static void remember(const struct outbox *outbox, struct before *before)
{
    before->acked_seq = outbox->acked_seq;
    before->loss_count = outbox->loss_count;
    memcpy(before->losses, outbox->losses, outbox->loss_count * sizeof(struct loss));
}

/* Samples that now count as acknowledged must be on that collector's disk, also those that had counted as dropped. */
static void compare(struct sim_agent *agent, const struct before *before)
{
    const struct outbox *outbox = agent->sender.outbox;
    unsigned c = current(agent)->collector;

    for (uint64_t seq = before->acked_seq + 1; seq <= sim_earlier(outbox->acked_seq, agent->spoken->count); seq++)
        if (!truth_at(agent->world, agent->spoken, seq)->hole)
            truth_acked(agent->world, agent->spoken, seq, c);
    for (unsigned i = 0; i < before->loss_count; i++)
        for (uint64_t seq = before->losses[i].first_seq;
             seq <= sim_earlier(before->losses[i].last_seq, agent->spoken->count); seq++)
            if (sim_spool_loss(outbox, seq) == NULL)
                truth_acked(agent->world, agent->spoken, seq, c);
    agent->flight.acked_seq = agent->sender.stored_seq;
}

/* Sends what the collector has received, and not yet stored, once more. */
static void be_careless(struct sim_agent *agent)
{
    struct world *world = agent->world;
    Headroom__Sample samples[RESENT_MAX];
    Headroom__Sample *pointers[RESENT_MAX];
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    const struct outbox *outbox = agent->sender.outbox;
    uint64_t seq = sim_later(agent->sender.stored_seq + 1, outbox->oldest_seq);
    uint64_t last_seq = sim_earlier(agent->sender.sent_seq, outbox->newest_seq);

    if (!agent->careless || agent->writing)
        return;
    for (; seq <= last_seq && batch.n_samples < RESENT_MAX; seq++) {
        if (outbox_get(outbox, seq) == NULL)
            continue;
        wire_put_sample(outbox_get(outbox, seq), &samples[batch.n_samples]);
        pointers[batch.n_samples] = &samples[batch.n_samples];
        batch.n_samples++;
    }
    batch.samples = pointers;
    batch.sent_uptime_ms = outbox_uptime_ms(outbox, agent_uptime(agent), agent_wall(agent));
    frame.body_case = HEADROOM__FRAME__BODY_BATCH;
    frame.batch = &batch;
    link_write(world, agent->link, END_AGENT, world->out, wire_encode(&frame, world->out, sizeof world->out));
    world->totals.resent += batch.n_samples;
}

static void reject(struct sim_agent *agent)
{
    const struct sender_reject *reject = &agent->sender.reject;
    uint32_t at_least_ms = 0;

    if (reject->action == HEADROOM__ACTION__ACTION_NEXT_COLLECTOR)
        at_least_ms = UNREACHABLE_MS_MIN;
    else if (reject->action == HEADROOM__ACTION__ACTION_RETRY_SLOWLY)
        at_least_ms = SLOW_RETRY_MS;
    fail(agent, reject->text, at_least_ms);
}

static void note_flow(struct sim_agent *agent)
{
    if (agent->flowing || agent->sender.stored_seq <= agent->greeted_seq)
        return;
    agent->flowing = true;
    backoff_reset(&current(agent)->backoff);
}

/* All of an earlier run is acknowledged. */
static void leave_past(struct sim_agent *agent)
{
    const struct run *run = agent->spoken;

    note_flow(agent);
    for (uint64_t i = 0; i < run->count; i++)
        if (run->samples[i].fate == FATE_WAITING)
            sim_fail(agent->world, "agent %u is done with i%016" PRIx64 ", of which seq %" PRIu64 " waits",
                     agent->index, run->id, i + 1);
    sim_log(agent->world, "agent %u is done with i%016" PRIx64, agent->index, run->id);
    agent->world->totals.past_runs++;
    spool_finish(&agent->spool, agent->sender.outbox);
    sim_agent_speak_for_next(agent);
    drop_connection(agent);
}

/* false: the connection is gone. */
static bool act_on(struct sim_agent *agent, enum sender_event event)
{
    switch (event) {
    case SENDER_NOTHING:
        return true;
    case SENDER_WELCOME:
        spool_save(&agent->spool);
        agent->flight = (struct flight){.acked_seq = agent->sender.stored_seq, .sent_seq = agent->sender.sent_seq};
        agent->greeted_seq = agent->sender.stored_seq;
        if (agent->route != 0)
            agent->return_ms = agent->world->now_ms + sim_below(agent->world, RETURN_MS_MAX);
        be_careless(agent);
        return true;
    case SENDER_ACK:
        note_flow(agent);
        if (sender_done(&agent->sender))
            truth_left(agent->world, agent->spoken, agent->sender.outbox->newest_seq, current(agent)->collector);
        sim_agent_acknowledged(agent);
        return agent->connected;
    case SENDER_REJECTED:
        reject(agent);
        return false;
    case SENDER_AHEAD:
        sim_fail(agent->world, "collector %u is ahead of agent %u, which has produced only %" PRIu64 " samples",
                 current(agent)->collector, agent->index, agent->sender.outbox->newest_seq);
    case SENDER_PAST:
        truth_left(agent->world, agent->spoken, agent->sender.outbox->newest_seq, current(agent)->collector);
        leave_past(agent);
        return false;
    case SENDER_NO_MEMORY:
    case SENDER_BROKEN:
        break;
    }
    sim_fail(agent->world, "collector %u breaks the protocol, says agent %u", current(agent)->collector, agent->index);
}

void sim_agent_on_data(struct sim_agent *agent, struct bytes input)
{
    enum sender_event event = SENDER_NOTHING;
    struct before before;

    do {
        remember(agent->sender.outbox, &before);
        event = sender_receive(&agent->sender, &input, agent_uptime(agent));
        compare(agent, &before);
        if (!act_on(agent, event))
            return;
    } while (event != SENDER_NOTHING);
    uplink_send(agent);
}

void sim_agent_on_end(struct sim_agent *agent)
{
    fail(agent, "it closed the connection", 0);
}

/* ---- time ---- */

/* After Goodbye the collector is silent as long as gaps wait for its disk, and what was written last may have been
 * them. */
static bool awaited_gaps(struct sim_agent *agent)
{
    unsigned c = current(agent)->collector;
    struct node *node = registry_find_node(&agent->world->collectors[c].registry, agent->node_id);
    const struct instance *instance = node != NULL ? registry_find_instance(node, agent->spoken->id) : NULL;

    if (agent->sender.state != SENDER_LEFT || instance == NULL)
        return false;
    return instance_has_gaps(instance) || agent->world->now_ms - agent->world->collectors[c].written_ms <
                                              SILENT_ACK_INTERVALS * agent->sender.ack_interval_ms;
}

static void on_deadline(struct sim_agent *agent)
{
    if (!sender_dead(&agent->sender, agent_uptime(agent))) {
        uplink_send(agent);
        return;
    }
    if (!agent->link->disturbed && !awaited_gaps(agent))
        sim_fail(agent->world, "agent %u takes collector %u for dead, which is not", agent->index,
                 current(agent)->collector);
    fail(agent, "nothing heard for too long", 0);
}

/* primary_watch.c in small. */
static void look_for_first(struct sim_agent *agent)
{
    struct world *world = agent->world;
    unsigned first = agent->routes[0].collector;

    agent->return_ms = world->now_ms + sim_below(world, RETURN_MS_MAX);
    if (!world->collectors[first].running || world->network.parted_ms[agent->index][first] > world->now_ms ||
        agent->routes[0].not_before_ms > world->now_ms)
        return;
    sim_log(world, "agent %u returns to collector %u", agent->index, first);
    drop_connection(agent);
    world->totals.returns++;
}

void uplink_run(struct sim_agent *agent)
{
    uint64_t now_ms = agent->world->now_ms;

    if (agent->attempt_ms <= now_ms)
        attempt(agent);
    else if (agent->connect_ms <= now_ms)
        fail(agent, "no answer", UNREACHABLE_MS_MIN);
    else if (agent->return_ms <= now_ms)
        look_for_first(agent);
    else
        on_deadline(agent);
}
