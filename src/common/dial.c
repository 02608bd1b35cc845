#include "common/dial.h"

#include "common/handle.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

static void connect_next(struct dial *dial);

/* The attempt or the connection is over. */
static void end(struct dial *dial, enum dial_event event, int status)
{
    uv_freeaddrinfo(dial->found);
    dial->found = dial->next = NULL;
    dial->state = DIAL_IDLE;
    if (dial->cb != NULL)
        dial->cb(event, status, dial->arg);
}

/* ---- one address after another ---- */

/* The handle's data is the owner's. */
static struct dial *dial_of(uv_handle_t *tcp)
{
    return (struct dial *)(void *)((char *)tcp - offsetof(struct dial, tcp));
}

static void dial_on_tcp_close(uv_handle_t *handle)
{
    struct dial *dial = dial_of(handle);

    if (dial->state == DIAL_ENDING)
        end(dial, DIAL_DROPPED, 0);
    else if (dial->next != NULL)
        connect_next(dial);
    else
        end(dial, DIAL_UNREACHABLE, dial->failure);
}

static void refuse(struct dial *dial, int status)
{
    dial->state = DIAL_REFUSED;
    dial->failure = status;
    uv_timer_stop(&dial->timer);
    uv_close((uv_handle_t *)&dial->tcp, dial_on_tcp_close);
}

static void dial_on_connect(uv_connect_t *request, int status)
{
    struct dial *dial = request->data;

    if (dial->state != DIAL_CONNECTING)
        return;
    if (status < 0) {
        refuse(dial, status);
        return;
    }
    uv_timer_stop(&dial->timer);
    uv_freeaddrinfo(dial->found);
    dial->found = dial->next = NULL;
    uv_tcp_nodelay(&dial->tcp, 1);
    dial->state = DIAL_OPEN;
    dial->cb(DIAL_CONNECTED, 0, dial->arg);
}

static void dial_on_timer(uv_timer_t *timer)
{
    refuse(timer->data, UV_ETIMEDOUT);
}

static void connect_next(struct dial *dial)
{
    const struct addrinfo *address = dial->next;

    dial->state = DIAL_CONNECTING;
    dial->next = address->ai_next;
    uv_tcp_init(dial->loop, &dial->tcp);
    dial->tcp.data = dial->arg;
    dial->connect.data = dial;
    int rc = uv_tcp_connect(&dial->connect, &dial->tcp, address->ai_addr, dial_on_connect);
    if (rc < 0)
        refuse(dial, rc);
    else
        uv_timer_start(&dial->timer, dial_on_timer, dial->limit_ms, 0);
}

/* ---- the name ---- */

static void dial_on_resolve(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct dial *dial = request->data;

    dial->found = dial->next = found;
    if (dial->state == DIAL_ENDING)
        end(dial, DIAL_DROPPED, 0);
    else if (status < 0)
        end(dial, DIAL_UNRESOLVED, status);
    else
        connect_next(dial);
}

int dial_start(struct dial *dial, const struct address *address)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    assert(dial->state == DIAL_IDLE);
    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    dial->resolve.data = dial;
    int rc = uv_getaddrinfo(dial->loop, &dial->resolve, dial_on_resolve, address->host, port, &hints);
    if (rc == 0)
        dial->state = DIAL_RESOLVING;
    return rc;
}

/* ---- life ---- */

void dial_init(struct dial *dial, uv_loop_t *loop, uint32_t limit_ms, dial_cb *cb, void *arg)
{
    *dial = (struct dial){.loop = loop, .limit_ms = limit_ms, .cb = cb, .arg = arg};
    uv_timer_init(loop, &dial->timer);
    dial->timer.data = dial;
}

bool dial_idle(const struct dial *dial)
{
    return dial->state == DIAL_IDLE;
}

uv_stream_t *dial_stream(struct dial *dial)
{
    return (uv_stream_t *)&dial->tcp;
}

void dial_drop(struct dial *dial)
{
    if (dial->state == DIAL_IDLE)
        return;
    if (dial->state == DIAL_RESOLVING)
        uv_cancel((uv_req_t *)&dial->resolve); /* one that has begun runs to its end */
    if (dial->state == DIAL_CONNECTING || dial->state == DIAL_OPEN) {
        uv_timer_stop(&dial->timer);
        uv_close((uv_handle_t *)&dial->tcp, dial_on_tcp_close);
    }
    dial->state = DIAL_ENDING;
}

void dial_close(struct dial *dial)
{
    dial->cb = NULL;
    dial_drop(dial);
    handle_close(&dial->timer, NULL);
}
