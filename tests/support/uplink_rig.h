/* The uplink with what the agent has around it, and two scripted collectors on real listening sockets. */
#ifndef SUPPORT_UPLINK_RIG_H
#define SUPPORT_UPLINK_RIG_H

#include "agent/uplink/uplink.h"
#include "support/peer.h"
#include "support/sanitized.h"

#include <stdbool.h>
#include <stdint.h>

#define RIG_ACK_MS   60000U
#define RIG_SLACK_MS (SANITIZED ? 300U : 80U) /* of a machine that is busy */

struct fake_collector {
    int fd; /* listens */
    unsigned port;
    struct peer peer; /* the agent, as far as it has come */
};

struct uplink_rig {
    struct fake_collector first, second;
    struct outbox outbox;
    struct wire_arena arena;
    struct sender sender;
    struct uplink uplink;
    unsigned events[UPLINK_AHEAD + 1]; /* how often each came */
    int close_on;                      /* the event at which the owner closes the uplink; -1: none */
};

extern struct uplink_rig rig;

/* All but the uplink; rig_end() asserts that the loop has run empty. A test with several senders makes each of them. */
void rig_begin(void);
void rig_end(void);
void rig_init_sender(void);
void rig_deinit_sender(void);

/* count: 1 or 2 collectors, of which the first has that host. */
void rig_start(const char *first_host, unsigned count);
void rig_start_seeded(const char *first_host, unsigned count, uint64_t seed);

/* Takes new samples. */
void rig_push(unsigned count);

/* Hangs up if there is a connection, and waits until the agent comes and says Hello; welcomes it. */
const Headroom__Hello *rig_meet(struct fake_collector *collector);
void rig_welcome(struct fake_collector *collector, uint64_t resume_seq, uint64_t stored_seq);

/* Waits until the agent has heard it. */
void rig_acknowledge(struct fake_collector *collector, uint64_t seq);

void rig_hang_up(struct fake_collector *collector);

/* As rig_meet(): how long the agent stays away. */
uint64_t rig_absence_ms(struct fake_collector *collector);
void rig_assert_between(uint64_t ms, uint64_t least_ms, uint64_t most_ms);

bool rig_not_dialed(struct fake_collector *collector);

/* A socket that takes no connection: its backlog is full, and the kernel drops what comes. */
int rig_listen_deaf(unsigned *port, int fillers[4]);
void rig_close_all(const int fillers[4]);

#endif
