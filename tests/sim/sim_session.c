/* What session.c and listener.c do, on a connection of the simulation: session_plan decides. */
#include "sim/sim_session.h"

#include "sim/sim_world.h"

#include <inttypes.h>

bool sim_collector_accept(struct sim_collector *collector, struct link *link)
{
    struct session *session = NULL;

    if (!collector->running || collector->stopping)
        return false;
    for (unsigned i = 0; i < SESSIONS_MAX && session == NULL; i++)
        if (collector->sessions[i].link == NULL)
            session = &collector->sessions[i];
    if (session == NULL)
        sim_fail(collector->world, "collector %u has more than %u sessions: are they not closed?", collector->index,
                 SESSIONS_MAX);
    *session = (struct session){.collector = collector, .link = link};
    session_plan_init(&session->plan, &collector->hub, session, sim_collector_mono(collector));
    session->timer_ms = collector->world->now_ms + session_plan_delay_ms(&session->plan, sim_collector_mono(collector));
    link->session = session;
    return true;
}

void session_close(struct session *session, bool abrupt)
{
    struct link *link = session->link;

    session_plan_close(&session->plan);
    session->link = NULL;
    link_close(session->collector->world, link, END_COLLECTOR, abrupt);
}

/* ---- rejects ---- */

static bool other_session_of_agents_node(const struct session *session)
{
    const struct sim_collector *collector = session->collector;
    const struct world *world = collector->world;
    unsigned node = world->agents[session->link->agent].node;

    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        const struct session *other = &collector->sessions[i];
        if (other != session && other->link != NULL && world->agents[other->link->agent].node == node)
            return true;
    }
    return false;
}

/* Pauses may be longer than the time for a Hello: of the agent that is to send it, or of the collector that is to read
 * it, where its last bytes come later than the first. */
static bool is_late_by_a_pause(const struct session *session)
{
    const struct world *world = session->collector->world;
    uint64_t paused_ms = sim_later(world->agents[session->link->agent].paused_ms, session->collector->paused_ms);

    return session->plan.intake.reject.node_id == NULL && world->now_ms < paused_ms + HELLO_MS_MAX;
}

/* Agents that follow the protocol, on connections that work, are rejected for these reasons only. */
static bool is_due(const struct session *session)
{
    switch (session->plan.intake.reject.code) {
    case HEADROOM__REJECT_CODE__REJECT_CODE_TWIN:
    case HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER:
        return other_session_of_agents_node(session);
    case HEADROOM__REJECT_CODE__REJECT_CODE_FULL:
        /* Rows of agents that are gone; or all instances of the node have gaps that are not on disk. */
        return session->collector->backlog.orphans > 0 ||
               session->collector->backlog.gap_count[0] + session->collector->backlog.gap_count[1] > 0;
    case HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING:
        return session->collector->stopping;
    case HEADROOM__REJECT_CODE__REJECT_CODE_IDLE:
        return session->link->disturbed || is_late_by_a_pause(session);
    case HEADROOM__REJECT_CODE__REJECT_CODE_MALFORMED: /* the connection ended inside a frame */
        return session->link->disturbed;
    default:
        return false;
    }
}

static void note_reject(struct session *session)
{
    struct world *world = session->collector->world;
    unsigned code = session->plan.intake.reject.code;

    sim_log(world, "collector %u rejects agent %u on connection %u: %s", session->collector->index,
            session->link->agent, session->link->number, session->plan.intake.reject.text);
    if (!is_due(session))
        sim_fail(world, "collector %u rejects agent %u, which did nothing wrong: %s", session->collector->index,
                 session->link->agent, session->plan.intake.reject.text);
    world->totals.rejects[code < REJECT_CODES ? code : 0]++;
}

/* ---- answers ---- */

void session_pump(struct session *session)
{
    struct sim_collector *collector = session->collector;
    struct world *world = collector->world;
    const struct intake *intake = &session->plan.intake;
    const struct instance *leaving = intake->state == INTAKE_LEAVING ? intake->instance : NULL;
    struct session_reply reply;
    enum session_step step = SESSION_WAIT;

    while ((step = session_plan_next(&session->plan, &reply)) == SESSION_WRITE) {
        if (reply.rejects)
            note_reject(session);
        if (leaving != NULL && intake_done(intake))
            truth_left(world, truth_find(&world->truth, leaving->id),
                       leaving->received_seq > intake->newest_seq ? leaving->received_seq : intake->newest_seq,
                       collector->index);
        link_write(world, session->link, END_COLLECTOR, reply.bytes, reply.len);
        if (link_full(session->link, END_COLLECTOR))
            session_plan_block(&session->plan, sim_collector_mono(collector));
    }
    if (step == SESSION_LINGER)
        session->timer_ms = world->now_ms + LINGER_MS;
}

