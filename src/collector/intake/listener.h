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

#define LISTENER_READ_BUFFER ((size_t)256 * 1024)

/* Connections that are taken in one turn of the loop. When all agents come at once, those that are here already have
 * their turns between; and as an agent says Hello when it is taken, this bounds the Hellos of a turn as well. */
#define LISTENER_BURST 32U

#define REJECT_CODES (HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER + 1)

/* What nodes make us log, limited by kind. */
enum listener_news { NEWS_ENDED, NEWS_DROPPED, NEWS_CLOCK, NEWS_KINDS };

/* After samples were received; the store is to be told. */
typedef void listener_received_cb(void *arg);

struct listener {
    uv_loop_t *loop;
    uv_tcp_t tcp;
    uv_tcp_t refused; /* a connection that there is no memory for */
    bool refusing;
    bool another_waits; /* likewise, until that one is closed */
    uv_idle_t resume;   /* the next turn goes on taking connections */
    unsigned taken;     /* since the last rest */
    uv_poll_t reserve;  /* only at the start */
    struct intake_hub *hub;
    struct session *sessions;
    struct session *acking; /* those that have an Ack to write, the oldest first */
    struct slices acks;
    unsigned session_count;
    unsigned sessions_max;
    bool stopping;
    struct log_limit complaints;            /* about the socket */
    struct log_limit rejects[REJECT_CODES]; /* one each, so that a flood of one kind hides no other */
    struct log_limit news[NEWS_KINDS];
    listener_received_cb *cb;
    void *arg;
    char *buffer; /* LISTENER_READ_BUFFER, shared by all sessions: a read is used up before the next */
};

/* Binds and listens. 0, or a negative errno whose reason is in error. The hub belongs to the caller. */
int listener_start(struct listener *listener, uv_loop_t *loop, const struct address *address, unsigned sessions_max,
                   struct intake_hub *hub, listener_received_cb *cb, void *arg, char *error, size_t error_size);

/* The port that is listened on. */
unsigned listener_port(const struct listener *listener);

/* Rows were stored: the agents that wait for it hear so, some in each turn of the loop when they are many. */
void listener_stored(struct listener *listener, struct instance *stored, unsigned half);

/* Tells all agents, likewise: the state `held` has changed. */
void listener_ack_all(struct listener *listener);

/* The session's end: it is not among those any more. */
void listener_unqueue_ack(struct listener *listener, struct session *session);

/* Takes no more samples and no more connections: what was received before can be stored meanwhile. */
void listener_stop(struct listener *listener);

/* Says farewell to all agents and closes everything. */
void listener_close(struct listener *listener);

/* After the loop has run empty. */
void listener_deinit(struct listener *listener);

#endif
