/* session.c and listener.c over again in small. */
#include "sim/sim_session.h"

#include "sim/sim_world.h"

#include <inttypes.h>

#define LINGER_MS 1000U

bool sim_collector_accept(struct sim_collector *collector, struct link *link)
{
    struct session *session = NULL;

    if (!collector->running || collector->stopping)
        return false;
    for (unsigned i = 0; i < SESSIONS_MAX && session == NULL; i++)
        if (collector->sessions[i].link == NULL)
            session = &collector->sessions[i];
    if (session == NULL)
        sim_fail(collector->world, "collector %u has more than %u sessions: who does not close them?", collector->index,
                 SESSIONS_MAX);
    *session = (struct session){.collector = collector, .link = link};
    intake_init(&session->intake, &collector->hub, session, sim_collector_mono(collector));
    session->timer_ms = collector->world->now_ms + collector->ack_interval_ms;
    link->session = session;
    return true;
}

void session_close(struct session *session, bool abrupt)
{
    struct link *link = session->link;

    intake_detach(&session->intake);
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

/* Honest agents on connections that work are turned away for these reasons only. */
static bool is_due(const struct session *session)
{
    switch (session->intake.reject.code) {
    case HEADROOM__REJECT_CODE__REJECT_CODE_TWIN:
    case HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER:
        return other_session_of_agents_node(session);
    case HEADROOM__REJECT_CODE__REJECT_CODE_FULL:
        /* Rows of nobody; or all places of the node's instances have gaps on their way to the disk. */
        return session->collector->backlog.orphans > 0 ||
               session->collector->backlog.gap_count[0] + session->collector->backlog.gap_count[1] > 0;
    case HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING:
        return session->collector->stopping;
    case HEADROOM__REJECT_CODE__REJECT_CODE_IDLE:
    case HEADROOM__REJECT_CODE__REJECT_CODE_MALFORMED: /* it ended inside a frame */
        return session->link->disturbed;
    default:
        return false;
    }
}

static void note_reject(struct session *session)
{
    struct world *world = session->collector->world;
    unsigned code = session->intake.reject.code;

    sim_log(world, "collector %u rejects agent %u on connection %u: %s", session->collector->index,
            session->link->agent, session->link->number, session->intake.reject.text);
    if (!is_due(session))
        sim_fail(world, "collector %u rejects agent %u, which did nothing wrong: %s", session->collector->index,
                 session->link->agent, session->intake.reject.text);
    world->totals.rejects[code < REJECT_CODES ? code : 0]++;
}

/* ---- answers ---- */

void session_pump(struct session *session)
{
    struct sim_collector *collector = session->collector;
    struct world *world = collector->world;
    uint8_t out[REPLY_LEN_MAX];

    while (session->link != NULL && !session->writing && !session->lingering) {
        if (session->intake.state == INTAKE_REJECTED)
            note_reject(session);
        const struct instance *leaving = session->intake.state == INTAKE_LEAVING ? session->intake.instance : NULL;
        uint64_t told_seq = session->intake.newest_seq;
        if (leaving != NULL && leaving->received_seq > told_seq)
            told_seq = leaving->received_seq;
        size_t len = intake_produce(&session->intake, out, sizeof out);
        if (len == 0)
            break;
        if (leaving != NULL && intake_done(&session->intake))
            truth_left(world, truth_find(&world->truth, leaving->id), told_seq, collector->index);
        link_write(world, session->link, END_COLLECTOR, out, len);
        session->writing = link_full(session->link, END_COLLECTOR);
        session->writing_since_ms = world->now_ms;
    }
    if (session->link != NULL && !session->writing && !session->lingering && intake_done(&session->intake)) {
        session->lingering = true;
        session->timer_ms = world->now_ms + LINGER_MS;
    }
}

void session_farewell(struct session *session)
{
    struct sim_collector *collector = session->collector;
    uint8_t out[3 * REPLY_LEN_MAX];
    size_t used = 0;

    intake_want_ack(&session->intake);
    for (unsigned i = 0; i < 2; i++)
        used += intake_produce(&session->intake, out + used, REPLY_LEN_MAX);
    intake_reject(&session->intake, HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING,
                  "the collector stops");
    if (session->intake.state == INTAKE_REJECTED)
        note_reject(session);
    used += intake_produce(&session->intake, out + used, REPLY_LEN_MAX);
    if (!session->writing && used > 0)
        link_write(collector->world, session->link, END_COLLECTOR, out, used);
    session_close(session, false);
}

/* ---- what comes ---- */

/* The rows that one call has added. */
static void note_received(struct sim_collector *collector, uint32_t before)
{
    const struct backlog *backlog = &collector->backlog;
    const struct row *rows = backlog->rows[backlog->filling];

    for (uint32_t i = before; i < backlog->count[backlog->filling]; i++) {
        struct run *run = truth_find(&collector->world->truth, rows[i].instance->id);
        if (run == NULL)
            sim_fail(collector->world, "collector %u takes a sample of an instance that never was", collector->index);
        truth_used(collector->world, run, collector->index);
        truth_check_sample(collector->world, run, &rows[i].sample);
    }
    rings_received(collector, rows + before, backlog->count[backlog->filling] - before);
}

/* The gaps that one call has found. */
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

    if (session->had_node || session->intake.instance == NULL)
        return;
    session->had_node = true;
    struct run *run = truth_find(&collector->world->truth, session->intake.instance->id);
    if (run == NULL)
        sim_fail(collector->world, "collector %u knows an instance that never was", collector->index);
    sim_log(collector->world, "collector %u welcomes agent %u after seq %" PRIu64 ", stored %" PRIu64, collector->index,
            session->link->agent, session->intake.instance->received_seq, session->intake.instance->stored_seq);
    truth_used(collector->world, run, collector->index);
}

