#include "agent/primary_watch.h"

#include "common/handle.h"

#include <stdio.h>

static void primary_watch_on_timer(uv_timer_t *timer);

static void plan(struct primary_watch *scout)
{
    if (scout->watching && !scout->closing)
        uv_timer_start(&scout->timer, primary_watch_on_timer, PRIMARY_WATCH_INTERVAL_MS, 0);
}

static void note_failure(struct primary_watch *scout)
{
    scout->since_ms = 0;
    scout->failures++;
    plan(scout);
}

static void note_success(struct primary_watch *scout)
{
    uint64_t now_ms = uv_now(scout->loop);

    if (scout->since_ms == 0)
        scout->since_ms = now_ms;
    if (scout->watching && now_ms - scout->since_ms >= PRIMARY_WATCH_STEADY_MS) {
        scout->watching = false;
        scout->cb(scout->arg);
    }
    plan(scout);
}

static void primary_watch_on_tcp_close(uv_handle_t *handle)
{
    struct primary_watch *scout = handle->data;

    scout->tcp_open = false;
}

static void primary_watch_on_connect(uv_connect_t *request, int status)
{
    struct primary_watch *scout = request->data;

    handle_close(&scout->tcp, primary_watch_on_tcp_close);
    if (scout->closing)
        return;
    if (status == 0)
        note_success(scout);
    else
        note_failure(scout);
}

/* Each address in its turn. */
static const struct addrinfo *choose(const struct addrinfo *found, unsigned turn)
{
    const struct addrinfo *address = found;

    for (; turn > 0; turn--)
        address = address->ai_next != NULL ? address->ai_next : found;
    return address;
}

static void primary_watch_on_resolve(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct primary_watch *scout = request->data;

    scout->resolving = false;
    if (status == 0 && scout->watching && !scout->closing) {
        uv_tcp_init(scout->loop, &scout->tcp);
        scout->tcp.data = scout;
        scout->tcp_open = true;
        scout->connect.data = scout;
        status = uv_tcp_connect(&scout->connect, &scout->tcp, choose(found, scout->failures)->ai_addr,
                                primary_watch_on_connect);
        if (status < 0)
            handle_close(&scout->tcp, primary_watch_on_tcp_close);
    }
    uv_freeaddrinfo(found);
    if (status < 0 && !scout->closing)
        note_failure(scout);
}

/* An attempt that the network swallows is given up when the next one is due. */
static void primary_watch_on_timer(uv_timer_t *timer)
{
    struct primary_watch *scout = timer->data;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    plan(scout);
    if (scout->tcp_open)
        handle_close(&scout->tcp, primary_watch_on_tcp_close);
    if (scout->tcp_open || scout->resolving)
        return;
    snprintf(port, sizeof port, "%u", (unsigned)scout->address->port);
    scout->resolve.data = scout;
    scout->resolving =
        uv_getaddrinfo(scout->loop, &scout->resolve, primary_watch_on_resolve, scout->address->host, port, &hints) == 0;
}

void primary_watch_init(struct primary_watch *scout, uv_loop_t *loop, const struct address *address,
                        primary_watch_cb *cb, void *arg)
{
    *scout = (struct primary_watch){.loop = loop, .address = address, .cb = cb, .arg = arg};
    uv_timer_init(loop, &scout->timer);
    scout->timer.data = scout;
}

void primary_watch_watch(struct primary_watch *scout)
{
    scout->watching = true;
    scout->failures = 0;
    scout->since_ms = 0;
    plan(scout);
}

void primary_watch_rest(struct primary_watch *scout)
{
    scout->watching = false;
    if (!scout->closing && scout->loop != NULL)
        uv_timer_stop(&scout->timer);
}

void primary_watch_close(struct primary_watch *scout)
{
    if (scout->closing || scout->loop == NULL)
        return;
    scout->closing = true;
    handle_close(&scout->timer, NULL);
    if (scout->tcp_open)
        handle_close(&scout->tcp, primary_watch_on_tcp_close);
    if (scout->resolving)
        uv_cancel((uv_req_t *)&scout->resolve);
}
