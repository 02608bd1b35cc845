#include "agent/uplink/uplink_key.h"

#include "common/error_text.h"
#include "common/handle.h"
#include "common/log.h"
#include "tls/key_file.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- on a worker ---- */

static void uplink_key_on_work(uv_work_t *work)
{
    struct uplink_key *key = work->data;

    secret_warning_look(&key->warning, key->path);
    key->rc = key_file_read(key->path, &key->found, key->reason, sizeof key->reason);
}

/* ---- on the loop ---- */

static void refuse(struct uplink_key *key)
{
    if (strcmp(key->reason, key->logged) == 0)
        return;
    memcpy(key->logged, key->reason, sizeof key->logged);
    log_warning("the key stays as it was: %s", key->reason);
}

static void take(struct uplink_key *key)
{
    struct credentials credentials;

    key->logged[0] = '\0';
    if (key_text_equal(&key->found, &key->key))
        return;
    if (credentials_init_client(&credentials, &key->found) < 0) {
        log_warning("the key stays as it was: GnuTLS can't use the one in %s", key->path);
        return;
    }
    credentials_deinit(&key->credentials);
    key->credentials = credentials;
    key->key = key->found;
    log_info("--token-file holds another key, which is used from now on");
}

/* Uses what was read last. */
static void look(struct uplink_key *key)
{
    if (!key->unused)
        return;
    key->unused = false;
    secret_warning_log(&key->warning, "--token-file");
    if (key->rc < 0)
        refuse(key);
    else
        take(key);
    explicit_bzero(&key->found, sizeof key->found);
}

/* Nobody waits any more. */
static void answer(struct uplink_key *key)
{
    uplink_key_cb *cb = key->cb;

    key->cb = NULL;
    if (cb != NULL)
        cb(key->arg);
}

static void uplink_key_on_done(uv_work_t *work, int status)
{
    struct uplink_key *key = work->data;

    (void)status; /* never cancelled */
    key->works = false;
    key->unused = true;
    if (key->cb == NULL)
        return;
    uv_timer_stop(&key->timer);
    look(key);
    answer(key);
}

static void uplink_key_on_timer(uv_timer_t *timer)
{
    answer(timer->data);
}

void uplink_key_look(struct uplink_key *key, uplink_key_cb *cb, void *arg)
{
    key->cb = cb;
    key->arg = arg;
    if (!key->works) {
        look(key);
        key->works = uv_queue_work(key->loop, &key->work, uplink_key_on_work, uplink_key_on_done) == 0;
        uv_timer_start(&key->timer, uplink_key_on_timer, UPLINK_KEY_MS_MAX, 0);
    } else {
        uv_timer_start(&key->timer, uplink_key_on_timer, 0, 0);
    }
}

/* ---- life ---- */

struct uplink_key *uplink_key_new(const char *path, const struct key_text *text, char *error, size_t error_size)
{
    if (tls_library_load(error, error_size) < 0)
        return NULL;
    struct uplink_key *key = calloc(1, sizeof *key);
    if (key == NULL || credentials_init_client(&key->credentials, text) < 0) {
        (void)error_text_set(error, error_size, -ENOMEM, "GnuTLS can't use the key: out of memory");
        uplink_key_free(key);
        return NULL;
    }
    key->path = path;
    key->key = *text;
    key->work.data = key;
    return key;
}

void uplink_key_start(struct uplink_key *key, uv_loop_t *loop)
{
    key->loop = loop;
    uv_timer_init(loop, &key->timer);
    key->timer.data = key;
}

void uplink_key_close(struct uplink_key *key)
{
    if (key == NULL || key->loop == NULL)
        return;
    key->cb = NULL;
    handle_close(&key->timer, NULL);
}

void uplink_key_free(struct uplink_key *key)
{
    if (key == NULL)
        return;
    credentials_deinit(&key->credentials);
    explicit_bzero(&key->key, sizeof key->key);
    explicit_bzero(&key->found, sizeof key->found);
    free(key);
}
