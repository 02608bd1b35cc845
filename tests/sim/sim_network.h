/* Connections between agents and collectors: two streams of bytes each, which come late, in pieces, not at all, or end
 * at any byte, with or without notice to either side. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim/sim.h"

#include <stddef.h>
#include <stdint.h>

#define LINKS_MAX 128U
#define PIECE_MAX 16384U

enum end { END_AGENT, END_COLLECTOR };

/* The bytes in flight to one end. */
struct pipe {
    uint8_t *data;
    size_t len;
    size_t size;
    size_t room;     /* a write that leaves more than this in flight has to wait, as with a full socket buffer */
    uint64_t due_ms; /* the next piece arrives */
    bool closing;    /* the end of the stream follows the bytes */
    bool deaf;       /* nothing arrives any more, and neither end is notified */
    bool waiting;    /* the writer waits for room */
};

struct session;

struct link {
    bool used;
    unsigned number; /* in the log */
    unsigned agent;
    unsigned collector;
    uint64_t connect_ms;     /* when the collector accepts it */
    uint64_t established_ms; /* when the agent sees that */
    bool established;
    bool open[2];
    bool disturbed; /* a fault has touched it, so it may end in any way */
    struct pipe to[2];
    struct session *session;
};

struct network {
    struct link links[LINKS_MAX];
    unsigned connections;
    uint64_t latency_ms;
    uint64_t parted_ms[SIM_AGENTS_MAX][SIM_COLLECTORS_MAX]; /* until then nothing gets through */
    uint8_t piece[PIECE_MAX];
};

void network_deinit(struct network *network);

/* The agent connects. The answer is sim_agent_on_connect(), or nothing at all. */
struct link *network_connect(struct world *world, unsigned agent, unsigned collector);

/* One end writes. Then link_full() is whether it has to wait for room; on_room follows when there is some. */
void link_write(struct world *world, struct link *link, enum end from, const uint8_t *data, size_t len);
bool link_full(struct link *link, enum end from);

/* One end closes. abrupt: some of what it wrote last is lost. */
void link_close(struct world *world, struct link *link, enum end end, bool abrupt);

/* One end is gone without notice: its machine has lost power. */
void link_vanish(struct world *world, struct link *link, enum end end);

/* The connection breaks at any byte; each side may or may not notice. */
void link_cut(struct world *world, struct link *link);

uint64_t link_due(const struct world *world, const struct link *link);
void link_run(struct world *world, struct link *link);

#endif
