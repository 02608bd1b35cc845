/* Opens a TCP connection to a host that is given by name or address.
 *
 * Happy path: a thread of libuv's resolves the name, and the first of its addresses accepts the connection.
 * Failures: an address that refuses, or that does not answer within limit_ms, is followed by the next one of the name.
 * When the last one has failed, the owner gets that one's error. Nothing is retried.
 *
 *     IDLE -> RESOLVING -> CONNECTING -> OPEN -> ENDING -> IDLE
 *                            |    ^
 *                            v    |
 *                           REFUSED -> IDLE */
#ifndef COMMON_DIAL_H
#define COMMON_DIAL_H

#include "common/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum dial_state {
    DIAL_IDLE,
    DIAL_RESOLVING,
    DIAL_CONNECTING,
    DIAL_REFUSED, /* the address has failed, and its handle is closing */
    DIAL_OPEN,    /* the owner uses the connection */
    DIAL_ENDING   /* dropped; the resolver or the handle is not done yet */
};

enum dial_event {
    DIAL_CONNECTED,
    DIAL_UNRESOLVED,  /* the name has no address */
    DIAL_UNREACHABLE, /* none of the addresses accepted; UV_ETIMEDOUT: no answer */
    DIAL_DROPPED      /* follows dial_drop() */
};

/* status: 0 or the negative errno of a failure. After each event but DIAL_CONNECTED the dial is idle. */
typedef void dial_cb(enum dial_event event, int status, void *arg);

struct dial {
    enum dial_state state;
    uv_loop_t *loop;
    uint32_t limit_ms;
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    uv_tcp_t tcp;
    uv_timer_t timer;
    struct addrinfo *found; /* as the resolver gave them */
    struct addrinfo *next;  /* the address to try next; NULL: none is left */
    int failure;            /* of the last address */
    dial_cb *cb;            /* NULL: closed */
    void *arg;
};

/* limit_ms: the longest wait for the answer of one address. */
void dial_init(struct dial *dial, uv_loop_t *loop, uint32_t limit_ms, dial_cb *cb, void *arg);

/* Begins; the dial must be idle. The address is read before this returns. 0, or a negative errno, and then the dial is
 * still idle and the callback does not run. */
int dial_start(struct dial *dial, const struct address *address);

bool dial_idle(const struct dial *dial);

/* The connection, from DIAL_CONNECTED to dial_drop(). Its data is the owner's arg, and small writes leave at once
 * (TCP_NODELAY). */
uv_stream_t *dial_stream(struct dial *dial);

/* Abandons the attempt, or closes the connection. Unless the dial is idle, DIAL_DROPPED follows, later. */
void dial_drop(struct dial *dial);

/* For good: no callback runs any more. Also for a zeroed dial, and more than once. Its memory may go when the loop has
 * run empty. */
void dial_close(struct dial *dial);

#endif
