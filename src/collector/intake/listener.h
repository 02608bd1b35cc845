/* The listening socket, and the sessions of all connected agents. */
#ifndef COLLECTOR_INTAKE_LISTENER_H
#define COLLECTOR_INTAKE_LISTENER_H

#include "collector/intake/ack_queue.h"
#include "collector/intake/intake.h"
#include "collector/intake/session.h"
#include "collector/intake/strangers.h"
#include "common/log_limit.h"
#include "common/parse.h"
#include "common/slices.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Connections accepted in one turn of the loop. When all agents connect at once, those already connected are served in
 * between; and as an agent sends its Hello as soon as it is connected, this bounds the Hellos of a turn too. */
#define LISTENER_BURST 32U

/* Sessions whose handshake waits for its turn. Beyond, no connection is accepted until one had its turn. */
#define LISTENER_HANDSHAKES_MAX 64U

/* Samples may have been received, and intake_take_flush_now() may be true. */
typedef void listener_received_cb(void *arg);

struct listener_options {
    struct address address;
    unsigned agents_max;                        /* descriptors are there for these, */
    unsigned strangers_max;                     /* and for these */
    struct intake_hub *hub;                     /* the caller's */
    const struct key_ring *keys;                /* the caller's; listener_on_keys() reports a change */
    const struct certificate_set *certificates; /* the same */
    const uint8_t *ticket_key;                  /* the caller's, TICKET_KEY_LEN bytes; NULL: agents get no tickets */
    bool insecure;                              /* without keys, the address may be one that other machines reach */
    listener_received_cb *cb;
    void *arg;
};

struct listener {
    struct session_host host;
    uv_tcp_t tcp;
    uv_tcp_t refused; /* a connection that is closed at once, as there is no memory for it */
    bool refusing;
    bool another_waits; /* it will be accepted once that one is closed */
    uv_idle_t resume;   /* accepts the next connections in the next turn */
    unsigned taken;     /* accepted since the listener last waited for a turn */
    uv_poll_t reserve;  /* see reserve_watchers() */
    struct session *sessions;
    struct strangers strangers; /* those of them that speak for no node */
    struct ack_queue acking;
    struct slices acks;
    struct slices handshakes;
    struct slices ticks;
    uv_timer_t due; /* begins the ticks */
    bool loopback;  /* only this machine reaches the address */
    unsigned session_count;
    unsigned files_max;        /* descriptors that the sessions may need */
    struct log_limit troubles; /* log lines about the socket */
    struct log_limit crowds;   /* and about strangers that had to go */
    const uint8_t *ticket_key;
    listener_received_cb *cb;
    void *arg;
};

/* Binds and listens. 0, or a negative errno whose reason is in error. */
int listener_start(struct listener *listener, uv_loop_t *loop, const struct listener_options *options, char *error,
                   size_t error_size);

/* The port of the socket; 0: it is closed. */
unsigned listener_port(const struct listener *listener);

/* Rows were stored: sends Acks to agents that wait for them, in slices, so that many do not block the loop. */
void listener_stored(struct listener *listener, const struct backlog_instances *stored);

/* The store fails (held), or works again: sets it in the hub, and sends an Ack with it to all agents, as above. */
void listener_set_held(struct listener *listener, bool held);

/* The keys or certificates are others now: sessions whose key or certificate is no longer accepted end within an ack
 * interval. Without memory for them agents can't connect, and the log says so. arg: the listener, so that it is a
 * callback. */
void listener_on_keys(void *arg);

/* Takes no more samples and no more connections, so that what was received can be stored. */
void listener_stop(struct listener *listener);

/* Sends each agent a last Ack and a Reject, and closes everything. Idempotent. */
void listener_close(struct listener *listener);

/* Once the loop has no handles left. */
void listener_deinit(struct listener *listener);

#endif
