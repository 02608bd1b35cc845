#include "sim/sim_uplink.h"

#include "common/random.h"
#include "sim/sim_load.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <string.h>

#define RESENT_MAX 64U

/* Of the watch of the primary: less than the real ones, because runs are short. */
#define PROBE_MS_MAX  2000U
#define STEADY_MS_MAX 8000U

static void act(struct sim_agent *agent, enum uplink_action action);

static unsigned current(const struct sim_agent *agent)
{
    return agent->collectors[agent->plan.current];
}

/* ---- attempts and ends ---- */

static void arm_timer(struct sim_agent *agent)
{
    uint64_t now_ms = agent_uptime(agent);
    uint64_t due_ms = uplink_plan_due_ms(&agent->plan, now_ms);

    agent->plan_ms = due_ms == NEVER ? NEVER : agent->boot_ms + sim_later(due_ms, now_ms + 1);
}

void uplink_begin(struct sim_agent *agent)
{
    struct world *world = agent->world;

    uplink_plan_init(&agent->plan, &agent->sender, agent->collector_count, random_next(&world->random),
                     agent_uptime(agent));
    agent->plan.primary.interval_ms = (uint32_t)sim_between(world, 1, PROBE_MS_MAX);
    agent->plan.primary.steady_ms = (uint32_t)sim_below(world, STEADY_MS_MAX);
    arm_timer(agent);
}

static void drop(struct sim_agent *agent)
{
    bool spoke = agent->sender.state != SENDER_CLOSED;

    if (agent->plan.what != NULL)
        sim_log(agent->world, "agent %u: %s collector %u: %s", agent->index, agent->plan.what, current(agent),
                agent->plan.why);
    sender_close(&agent->sender);
    if (agent->link != NULL)
        link_close(agent->world, agent->link, END_AGENT, false);
    agent->link = NULL;
    agent->connect_ms = NEVER;
    arm_timer(agent);
    if (spoke)
        (void)delivery_on_event(&agent->delivery, UPLINK_DOWN);
}

static void dial(struct sim_agent *agent)
{
    agent->plan_ms = NEVER;
    agent->connect_ms = agent->world->now_ms + UPLINK_CONNECT_MS_MAX;
    agent->link = network_connect(agent->world, agent->index, current(agent));
    sim_log(agent->world, "agent %u tries collector %u by connection %u", agent->index, current(agent),
            agent->link->number);
}

static void give_up(struct sim_agent *agent, const char *why)
{
    act(agent, uplink_plan_on_unreachable(&agent->plan, "can't reach", why, agent_uptime(agent)));
}

void sim_agent_on_connect(struct sim_agent *agent, bool accepted)
{
    agent->connect_ms = NEVER;
    if (!accepted) {
        give_up(agent, "it is not there");
        return;
    }
    sender_open(&agent->sender, agent_uptime(agent));
    act(agent, uplink_plan_on_connected(&agent->plan));
}

/* ---- sending ---- */

/* The rule of PROTOCOL.md: at most `credit` in flight, and a jump only when nothing is in flight. */
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
    sample->sent_uptime_ms[current(agent)] = uptime_ms;
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

void uplink_send(struct sim_agent *agent)
{
    struct world *world = agent->world;

    while (uplink_plan_may_write(&agent->plan)) {
        uint64_t now_ms = agent_uptime(agent);
        uint64_t uptime_ms = outbox_uptime_ms(agent->sender.outbox, now_ms, agent_wall(agent));
        size_t len = sender_produce(&agent->sender, now_ms, uptime_ms, world->out, sizeof world->out);
        if (len == 0)
            break;
        note_sent(agent, world->out, len);
        link_write(world, agent->link, END_AGENT, world->out, len);
        if (link_full(agent->link, END_AGENT))
            uplink_plan_on_write_pending(&agent->plan);
    }
    if (uplink_plan_connected(&agent->plan))
        arm_timer(agent);
}

