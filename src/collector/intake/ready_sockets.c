#include "collector/intake/ready_sockets.h"

#include "common/handle.h"
#include "common/prefetch.h"

#include <errno.h>
#include <unistd.h>

#define EVENTS      (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET)
#define EVENTS_MORE ((uint32_t)(EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR))

#define SOON_MS 1U

/* ---- one turn ---- */

static void ask_kernel(struct ready_sockets *ready)
{
    int count = epoll_wait(ready->fd, ready->events, READY_BATCH, 0);

    ready->next = 0;
    ready->count = count > 0 ? (unsigned)count : 0;
    ready->more = ready->count == READY_BATCH;
}

/* Those behind the next event. */
static void prefetch_owners(const struct ready_sockets *ready)
{
    const struct epoll_event *events = ready->events + ready->next;
    unsigned left = ready->count - ready->next;

    if (left > 2)
        prefetch(events[2].data.ptr, ready->owner_len);
    if (left > 1 && events[1].data.ptr != NULL)
        ready->soon_cb(events[1].data.ptr);
}

/* The next socket that is ready. NULL: none is. */
static const struct epoll_event *take(struct ready_sockets *ready)
{
    for (;;) {
        while (ready->next < ready->count) {
            prefetch_owners(ready);
            const struct epoll_event *event = &ready->events[ready->next++];
            if (event->data.ptr != NULL)
                return event;
        }
        if (!ready->more)
            return NULL;
        ask_kernel(ready);
    }
}

/* Returns whether sockets may be left for the next turn. *served: how many were read. */
static bool serve(struct ready_sockets *ready, unsigned *served)
{
    uint64_t until_ns = uv_hrtime() + ready->turn_ns;

    ready->more = true;
    for (*served = 0; *served == 0 || uv_hrtime() < until_ns; ++*served) {
        const struct epoll_event *event = take(ready);
        if (event == NULL)
            return false;
        ready->cb(event->data.ptr, (event->events & EVENTS_MORE) != 0);
        if (ready->state == READY_STOPPED)
            return false;
    }
    return true;
}

/* ---- when to look ---- */

static void ready_sockets_on_left(uv_idle_t *left)
{
    unsigned served = 0;

    if (!serve(left->data, &served))
        uv_idle_stop(left);
}

static void ready_sockets_on_poll(uv_poll_t *poll, int status, int events);

static int look_by_event(struct ready_sockets *ready)
{
    ready->state = READY_BY_EVENT;
    uv_timer_stop(&ready->clock);
    return uv_poll_start(&ready->poll, UV_READABLE, ready_sockets_on_poll);
}

static bool within_budget(struct ready_sockets *ready)
{
    return wake_budget_take(&ready->budget, uv_hrtime() / 1000);
}

/* Those that are left have their time in this turn already. Returns how many were read. */
static unsigned look(struct ready_sockets *ready)
{
    unsigned served = 0;

    if (uv_is_active((uv_handle_t *)&ready->left))
        return 1;
    if (serve(ready, &served))
        uv_idle_start(&ready->left, ready_sockets_on_left);
    return served;
}

static void ready_sockets_on_clock(uv_timer_t *clock)
{
    struct ready_sockets *ready = clock->data;

    ready->empty_looks = look(ready) > 0 ? 0 : ready->empty_looks + 1;
    (void)within_budget(ready);
    if (ready->state == READY_BY_CLOCK && ready->soon)
        uv_timer_start(clock, ready_sockets_on_clock, SOON_MS, WAKE_MS);
    ready->soon = false;
    if (ready->state == READY_BY_CLOCK && ready->empty_looks >= READY_EMPTY_LOOKS && ready->sockets <= READY_FEW)
        look_by_event(ready);
}

static void look_by_clock(struct ready_sockets *ready)
{
    ready->state = READY_BY_CLOCK;
    ready->empty_looks = 0;
    uv_poll_stop(&ready->poll);
    uv_timer_start(&ready->clock, ready_sockets_on_clock, WAKE_MS, WAKE_MS);
}

/* An epoll instance never fails. */
static void ready_sockets_on_poll(uv_poll_t *poll, int status, int events)
{
    struct ready_sockets *ready = poll->data;

    (void)status;
    (void)events;
    (void)look(ready);
    if (ready->state == READY_BY_EVENT && !within_budget(ready))
        look_by_clock(ready);
}

/* ---- the sockets ---- */

int ready_sockets_add(struct ready_sockets *ready, uv_os_fd_t fd, void *owner)
{
    struct epoll_event event = {.events = EVENTS, .data.ptr = owner};

    if (epoll_ctl(ready->fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return -errno;
    ready->sockets++;
    return 0;
}

/* The kernel looks at a socket anew when its entry is modified. */
void ready_sockets_again(struct ready_sockets *ready, uv_os_fd_t fd, void *owner)
{
    struct epoll_event event = {.events = EVENTS, .data.ptr = owner};

    (void)epoll_ctl(ready->fd, EPOLL_CTL_MOD, fd, &event);
    ready->more = true;
}

void ready_sockets_look_soon(struct ready_sockets *ready)
{
    ready->soon = true;
}

void ready_sockets_remove(struct ready_sockets *ready, uv_os_fd_t fd, const void *owner)
{
    for (unsigned i = ready->next; i < ready->count; i++)
        if (ready->events[i].data.ptr == owner)
            ready->events[i].data.ptr = NULL;
    if (epoll_ctl(ready->fd, EPOLL_CTL_DEL, fd, NULL) == 0)
        ready->sockets--;
}

/* ---- life ---- */

int ready_sockets_start(struct ready_sockets *ready, uv_loop_t *loop, ready_sockets_cb *cb,
                        ready_sockets_soon_cb *soon_cb, size_t owner_len)
{
    *ready = (struct ready_sockets){
        .cb = cb, .soon_cb = soon_cb, .owner_len = owner_len, .turn_ns = READY_NS, .fd = epoll_create1(EPOLL_CLOEXEC)};
    if (ready->fd < 0)
        return -errno;
    int rc = uv_poll_init(loop, &ready->poll, ready->fd);
    if (rc < 0) {
        close(ready->fd);
        return rc;
    }
    uv_idle_init(loop, &ready->left);
    uv_timer_init(loop, &ready->clock);
    ready->poll.data = ready;
    ready->left.data = ready;
    ready->clock.data = ready;
    return look_by_event(ready);
}

void ready_sockets_stop(struct ready_sockets *ready)
{
    ready->state = READY_STOPPED;
    if (ready->poll.type == UV_UNKNOWN_HANDLE || uv_is_closing((uv_handle_t *)&ready->poll))
        return;
    uv_poll_stop(&ready->poll);
    uv_timer_stop(&ready->clock);
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
    ready->state = READY_STOPPED;
    handle_close(&ready->left, NULL);
    handle_close(&ready->clock, NULL);
    handle_close(&ready->poll, ready_sockets_on_close);
}
