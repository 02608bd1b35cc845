/* Reads the configuration again while the collector runs, and follows whether what its file says is in force. */
#ifndef COLLECTOR_CONFIG_RELOAD_H
#define COLLECTOR_CONFIG_RELOAD_H

#include "collector/config/config_in_force.h"
#include "collector/config_watch.h"

#include <stdbool.h>
#include <uv.h>

/* The file was changed, or is as it was read again: in_force tells. */
typedef void config_reload_cb(void *arg);

struct config_reload {
    struct collector_config *config; /* in force; the caller's */
    int argc;
    char **argv;
    bool needs_key; /* the collector must not go on without keys: other machines can connect */
    struct config_in_force in_force;
    struct config_watch watch;
    config_reload_cb *cb;
    void *arg;
};

/* config was read from argc and argv; config_reload_read() replaces it. */
void config_reload_start(struct config_reload *reload, uv_loop_t *loop, struct collector_config *config, int argc,
                         char **argv, config_reload_cb *cb, void *arg);

/* Reads the configuration again. An invalid one changes nothing, which is logged. Settings that are fixed while the
 * collector runs keep their old value until the next start. Returns whether config is another one now: the caller
 * applies it. */
bool config_reload_read(struct config_reload *reload);

/* The configuration that was read is applied: logs that, and its warnings. */
void config_reload_done(const struct config_reload *reload);

void config_reload_close(struct config_reload *reload);

#endif
