/* One agent's connection: reads into the shared buffer, lets the intake decide, writes its answers.
 *
 * Happy path: read, intake_receive(), write what intake_produce() gives (one write at a time), wait.
 * Failures: whatever the peer does costs this connection only. A Reject is written, then the rest of what the peer
 * sends is read and thrown away for a moment, so that it can read the Reject before the connection is reset. */
#ifndef COLLECTOR_INTAKE_SESSION_H
#define COLLECTOR_INTAKE_SESSION_H

#include "collector/intake/intake.h"

#include <stdbool.h>
#include <uv.h>

struct listener;

struct session {
    struct listener *listener;
    struct session *prev; /* utlist */
    struct session *next;
    struct session *ack_prev; /* utlist, of those that have an Ack to write */
    struct session *ack_next;
    bool acking; /* it is in that list */
    bool writing;
    bool asked_again; /* the agent seems dead, and what may have come meanwhile is being read */
    bool lingering;
    unsigned handles; /* not yet closed */
    uint64_t writing_since_ms;
    uv_tcp_t tcp;
    uv_timer_t timer; /* each ack interval; while lingering: the end */
    struct intake intake;
};

/* Takes the next connection of the listener. 0 or a negative errno; then there is no session. */
int session_accept(struct listener *listener);

/* Writes what there is to say. */
void session_pump(struct session *session);

/* The collector stops: a last Ack and a Reject that says so, as far as the socket takes them at once; then closes. */
void session_farewell(struct session *session);

void session_close(struct session *session);

#endif
