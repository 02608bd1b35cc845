/* The listening socket and all sessions. */
#ifndef COLLECTOR_INTAKE_LISTENER_H
#define COLLECTOR_INTAKE_LISTENER_H

#include "collector/intake/intake.h"
#include "collector/intake/session.h"
#include "common/log.h"
#include "common/parse.h"
#include "common/slices.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Connections that are taken in one turn of the loop. When all agents come at once, those that are here already have
 * their turns between; and as an agent says Hello when it is taken, this bounds the Hellos of a turn as well. */
#define LISTENER_BURST 32U

/* After samples were received; the store is to be told. */
typedef void listener_received_cb(void *arg);

struct listener_options {
    struct address address;
    unsigned sessions_max;
    struct intake_hub *hub; /* the caller's */
    listener_received_cb *cb;
    void *arg;
};

struct listener {
    struct session_host host;
    uv_tcp_t tcp;
    uv_tcp_t refused; /* a connection that there is no memory for */
    bool refusing;
    bool another_waits; /* to be refused once that one is closed */
    uv_idle_t resume;   /* the next turn continues to take connections */
    unsigned taken;     /* since the last rest */
    uv_poll_t reserve;  /* only at the start */
    struct session *sessions;
    struct session *acking; /* those that have an Ack to write, the oldest first */
    struct slices acks;
    unsigned session_count;
    unsigned sessions_max;
    struct log_limit complaints; /* about the socket */
    listener_received_cb *cb;
    void *arg;
};

/* Binds and listens. 0, or a negative errno whose reason is in error. */
int listener_start(struct listener *listener, uv_loop_t *loop, const struct listener_options *options, char *error,
                   size_t error_size);

/* The port that is listened on. */
unsigned listener_port(const struct listener *listener);

/* Rows were stored: the agents that wait for it hear so, some in each turn of the loop when they are many. */
void listener_stored(struct listener *listener, struct instance *stored, unsigned half);

/* The store fails (held), or works again: sets it in the hub, and all agents get an Ack that says so, as above. */
void listener_set_held(struct listener *listener, bool held);

/* Takes no more samples and no more connections: what was received before can be stored meanwhile. */
void listener_stop(struct listener *listener);

/* Says farewell to all agents and closes everything. */
void listener_close(struct listener *listener);

/* After the loop has run empty. */
void listener_deinit(struct listener *listener);

#endif
