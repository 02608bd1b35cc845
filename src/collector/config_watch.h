/* Compares the configuration file with the text that was read, every ten seconds, on a worker. A failure to read it is
 * a result like any other. */
#ifndef COLLECTOR_CONFIG_WATCH_H
#define COLLECTOR_CONFIG_WATCH_H

#include "common/recheck.h"

#include <limits.h>
#include <stdint.h>
#include <uv.h>

/* rc: 0 and the hash of the text, as in struct collector_config, or a negative errno. */
typedef void config_watch_cb(int rc, uint64_t hash, void *arg);

struct config_watch {
    struct recheck recheck;
    char path[PATH_MAX];
    int rc;
    uint64_t hash;
    config_watch_cb *cb;
    void *arg;
};

/* path: copied; empty: there is no file, and nothing is watched. */
void config_watch_start(struct config_watch *watch, uv_loop_t *loop, const char *path, config_watch_cb *cb, void *arg);

/* The configuration has been read again: a comparison that is under way does not count. */
void config_watch_restart(struct config_watch *watch);

void config_watch_close(struct config_watch *watch);

#endif
