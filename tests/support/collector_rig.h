/* The listener in a collector's surroundings: a real store behind it, and agents on plain sockets in front of it. */
#ifndef SUPPORT_COLLECTOR_RIG_H
#define SUPPORT_COLLECTOR_RIG_H

#include "collector/intake/listener.h"
#include "collector/store/store.h"
#include "support/peer.h"
#include "support/temp_dir.h"

#define RIG_ACK_MS    100U
#define RIG_FLUSH_MS  10U
#define RIG_CREDIT    64U
#define RIG_AGENTS    200U
#define RIG_STRANGERS (2 * RIG_AGENTS)

struct collector_rig {
    struct temp_dir dir;
    struct disk disk;
    struct segments segments;
    struct segments gaps;
    struct registry registry;
    struct backlog backlog;
    struct wire_arena arena;
    struct intake_hub hub;
    struct store store;
    struct key_ring keys;                /* none, unless a test adds some before rig_start() */
    struct certificate_set certificates; /* the same */
    struct listener listener;
    unsigned port;
    struct peer agents[RIG_AGENTS]; /* closed at the end where they are open */
};

extern struct collector_rig rig;

/* All but the listener; then that, on 127.0.0.1. rig_end() asserts that the loop has run empty and nothing is left. */
void rig_begin(void);
void rig_start(unsigned agents_max);
void rig_begin_and_start(void);
void rig_end(void);

/* What listener_start() returns. */
int rig_start_at(const char *host, unsigned at_port, unsigned agents_max, char *error, size_t error_size);

/* As the store does when the disk fails, or works again. */
void rig_hold(bool held);

/* Connects and says Hello; the Welcome lives until the agent's next frame. */
const Headroom__Welcome *rig_greet(struct peer *agent, const char *node_id, uint64_t instance);

/* Sends samples and waits until they are acknowledged. */
void rig_stream(struct peer *agent, uint64_t first_seq, unsigned count);

void rig_expect_reject(struct peer *agent, Headroom__RejectCode code, Headroom__Action action);

#define EXPECT_REJECT(agent, code, action)                                                                             \
    rig_expect_reject(agent, HEADROOM__REJECT_CODE__REJECT_CODE_##code, HEADROOM__ACTION__ACTION_##action)

void rig_await_sessions(unsigned count);

unsigned rig_rows_in_file(void);

#endif