void session_farewell(struct session *session)
{
    uint8_t out[FAREWELL_MAX];
    size_t len = session_plan_farewell(&session->plan, out);

    if (session->plan.intake.reject.code == HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING)
        note_reject(session);
    if (len > 0)
        link_write(session->collector->world, session->link, END_COLLECTOR, out, len);
    session_close(session, false);
}

/* ---- input ---- */

/* Checks the rows that one call has added to the backlog. */
static void note_received(struct sim_collector *collector, uint32_t before)
{
    const struct backlog *backlog = &collector->backlog;
    const struct row *rows = backlog->rows[backlog->filling];

    for (uint32_t i = before; i < backlog->count[backlog->filling]; i++) {
        struct run *run = truth_find(&collector->world->truth, rows[i].instance->id);
        if (run == NULL)
            sim_fail(collector->world, "collector %u takes a sample of an instance that never existed",
                     collector->index);
        truth_used(collector->world, run, collector->index);
        truth_check_sample(collector->world, run, &rows[i].sample);
    }
    rings_received(collector, rows + before, backlog->count[backlog->filling] - before);
}

/* Checks the gaps that one call has added. */
static void note_gaps(struct sim_collector *collector, uint32_t before)
{
    const struct backlog *backlog = &collector->backlog;
    const struct gap *gaps = backlog->gaps[backlog->filling];

    for (uint32_t i = before; i < backlog->gap_count[backlog->filling]; i++) {
        truth_check_gap(collector->world, truth_find(&collector->world->truth, gaps[i].instance), &gaps[i].range,
                        collector->index);
        collector->world->totals.gaps++;
    }
}

static void note_hello(struct session *session)
{
    struct sim_collector *collector = session->collector;

    if (session->had_node || session->plan.intake.instance == NULL)
        return;
    session->had_node = true;
    struct run *run = truth_find(&collector->world->truth, session->plan.intake.instance->id);
    if (run == NULL)
        sim_fail(collector->world, "collector %u knows an instance that never existed", collector->index);
    sim_log(collector->world, "collector %u welcomes agent %u after seq %" PRIu64 ", stored %" PRIu64, collector->index,
            session->link->agent, session->plan.intake.instance->received_seq,
            session->plan.intake.instance->stored_seq);
    truth_used(collector->world, run, collector->index);
}

void session_on_data(struct session *session, struct bytes input)
{
    struct sim_collector *collector = session->collector;
    const struct backlog *backlog = &collector->backlog;
    uint32_t before = backlog->count[backlog->filling];
    uint32_t gaps_before = backlog->gap_count[backlog->filling];

    if (collector->stopping ||
        !session_plan_receive(&session->plan, input, sim_collector_mono(collector), sim_collector_wall(collector)))
        return;
    note_hello(session);
    note_received(collector, before);
    note_gaps(collector, gaps_before);
    struct session *evicted = NULL;
    while ((evicted = intake_take_evicted(&session->plan.intake)) != NULL) {
        session_pump(evicted);
        collector->world->totals.takeovers++;
    }
    session_pump(session);
    store_poke_soon(&collector->store, intake_take_flush_now(&collector->hub));
}

void session_on_end(struct session *session)
{
    session_plan_unblock(&session->plan); /* the peer no longer reads */
    if (session_plan_receive_end(&session->plan))
        session_pump(session);
    else
        session_close(session, false);
}

void session_on_room(struct session *session)
{
    session_plan_unblock(&session->plan);
    session_pump(session);
}

void session_run(struct session *session)
{
    const struct sim_collector *collector = session->collector;
    bool clogged = session->plan.state == SESSION_WRITING;
    uint64_t delay_ms = 0;

    if (session_plan_tick(&session->plan, sim_collector_mono(collector), &delay_ms)) {
        session->timer_ms = collector->world->now_ms + delay_ms;
        session_pump(session);
        return;
    }
    if (clogged && !session->link->disturbed)
        sim_fail(collector->world, "collector %u closes connection %u, which takes all that is written",
                 collector->index, session->link->number);
    session_close(session, false);
}
