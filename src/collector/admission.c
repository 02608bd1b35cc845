#include "collector/admission.h"

#include "common/log.h"

#include <string.h>

static void admission_on_change(const struct certificate_set *before, void *arg)
{
    struct admission *admission = arg;

    (void)before; /* connections have what was made of it */
    admission->cb(admission->arg);
}

/* A key that is not kept over restarts is worth a warning, and no more. */
static void need_ticket_key(struct admission *admission, const struct certificate_paths *paths)
{
    char reason[256];

    if (admission->has_ticket_key || !certificate_paths_any(paths))
        return;
    if (ticket_key_load(admission->dir_fd, admission->ticket_key, reason, sizeof reason) < 0)
        log_warning("%s; after a restart, agents with certificates return by whole handshakes", reason);
    admission->has_ticket_key = true;
}

int admission_start(struct admission *admission, uv_loop_t *loop, struct collector_config *config, int dir_fd,
                    admission_cb *cb, void *arg, char *error, size_t error_size)
{
    struct certificate_paths paths;

    admission->config = config;
    admission->dir_fd = dir_fd;
    admission->cb = cb;
    admission->arg = arg;
    collector_config_certificates(config, &paths);
    need_ticket_key(admission, &paths);
    key_watch_start(&admission->keys, loop, config, cb, arg);
    return certificate_watch_start(&admission->certificates, loop, &paths, CERTIFICATE_OF_SERVER, admission_on_change,
                                   admission, error, error_size);
}

void admission_offer(const struct admission *admission, struct listener_options *options)
{
    options->keys = &admission->config->keys;
    options->certificates = &admission->certificates.set;
    options->ticket_key = admission->ticket_key;
    options->insecure = admission->config->insecure;
}

void admission_restart(struct admission *admission)
{
    struct certificate_paths paths;

    key_watch_restart(&admission->keys);
    collector_config_certificates(admission->config, &paths);
    need_ticket_key(admission, &paths);
    certificate_watch_set_paths(&admission->certificates, &paths);
    admission->cb(admission->arg);
}

void admission_close(struct admission *admission)
{
    if (admission->config != NULL)
        key_watch_close(&admission->keys);
    certificate_watch_close(&admission->certificates);
}

void admission_deinit(struct admission *admission)
{
    certificate_watch_deinit(&admission->certificates);
    explicit_bzero(admission->ticket_key, sizeof admission->ticket_key);
}