void session_on_data(struct session *session, struct bytes input)
{
    struct sim_collector *collector = session->collector;
    const struct backlog *backlog = &collector->backlog;
    uint32_t before = backlog->count[backlog->filling];
    uint32_t gaps_before = backlog->gap_count[backlog->filling];

    if (session->lingering || collector->stopping)
        return;
    intake_receive(&session->intake, input, sim_collector_mono(collector), sim_collector_wall(collector));
    note_hello(session);
    note_received(collector, before);
    note_gaps(collector, gaps_before);
    if (session->intake.evicted != NULL) {
        struct session *evicted = session->intake.evicted->owner;
        session->intake.evicted = NULL;
        session_pump(evicted);
        collector->world->totals.takeovers++;
    }
    session_pump(session);
    bool hurry = collector->hub.hurry;
    collector->hub.hurry = false;
    store_poke_soon(&collector->store, hurry);
}

void session_on_end(struct session *session)
{
    intake_end(&session->intake);
    session->writing = false; /* nobody reads it any more */
    if (session->intake.state == INTAKE_REJECTED)
        session_pump(session);
    else
        session_close(session, false);
}

void session_on_room(struct session *session)
{
    session->writing = false;
    session_pump(session);
}

static void arm(struct session *session)
{
    const struct sim_collector *collector = session->collector;
    uint64_t due_ms = collector->world->now_ms + collector->ack_interval_ms;
    uint64_t silent_ms = intake_due_ms(&session->intake);

    session->timer_ms = silent_ms == NEVER ? due_ms : sim_earlier(due_ms, silent_ms + collector->boot_ms);
}

void session_run(struct session *session)
{
    struct sim_collector *collector = session->collector;

    if (session->lingering) {
        session_close(session, false);
        return;
    }
    if (session->writing &&
        collector->world->now_ms - session->writing_since_ms >= SILENT_ACK_INTERVALS * collector->ack_interval_ms) {
        if (!session->link->disturbed)
            sim_fail(collector->world, "collector %u closes connection %u, which takes what it says", collector->index,
                     session->link->number);
        session_close(session, false);
        return;
    }
    intake_tick(&session->intake, sim_collector_mono(collector));
    arm(session);
    session_pump(session);
}
