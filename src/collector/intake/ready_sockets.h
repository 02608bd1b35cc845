/* Waits for input on many sockets, and has them read for a part of each turn of the loop, first come, first served.
 *
 * libuv calls back for all sockets that are ready in one turn, however many. With 19,000 of them, even passing over
 * those that can't be read any more takes longer than a turn may. So these sockets are in an epoll instance of their
 * own, which the loop polls: a turn takes as many from it as READY_NS allows. The kernel keeps the queue: a socket with
 * more input goes to its end, so each is read within the time that the others take, whatever it or they send. What a
 * message costs is not estimated but measured, by the clock. */
#ifndef COLLECTOR_INTAKE_READY_SOCKETS_H
#define COLLECTOR_INTAKE_READY_SOCKETS_H

#include <stdbool.h>
#include <sys/epoll.h>
#include <uv.h>

#define READY_NS    2000000U /* of a turn, after which no other socket is read */
#define READY_BATCH 32U      /* sockets asked for at once */

/* The owner's socket is readable, has reached its end, or has failed. It is called again in a later turn while that is
 * so, until ready_sockets_remove(). */
typedef void ready_sockets_cb(void *owner);

struct ready_sockets {
    uv_poll_t poll; /* of the epoll instance */
    uv_idle_t left; /* runs while sockets are left for the next turn, so that the loop does not rest */
    bool polled;    /* in the last turn there were more than its time allowed */
    int fd;         /* the epoll instance */
    ready_sockets_cb *cb;
    uint64_t turn_ns; /* READY_NS; 0: one socket a turn */
    struct epoll_event events[READY_BATCH];
    unsigned next; /* events[next] up to events[count - 1] are still to be read; an owner that was removed is NULL */
    unsigned count;
};

/* 0, or a negative errno and nothing is started. */
int ready_sockets_start(struct ready_sockets *ready, uv_loop_t *loop, ready_sockets_cb *cb);

/* The socket must not be read by libuv as well. 0 or a negative errno. */
int ready_sockets_add(struct ready_sockets *ready, uv_os_fd_t fd, void *owner);

/* Call it before the socket is closed; also from the callback. Idempotent. */
void ready_sockets_remove(struct ready_sockets *ready, uv_os_fd_t fd, const void *owner);

/* No socket is read any more. Idempotent. */
void ready_sockets_stop(struct ready_sockets *ready);

/* The sockets remain open; ready_sockets_remove() may still be called for them. Idempotent, also if it never started.
 */
void ready_sockets_close(struct ready_sockets *ready);

#endif
