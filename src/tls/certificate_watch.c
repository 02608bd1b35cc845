#include "tls/certificate_watch.h"

#include "common/clock.h"
#include "common/log.h"
#include "tls/certificate_text.h"

#include <string.h>

#define REMIND_MS (UINT64_C(24) * 3600 * 1000) /* of an expiry */

/* ---- on a worker ---- */

static void certificate_watch_look(void *arg)
{
    struct certificate_watch *watch = arg;

    secret_warning_look(&watch->warning, watch->looked.key);
    watch->rc = certificate_set_read(&watch->looked, watch->use, &watch->found, watch->reason, sizeof watch->reason);
}

/* ---- on the loop ---- */

static void refuse(struct certificate_watch *watch, const char *reason)
{
    char expiry[80] = "";

    if (!lasting_reason_is_news(&watch->refused, reason, uv_now(watch->loop)))
        return;
    if (watch->set.pair.chain.text != NULL)
        certificate_text_until(watch->set.pair.not_after_s, expiry, sizeof expiry);
    log_warning("%s; the old certificates stay%s", reason, expiry);
}

static void take(struct certificate_watch *watch, struct certificate_set *found)
{
    struct certificate_set before = watch->set;

    lasting_reason_end(&watch->refused);
    if (certificate_set_equal(found, &before)) {
        certificate_set_deinit(found);
        return;
    }
    watch->set = *found;
    *found = (struct certificate_set){0};
    watch->reminded_ms = 0;
    log_info("the files of certificates were read again");
    watch->cb(&before, watch->arg);
    certificate_set_deinit(&before);
}

/* Once a day for what expires soon: a certificate in its last 30 days, or in the last third of a shorter life. */
static void remind(struct certificate_watch *watch)
{
    const struct certificate_set *set = &watch->set;
    uint64_t now_ms = uv_now(watch->loop);
    int64_t now_s = clock_wall_ms() / 1000;
    char text[CERTIFICATE_EXPIRY_TEXT_MAX];

    if (watch->reminded_ms > 0 && now_ms - watch->reminded_ms < REMIND_MS)
        return;
    bool soon = set->pair.chain.text != NULL &&
                certificate_text_expiry(set->pair.not_before_s, set->pair.not_after_s, now_s, text, sizeof text);
    bool overdue = set->trust.crl.text != NULL && set->trust.crl_due_s < now_s;
    if (soon)
        log_warning("cert-file: %s", text);
    if (overdue)
        log_warning("crl-file: the list is older than it should be: its successor was due%s",
                    certificate_text_since(set->trust.crl_due_s, text, sizeof text));
    if (soon || overdue)
        watch->reminded_ms = now_ms > 0 ? now_ms : 1;
}

static bool certificate_watch_begin(void *arg)
{
    struct certificate_watch *watch = arg;

    remind(watch);
    watch->looked = watch->paths;
    return certificate_paths_any(&watch->paths);
}

static void certificate_watch_done(void *arg, bool valid)
{
    struct certificate_watch *watch = arg;

    if (valid) {
        secret_warning_log(&watch->warning, "key-file");
        if (watch->rc < 0)
            refuse(watch, watch->reason);
        else
            take(watch, &watch->found);
    }
    certificate_set_deinit(&watch->found);
}

static const struct recheck_calls calls = {certificate_watch_begin, certificate_watch_look, certificate_watch_done};

int certificate_watch_start(struct certificate_watch *watch, uv_loop_t *loop, const struct certificate_paths *paths,
                            enum certificate_use use, certificate_watch_cb *cb, void *arg, char *error,
                            size_t error_size)
{
    *watch = (struct certificate_watch){.loop = loop, .use = use, .paths = *paths, .cb = cb, .arg = arg};
    int rc = certificate_paths_any(paths) ? certificate_set_read(paths, use, &watch->set, error, error_size) : 0;
    if (rc == 0)
        recheck_start(&watch->recheck, loop, &calls, watch);
    return rc;
}

void certificate_watch_set_paths(struct certificate_watch *watch, const struct certificate_paths *paths)
{
    struct certificate_set found = {0};
    char reason[LASTING_REASON_MAX];

    watch->paths = *paths;
    if (certificate_paths_any(paths) && certificate_set_read(paths, watch->use, &found, reason, sizeof reason) < 0)
        refuse(watch, reason);
    else
        take(watch, &found);
    recheck_now(&watch->recheck);
}

void certificate_watch_close(struct certificate_watch *watch)
{
    recheck_close(&watch->recheck);
}

void certificate_watch_deinit(struct certificate_watch *watch)
{
    certificate_set_deinit(&watch->set);
}
