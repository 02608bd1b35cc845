#include "sim/sim_network.h"

#include "sim/sim_world.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN      256U
#define ROOM_MAX      65536U
#define REST_MS_MAX   4U /* between the pieces of what was written at once */
#define NOTICE_MS_MAX 2000U
#define AGENT_PIECE   4096U

void network_deinit(struct network *network)
{
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        free(network->links[i].to[END_AGENT].data);
        free(network->links[i].to[END_COLLECTOR].data);
    }
}

static enum end other(enum end end)
{
    return end == END_AGENT ? END_COLLECTOR : END_AGENT;
}

static const char *name_of(enum end end)
{
    return end == END_AGENT ? "agent" : "collector";
}

static uint64_t latency(struct world *world)
{
    return sim_below(world, world->network.latency_ms + 1);
}

static void pipe_reset(struct world *world, struct pipe *pipe)
{
    uint8_t *data = pipe->data;
    size_t size = pipe->size;

    *pipe = (struct pipe){.data = data, .size = size, .due_ms = NEVER};
    pipe->room = sim_chance(world, 30) ? sim_between(world, ROOM_MIN, 2 * (size_t)ROOM_MIN) : ROOM_MAX;
}

struct link *network_connect(struct world *world, unsigned agent, unsigned collector)
{
    struct network *network = &world->network;
    struct link *link = NULL;

    for (unsigned i = 0; i < LINKS_MAX && link == NULL; i++)
        if (!network->links[i].used)
            link = &network->links[i];
    if (link == NULL)
        sim_fail(world, "more than %u connections: which side does not close them?", LINKS_MAX);
    pipe_reset(world, &link->to[END_AGENT]);
    pipe_reset(world, &link->to[END_COLLECTOR]);
    link->used = true;
    link->number = ++network->connections;
    link->agent = agent;
    link->collector = collector;
    link->established = false;
    link->disturbed = false;
    link->open[END_AGENT] = true;
    link->open[END_COLLECTOR] = false;
    link->connect_ms = world->now_ms + latency(world);
    link->established_ms = NEVER;
    link->session = NULL;
    return link;
}

static void pipe_reserve(struct world *world, struct pipe *pipe, size_t size)
{
    if (size <= pipe->size)
        return;
    pipe->size = 2 * size;
    pipe->data = realloc(pipe->data, pipe->size);
    if (pipe->data == NULL)
        sim_fail(world, "the simulation itself is out of memory");
}

void link_write(struct world *world, struct link *link, enum end from, const uint8_t *data, size_t len)
{
    struct pipe *pipe = &link->to[other(from)];

    if (pipe->deaf || !link->open[other(from)])
        return;
    pipe_reserve(world, pipe, pipe->len + len);
    memcpy(pipe->data + pipe->len, data, len);
    pipe->len += len;
    if (pipe->due_ms == NEVER)
        pipe->due_ms = world->now_ms + latency(world);
}

bool link_full(struct link *link, enum end from)
{
    struct pipe *pipe = &link->to[other(from)];

    pipe->waiting = pipe->len > pipe->room;
    return pipe->waiting;
}

/* ---- the end ---- */

static void release_if_done(struct link *link)
{
    if (!link->open[END_AGENT] && !link->open[END_COLLECTOR])
        link->used = false;
}

static void close_own_end(struct link *link, enum end end)
{
    link->open[end] = false;
    link->to[end].len = 0;
    link->to[end].due_ms = NEVER;
    if (end == END_AGENT)
        link->established_ms = NEVER;
    else
        link->session = NULL;
}

void link_close(struct world *world, struct link *link, enum end end, bool abrupt)
{
    struct pipe *out = &link->to[other(end)];

    close_own_end(link, end);
    if (link->connect_ms != NEVER)
        link->used = false; /* before the collector heard of it */
    link->disturbed = link->disturbed || abrupt;
    if (abrupt)
        out->len = sim_below(world, out->len + 1);
    if (!out->deaf && link->open[other(end)]) {
        out->closing = true;
        if (out->due_ms == NEVER)
            out->due_ms = world->now_ms + latency(world);
    }
    release_if_done(link);
}

void link_vanish(struct world *world, struct link *link, enum end end)
{
    sim_log(world, "connection %u: the %s is gone without notice", link->number, name_of(end));
    close_own_end(link, end);
    if (link->connect_ms != NEVER)
        link->used = false;
    link->to[other(end)].deaf = true;
    link->to[other(end)].len = 0;
    link->to[other(end)].due_ms = NEVER;
    link->disturbed = true;
    release_if_done(link);
}

