#include "collector/http/http_tls_watch.h"

#include "common/clock.h"
#include "common/log.h"
#include "tls/certificate_text.h"

#include <stdio.h>
#include <string.h>

#define REMIND_MS (UINT64_C(24) * 3600 * 1000) /* of an expiry */

/* ---- on a worker ---- */

static bool http_tls_watch_begin(void *arg)
{
    (void)arg;
    return true;
}

static void http_tls_watch_take_look(void *arg)
{
    struct http_tls_watch *watch = arg;

    secret_warning_look(&watch->warning, watch->paths.key);
    watch->rc = https_credentials_read(&watch->paths, &watch->found, watch->reason, sizeof watch->reason);
}

/* ---- the log ---- */

static void refuse(struct http_tls_watch *watch)
{
    if (lasting_reason_is_news(&watch->refused, watch->reason, uv_now(watch->tls->host.loop)))
        log_warning("HTTPS goes on with the certificate that it has: %s", watch->reason);
}

static void remind(struct http_tls_watch *watch)
{
    const struct certificate_pair *pair = &watch->tls->host.credentials->pair;
    uint64_t now_ms = uv_now(watch->tls->host.loop);
    char text[CERTIFICATE_EXPIRY_TEXT_MAX];

    if (watch->reminded_ms > 0 && now_ms - watch->reminded_ms < REMIND_MS)
        return;
    if (!certificate_text_expiry(pair->not_before_s, pair->not_after_s, clock_wall_ms() / 1000, text, sizeof text))
        return;
    watch->reminded_ms = now_ms > 0 ? now_ms : 1;
    log_warning("http-cert-file: %s", text);
}

/* ---- on the loop ---- */

/* Takes over what was found. */
static void take(struct http_tls_watch *watch, struct https_credentials *found)
{
    lasting_reason_end(&watch->refused);
    if (https_credentials_equal(found, watch->tls->host.credentials)) {
        https_credentials_release(found);
        return;
    }
    http_tls_renew(watch->tls, found);
    watch->reminded_ms = 0;
    log_info("HTTPS: the files were read again; the certificate for %s is in use", found->pair.subject);
    watch->cb(watch->arg);
}

static void http_tls_watch_done(void *arg, bool valid)
{
    struct http_tls_watch *watch = arg;
    struct https_credentials *found = watch->found;

    watch->found = NULL;
    if (!valid) {
        https_credentials_release(found);
        return;
    }
    secret_warning_log(&watch->warning, "http-key-file");
    if (watch->rc < 0)
        refuse(watch);
    else
        take(watch, found);
    remind(watch);
}

static const struct recheck_calls calls = {http_tls_watch_begin, http_tls_watch_take_look, http_tls_watch_done};

void http_tls_watch_look(struct http_tls_watch *watch)
{
    recheck_now(&watch->recheck);
}

void http_tls_watch_start(struct http_tls_watch *watch, struct http_tls *tls, const struct https_paths *paths,
                          http_tls_watch_cb *cb, void *arg)
{
    *watch = (struct http_tls_watch){.tls = tls, .cb = cb, .arg = arg};
    snprintf(watch->cert, sizeof watch->cert, "%s", paths->cert);
    snprintf(watch->key, sizeof watch->key, "%s", paths->key);
    snprintf(watch->ca, sizeof watch->ca, "%s", paths->ca);
    watch->paths = (struct https_paths){watch->cert, watch->key, watch->ca};
    recheck_start(&watch->recheck, tls->host.loop, &calls, watch);
    remind(watch);
}

void http_tls_watch_close(struct http_tls_watch *watch)
{
    recheck_close(&watch->recheck);
}
