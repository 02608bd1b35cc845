#include "collector/http/http_tls_watch.h"

#include "common/clock.h"
#include "common/format.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MS       10000U
#define HOUR_MS       INT64_C(3600000)
#define DAY_MS        (24 * HOUR_MS)
#define WARN_MS_MAX   (30 * DAY_MS)
#define WARN_FRACTION 3 /* of the time for which a certificate is valid: one of a day is renewed each day */

/* ---- on a worker ---- */

static void http_tls_watch_on_work(uv_work_t *work)
{
    struct http_tls_watch *watch = work->data;

    watch->rc = https_credentials_read(&watch->paths, &watch->found, watch->reason, sizeof watch->reason);
}

/* ---- the log ---- */

static void refuse(struct http_tls_watch *watch)
{
    int64_t now_ms = (int64_t)uv_now(watch->tls->host.loop);

    if (strcmp(watch->reason, watch->logged) == 0 && now_ms - watch->logged_ms < HOUR_MS)
        return;
    memcpy(watch->logged, watch->reason, sizeof watch->logged);
    watch->logged_ms = now_ms;
    log_warning("HTTPS goes on with the certificate that it has: %s", watch->reason);
}

static int64_t warning_ms(const struct certificate_pair *pair)
{
    int64_t share_ms = 1000 * (pair->not_after_s - pair->not_before_s) / WARN_FRACTION;

    return share_ms < WARN_MS_MAX ? share_ms : WARN_MS_MAX;
}

static void log_expiry(const struct certificate_pair *pair, int64_t left_ms)
{
    char at[32], about[32];

    format_utc(1000 * pair->not_after_s, at, sizeof at);
    format_about((double)(left_ms < 0 ? -left_ms : left_ms) / 1000.0, about, sizeof about);
    if (left_ms < 0)
        log_warning("http-cert-file: the certificate has expired %s ago, at %s: clients refuse it", about, at);
    else
        log_warning("http-cert-file: the certificate expires in %s, at %s, and has not been renewed", about, at);
}

static void look_at_expiry(struct http_tls_watch *watch)
{
    const struct certificate_pair *pair = &watch->tls->host.credentials->pair;
    int64_t wall_ms = clock_wall_ms();
    int64_t left_ms = 1000 * pair->not_after_s - wall_ms;

    if (left_ms > warning_ms(pair) || (watch->warned_ms > 0 && wall_ms - watch->warned_ms < DAY_MS))
        return;
    watch->warned_ms = wall_ms;
    log_expiry(pair, left_ms);
}

/* ---- on the loop ---- */

/* Takes over what was found. */
static void take(struct http_tls_watch *watch, struct https_credentials *found)
{
    watch->logged[0] = '\0';
    if (https_credentials_equal(found, watch->tls->host.credentials)) {
        https_credentials_release(found);
        return;
    }
    http_tls_renew(watch->tls, found);
    watch->warned_ms = 0;
    log_info("HTTPS: the files were read again; the certificate for %s is in use", found->pair.subject);
    watch->cb(watch->arg);
}

static void begin(struct http_tls_watch *watch);

static void http_tls_watch_on_done(uv_work_t *work, int status)
{
    struct http_tls_watch *watch = work->data;
    struct https_credentials *found = watch->found;

    (void)status; /* never cancelled */
    watch->works = false;
    watch->found = NULL;
    if (uv_is_closing((uv_handle_t *)&watch->ticker.timer)) {
        https_credentials_release(found);
        return;
    }
    if (watch->rc < 0)
        refuse(watch);
    else
        take(watch, found);
    look_at_expiry(watch);
    if (watch->again)
        begin(watch);
}

/* A worker that hangs is the only one. */
static void begin(struct http_tls_watch *watch)
{
    watch->again = watch->works;
    if (watch->works)
        return;
    watch->works = true;
    uv_queue_work(watch->tls->host.loop, &watch->work, http_tls_watch_on_work, http_tls_watch_on_done);
}

void http_tls_watch_look(struct http_tls_watch *watch)
{
    if (watch->tls != NULL)
        begin(watch);
}

static void http_tls_watch_on_tick(uint64_t now_ms, void *arg)
{
    struct http_tls_watch *watch = arg;

    (void)now_ms;
    if (!watch->works)
        begin(watch);
}

void http_tls_watch_start(struct http_tls_watch *watch, struct http_tls *tls, const struct https_paths *paths,
                          http_tls_watch_cb *cb, void *arg)
{
    *watch = (struct http_tls_watch){.tls = tls, .cb = cb, .arg = arg};
    snprintf(watch->cert, sizeof watch->cert, "%s", paths->cert);
    snprintf(watch->key, sizeof watch->key, "%s", paths->key);
    snprintf(watch->ca, sizeof watch->ca, "%s", paths->ca);
    watch->paths = (struct https_paths){watch->cert, watch->key, watch->ca};
    watch->work.data = watch;
    ticker_start(&watch->ticker, tls->host.loop, LOOK_MS, 0, http_tls_watch_on_tick, watch);
    look_at_expiry(watch);
}

void http_tls_watch_close(struct http_tls_watch *watch)
{
    if (watch->tls != NULL)
        ticker_close(&watch->ticker);
}
