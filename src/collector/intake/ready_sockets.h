/* Waits for input on many sockets, and has them read for a part of each turn of the loop, first come, first served.
 *
 * libuv calls back for all sockets that are ready in one turn, however many. With 19,000 of them, even passing over
 * those that can't be read any more takes longer than a turn may. So these sockets are in an epoll instance of their
 * own: a turn takes as many from it as READY_NS allows. The kernel keeps the queue: a socket with more input goes to
 * its end, so each is read within the time that the others take, whatever it or they send. What a message costs is not
 * estimated but measured, by the clock. With many, nothing of an owner is cached when its turn comes, so it is
 * prefetched while those before it have theirs.
 *
 * The loop polls the instance, so that a few sockets are read at once. When input would wake it too often, see
 * wake_budget.h, it looks each WAKE_MS instead, until it has found nothing for READY_EMPTY_LOOKS times:
 *
 *     BY_EVENT <----> BY_CLOCK
 *
 * Only these sockets wait then, unless an owner has asked for another look soon: the loop serves everything else as it
 * comes. To poll the instance again, the kernel
 * looks at each socket in it, as instances must not watch each other: that takes 5 ms with 19,000. So with more than
 * READY_FEW sockets the clock remains. */
#ifndef COLLECTOR_INTAKE_READY_SOCKETS_H
#define COLLECTOR_INTAKE_READY_SOCKETS_H

#include "collector/intake/wake_budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <uv.h>

#define READY_NS          2000000U /* of a turn, after which no other socket is read */
#define READY_BATCH       32U      /* sockets asked for at once */
#define READY_EMPTY_LOOKS 10U
#define READY_FEW         1000U

/* The owner's socket has something to read since the last call: input, its end, or an error. has_more: one read does
 * not take all of that, even if there is room: the end, an error, or what lies behind urgent data follows. An owner
 * that does not read everything calls ready_sockets_again(). */
typedef void ready_sockets_cb(void *owner, bool has_more);

/* The owner is called next: it may prefetch what it needs. Its own first bytes are prefetched already. */
typedef void ready_sockets_soon_cb(const void *owner);

enum ready_state { READY_STOPPED, READY_BY_EVENT, READY_BY_CLOCK };

struct ready_sockets {
    uv_poll_t poll;   /* of the epoll instance */
    uv_idle_t left;   /* runs while sockets are left for the next turn, so that the loop does not wait */
    uv_timer_t clock; /* runs in READY_BY_CLOCK */
    struct wake_budget budget;
    enum ready_state state;
    unsigned empty_looks; /* how often the clock has found nothing, in a row */
    bool soon;            /* an owner has asked for that */
    bool more;            /* the kernel may have others than those in events */
    int fd;               /* the epoll instance, */
    unsigned sockets;     /* and how many are in it */
    ready_sockets_cb *cb;
    ready_sockets_soon_cb *soon_cb;
    size_t owner_len; /* how much of an owner is prefetched */
    uint64_t turn_ns; /* READY_NS; 0: one socket a turn */
    struct epoll_event events[READY_BATCH];
    unsigned next; /* events[next] up to events[count - 1] are still to be read; an owner that was removed is NULL */
    unsigned count;
};

/* owner_len: how many bytes at the beginning of each owner are prefetched before soon_cb. 0, or a negative errno and
 * nothing is started. */
int ready_sockets_start(struct ready_sockets *ready, uv_loop_t *loop, ready_sockets_cb *cb,
                        ready_sockets_soon_cb *soon_cb, size_t owner_len);

/* The socket must not be read by libuv as well. 0 or a negative errno. */
int ready_sockets_add(struct ready_sockets *ready, uv_os_fd_t fd, void *owner);

/* The socket may have more to read: its owner is called again behind those that wait. */
void ready_sockets_again(struct ready_sockets *ready, uv_os_fd_t fd, void *owner);

/* Owners have sent much, and may have more once it is taken: the next look is in a millisecond. */
void ready_sockets_look_soon(struct ready_sockets *ready);

/* Call it before the socket is closed; also from the callback. Idempotent. */
void ready_sockets_remove(struct ready_sockets *ready, uv_os_fd_t fd, const void *owner);

/* No socket is read any more. Idempotent. */
void ready_sockets_stop(struct ready_sockets *ready);

/* The sockets remain open; ready_sockets_remove() may still be called for them. Idempotent, also if it never started.
 */
void ready_sockets_close(struct ready_sockets *ready);

#endif