void sim_agent_on_room(struct sim_agent *agent)
{
    act(agent, uplink_plan_on_written(&agent->plan));
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

/* Samples that count as acknowledged now must be on that collector's disk, even if they had counted as dropped. */
static void compare(struct sim_agent *agent, const struct before *before)
{
    const struct outbox *outbox = agent->sender.outbox;
    unsigned c = current(agent);

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

/* Sends samples again that the collector has received and not yet stored. */
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

    if (!agent->careless || !uplink_plan_may_write(&agent->plan))
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

/* All of an earlier run is acknowledged. */
static void leave_past(struct sim_agent *agent)
{
    const struct run *run = agent->spoken;

    for (uint64_t i = 0; i < run->count; i++)
        if (run->samples[i].fate == FATE_WAITING)
            sim_fail(agent->world, "agent %u is done with i%016" PRIx64 ", of which seq %" PRIu64 " waits",
                     agent->index, run->id, i + 1);
    sim_log(agent->world, "agent %u is done with i%016" PRIx64, agent->index, run->id);
    agent->world->totals.past_runs++;
    (void)delivery_on_event(&agent->delivery, UPLINK_PAST);
    sim_agent_note_run(agent);
}

/* What the agent does at an event of its session, as agent.c does; it may end the process. */
static void report(struct sim_agent *agent, enum sender_event event)
{
    switch (event) {
    case SENDER_WELCOME:
        (void)delivery_on_event(&agent->delivery, UPLINK_UP);
        agent->flight = (struct flight){.acked_seq = agent->sender.stored_seq, .sent_seq = agent->sender.sent_seq};
        be_careless(agent);
        break;
    case SENDER_ACK:
        if (sender_done(&agent->sender))
            truth_left(agent->world, agent->spoken, agent->sender.outbox->newest_seq, current(agent));
        if (delivery_on_event(&agent->delivery, UPLINK_ACKED))
            sim_agent_end_in_order(agent);
        break;
    case SENDER_AHEAD:
        sim_fail(agent->world, "collector %u is ahead of agent %u, which has produced only %" PRIu64 " samples",
                 current(agent), agent->index, agent->sender.outbox->newest_seq);
    case SENDER_PAST:
        truth_left(agent->world, agent->spoken, agent->sender.outbox->newest_seq, current(agent));
        leave_past(agent);
        break;
    case SENDER_NO_MEMORY:
    case SENDER_BROKEN:
        sim_fail(agent->world, "collector %u breaks the protocol, according to agent %u", current(agent), agent->index);
    case SENDER_REJECTED:
    case SENDER_NOTHING:
        break;
    }
}

void sim_agent_on_data(struct sim_agent *agent, struct bytes input)
{
    enum uplink_action action = UPLINK_DO_RECEIVE;
    struct before before;

    while (action == UPLINK_DO_RECEIVE && uplink_plan_connected(&agent->plan)) {
        remember(agent->sender.outbox, &before);
        enum sender_event event = sender_receive(&agent->sender, &input, agent_uptime(agent));
        compare(agent, &before);
        action = uplink_plan_on_sender(&agent->plan, event, agent_uptime(agent));
        report(agent, event);
    }
    act(agent, action);
}

void sim_agent_on_end(struct sim_agent *agent)
{
    act(agent, uplink_plan_on_lost(&agent->plan, "the collector closed the connection", agent_uptime(agent)));
}

/* The attempt takes no time. */
static void probe_primary(struct sim_agent *agent)
{
    struct world *world = agent->world;
    unsigned primary = agent->collectors[0];
    bool reachable =
        world->collectors[primary].running && world->network.parted_ms[agent->index][primary] <= world->now_ms;
    enum uplink_action action = uplink_plan_on_probe(&agent->plan, reachable, agent_uptime(agent));

    if (action == UPLINK_DO_DROP) {
        sim_log(world, "agent %u returns to collector %u", agent->index, primary);
        world->totals.returns++;
    }
    act(agent, action);
}

static void act(struct sim_agent *agent, enum uplink_action action)
{
    if (agent->plan.state == UPLINK_CLOSED)
        return;
    switch (action) {
    case UPLINK_DO_WAIT:
        arm_timer(agent);
        break;
    case UPLINK_DO_DIAL:
        dial(agent);
        break;
    case UPLINK_DO_PUMP:
        uplink_send(agent);
        break;
    case UPLINK_DO_PROBE:
        probe_primary(agent);
        break;
    case UPLINK_DO_DROP:
        drop(agent);
        break;
    case UPLINK_DO_RECEIVE:
        break;
    }
}

/* ---- time ---- */

/* After Goodbye the collector is silent while gaps wait for its disk, and its last write may have been those gaps. */
static bool awaited_gaps(struct sim_agent *agent)
{
    unsigned c = current(agent);
    struct node *node = registry_find_node(&agent->world->collectors[c].registry, agent->node_id);
    const struct instance *instance = node != NULL ? registry_find_instance(node, agent->spoken->id) : NULL;

    if (agent->sender.state != SENDER_LEFT || instance == NULL)
        return false;
    return registry_instance_has_gaps(instance) ||
           agent->world->now_ms - agent->world->collectors[c].written_ms <
               SILENT_ACK_INTERVALS * agent->sender.ack_interval_ms + send_pace_limit_ms(&agent->sender.pace);
}

static void on_plan_due(struct sim_agent *agent)
{
    bool connected = uplink_plan_connected(&agent->plan);
    enum uplink_action action = uplink_plan_on_time(&agent->plan, agent_uptime(agent));

    if (connected && action == UPLINK_DO_DROP && !agent->link->disturbed && !awaited_gaps(agent))
        sim_fail(agent->world, "agent %u takes collector %u for dead, which is not", agent->index, current(agent));
    act(agent, action);
}

uint64_t uplink_due(const struct sim_agent *agent)
{
    return sim_earlier(agent->plan_ms, agent->connect_ms);
}

void uplink_run(struct sim_agent *agent)
{
    if (agent->connect_ms <= agent->world->now_ms)
        give_up(agent, "no answer");
    else
        on_plan_due(agent);
}
