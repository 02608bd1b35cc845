#include "collector/intake/ready_sockets.h"

#include "common/handle.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

/* The next socket that is ready, of the queue in the kernel. NULL: none is. */
static void *take(struct ready_sockets *ready)
{
    for (;;) {
        while (ready->next < ready->count) {
            void *owner = ready->events[ready->next++].data.ptr;
            if (owner != NULL)
                return owner;
        }
        int count = epoll_wait(ready->fd, ready->events, READY_BATCH, 0);
        ready->next = 0;
        ready->count = count > 0 ? (unsigned)count : 0;
        if (ready->count == 0)
            return NULL;
    }
}

/* The loop polls now. If it found nothing in the last turn, none were left. */
static void ready_sockets_on_left(uv_idle_t *left)
{
    struct ready_sockets *ready = left->data;

    if (!ready->polled)
        uv_idle_stop(left);
    ready->polled = false;
}

static void ready_sockets_on_poll(uv_poll_t *poll, int status, int events)
{
    struct ready_sockets *ready = poll->data;
    uint64_t until_ns = uv_hrtime() + ready->turn_ns;
    void *owner = NULL;

    (void)status; /* of an epoll instance: always readable */
    (void)events;
    do {
        owner = take(ready);
        if (owner != NULL)
            ready->cb(owner);
    } while (owner != NULL && uv_is_active((uv_handle_t *)poll) && uv_hrtime() < until_ns);
    if (owner != NULL && uv_is_active((uv_handle_t *)poll)) {
        ready->polled = true;
        uv_idle_start(&ready->left, ready_sockets_on_left);
    }
}

int ready_sockets_start(struct ready_sockets *ready, uv_loop_t *loop, ready_sockets_cb *cb)
{
    *ready = (struct ready_sockets){.cb = cb, .turn_ns = READY_NS, .fd = epoll_create1(EPOLL_CLOEXEC)};
    if (ready->fd < 0)
        return -errno;
    int rc = uv_poll_init(loop, &ready->poll, ready->fd);
    if (rc < 0) {
        close(ready->fd);
        return rc;
    }
    uv_idle_init(loop, &ready->left);
    ready->poll.data = ready;
    ready->left.data = ready;
    return uv_poll_start(&ready->poll, UV_READABLE, ready_sockets_on_poll);
}

int ready_sockets_add(struct ready_sockets *ready, uv_os_fd_t fd, void *owner)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};

    return epoll_ctl(ready->fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

void ready_sockets_remove(struct ready_sockets *ready, uv_os_fd_t fd, const void *owner)
{
    for (unsigned i = ready->next; i < ready->count; i++)
        if (ready->events[i].data.ptr == owner)
            ready->events[i].data.ptr = NULL;
    (void)epoll_ctl(ready->fd, EPOLL_CTL_DEL, fd, NULL);
}

void ready_sockets_stop(struct ready_sockets *ready)
{
    if (ready->poll.type == UV_UNKNOWN_HANDLE || uv_is_closing((uv_handle_t *)&ready->poll))
        return;
    uv_poll_stop(&ready->poll);
    uv_idle_stop(&ready->left);
}

static void ready_sockets_on_close(uv_handle_t *poll)
{
    struct ready_sockets *ready = poll->data;

    close(ready->fd);
    ready->fd = -1;
}

void ready_sockets_close(struct ready_sockets *ready)
{
    handle_close(&ready->left, NULL);
    handle_close(&ready->poll, ready_sockets_on_close);
}