void link_cut(struct world *world, struct link *link)
{
    link->disturbed = true;
    for (enum end end = END_AGENT; end <= END_COLLECTOR; end++) {
        struct pipe *pipe = &link->to[end];
        if (!link->open[end] || pipe->deaf || pipe->closing)
            continue;
        pipe->len = sim_below(world, pipe->len + 1);
        bool noticed = sim_chance(world, 50);
        sim_log(world, "connection %u is cut: the %s %s", link->number, name_of(end),
                noticed ? "will notice" : "will not notice");
        pipe->closing = noticed;
        pipe->due_ms = noticed || pipe->len > 0 ? world->now_ms + sim_below(world, NOTICE_MS_MAX) : NEVER;
        pipe->deaf = true; /* for what is written from here on */
    }
}

/* ---- arrival ---- */

static uint64_t pipe_due(const struct world *world, const struct link *link, enum end end)
{
    uint64_t paused_ms =
        end == END_AGENT ? world->agents[link->agent].paused_ms : world->collectors[link->collector].paused_ms;
    uint64_t due_ms = link->to[end].due_ms;

    if (due_ms == NEVER || !link->open[end] || (end == END_AGENT && !link->established))
        return NEVER;
    due_ms = sim_later(due_ms, paused_ms);
    return sim_later(due_ms, world->network.parted_ms[link->agent][link->collector]);
}

static uint64_t connect_due(const struct world *world, const struct link *link)
{
    if (link->connect_ms == NEVER)
        return NEVER;
    return sim_later(link->connect_ms, world->network.parted_ms[link->agent][link->collector]);
}

static uint64_t established_due(const struct world *world, const struct link *link)
{
    if (link->established_ms == NEVER)
        return NEVER;
    return sim_later(link->established_ms, world->agents[link->agent].paused_ms);
}

uint64_t link_due(const struct world *world, const struct link *link)
{
    uint64_t due_ms = sim_earlier(connect_due(world, link), established_due(world, link));

    due_ms = sim_earlier(due_ms, pipe_due(world, link, END_AGENT));
    return sim_earlier(due_ms, pipe_due(world, link, END_COLLECTOR));
}

/* The collector's machine answers, whether the program is awake or not. */
static void connect_now(struct world *world, struct link *link)
{
    link->connect_ms = NEVER;
    link->open[END_COLLECTOR] = sim_collector_accept(&world->collectors[link->collector], link);
    link->established_ms = world->now_ms + latency(world);
}

static void establish(struct world *world, struct link *link)
{
    bool accepted = link->session != NULL || link->to[END_AGENT].closing || link->to[END_AGENT].deaf;

    link->established_ms = NEVER;
    link->established = accepted;
    sim_agent_on_connect(&world->agents[link->agent], accepted);
}

static size_t piece_of(struct world *world, const struct pipe *pipe, enum end end)
{
    size_t most = end == END_AGENT ? AGENT_PIECE : PIECE_MAX;
    size_t count = sim_chance(world, 80) ? pipe->len : sim_between(world, 1, pipe->len);

    return count < most ? count : most;
}

static void on_end(struct world *world, struct link *link, enum end end)
{
    if (end == END_AGENT)
        sim_agent_on_end(&world->agents[link->agent]);
    else
        session_on_end(link->session);
}

static void on_room(struct world *world, struct link *link, enum end end)
{
    if (end == END_AGENT)
        sim_agent_on_room(&world->agents[link->agent]);
    else
        session_on_room(link->session);
}

static void deliver(struct world *world, struct link *link, enum end end)
{
    struct pipe *pipe = &link->to[end];
    size_t count = pipe->len > 0 ? piece_of(world, pipe, end) : 0;

    pipe->due_ms = NEVER;
    if (count == 0) {
        if (pipe->closing)
            on_end(world, link, end);
        return;
    }
    memcpy(world->network.piece, pipe->data, count);
    pipe->len -= count;
    memmove(pipe->data, pipe->data + count, pipe->len);
    if (pipe->len > 0 || pipe->closing)
        pipe->due_ms = world->now_ms + sim_below(world, REST_MS_MAX + 1);
    bool room = pipe->waiting && pipe->len <= pipe->room;
    struct bytes bytes = {world->network.piece, count};
    if (end == END_AGENT)
        sim_agent_on_data(&world->agents[link->agent], bytes);
    else
        session_on_data(link->session, bytes);
    if (room && link->used && link->open[other(end)]) {
        pipe->waiting = false;
        on_room(world, link, other(end));
    }
}

void link_run(struct world *world, struct link *link)
{
    uint64_t due_ms = link_due(world, link);

    if (connect_due(world, link) == due_ms)
        connect_now(world, link);
    else if (established_due(world, link) == due_ms)
        establish(world, link);
    else if (pipe_due(world, link, END_AGENT) == due_ms)
        deliver(world, link, END_AGENT);
    else
        deliver(world, link, END_COLLECTOR);
}
