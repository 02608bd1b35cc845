#include "collector/http/http_tls.h"

#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#define BURST          32U /* connections accepted in one turn of the loop */
#define HANDSHAKES_MAX 64U /* that wait for their turn: beyond, no connection is accepted */

/* ---- accepting ---- */

static void pause_listening(struct http_tls *tls)
{
    tls->paused = true;
    uv_poll_stop(&tls->listening);
}

static void log_trouble(struct http_tls *tls, int rc)
{
    unsigned suppressed = 0;

    if (log_limit_pass(&tls->host.troubles, uv_now(tls->host.loop), &suppressed))
        log_warning("can't accept an HTTPS connection: %s", strerror(-rc));
}

static void take(struct http_tls *tls, int fd, const struct sockaddr *address, socklen_t address_len)
{
    struct http_tls_client *client = http_tls_client_new(&tls->host, fd, address, address_len);

    if (client == NULL) {
        log_trouble(tls, -ENOMEM);
        return;
    }
    DL_APPEND(tls->clients, client);
    tls->count++;
    client->own = tls->host.owner.on_accepted(client, address, tls->host.owner.arg);
    if (client->own != NULL)
        http_tls_client_start(client);
    else
        http_tls_client_close(client);
}

/* Returns whether there may be another one. */
static bool accept_one(struct http_tls *tls)
{
    struct sockaddr_in6 address = {0};
    socklen_t len = sizeof address;
    int fd = accept4(tls->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        take(tls, fd, (struct sockaddr *)&address, len);
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR)
        return true;
    if (errno != EAGAIN) {
        log_trouble(tls, -errno);
        pause_listening(tls);
    }
    return false;
}

static void http_tls_on_listening(uv_poll_t *poll, int status, int events)
{
    struct http_tls *tls = poll->data;
    bool more = true;

    (void)status;
    (void)events;
    for (unsigned i = 0; more && i < BURST && tls->host.handshakes < HANDSHAKES_MAX; i++) {
        if (tls->count >= tls->count_max) {
            pause_listening(tls);
            return;
        }
        more = accept_one(tls);
    }
}

void http_tls_resume(struct http_tls *tls)
{
    if (!tls->paused || uv_is_closing((uv_handle_t *)&tls->listening))
        return;
    tls->paused = false;
    uv_poll_start(&tls->listening, UV_READABLE, http_tls_on_listening);
}

static void http_tls_on_gone(struct http_tls_client *client, void *arg)
{
    struct http_tls *tls = arg;

    DL_DELETE(tls->clients, client);
    tls->count--;
    http_tls_resume(tls);
}

/* ---- life ---- */

int http_tls_start(struct http_tls *tls, uv_loop_t *loop, int fd, struct https_credentials *credentials,
                   unsigned count_max, const struct http_tls_owner *owner)
{
    *tls = (struct http_tls){.fd = fd, .count_max = count_max};
    int rc = uv_poll_init(loop, &tls->listening, fd);
    if (rc < 0) {
        close(fd);
        https_credentials_release(credentials);
        return rc;
    }
    tls->listening.data = tls;
    tls->host.loop = loop;
    tls->host.credentials = credentials;
    tls->host.troubles = (struct log_limit){.interval_ms = 60000, .burst = 5};
    tls->host.owner = *owner;
    tls->host.on_gone = http_tls_on_gone;
    tls->host.arg = tls;
    slices_start(&tls->host.steps, loop, http_tls_client_on_turn, &tls->host);
    return uv_poll_start(&tls->listening, UV_READABLE, http_tls_on_listening);
}

void http_tls_renew(struct http_tls *tls, struct https_credentials *credentials)
{
    https_credentials_release(tls->host.credentials);
    tls->host.credentials = credentials;
}

void http_tls_close(struct http_tls *tls)
{
    struct http_tls_client *client = NULL;
    struct http_tls_client *following = NULL;

    if (tls->host.loop == NULL || uv_is_closing((uv_handle_t *)&tls->listening))
        return;
    handle_close(&tls->listening, NULL);
    close(tls->fd);
    slices_close(&tls->host.steps);
    DL_FOREACH_SAFE (tls->clients, client, following)
        http_tls_client_close(client);
    https_credentials_release(tls->host.credentials);
    tls->host.credentials = NULL;
}
