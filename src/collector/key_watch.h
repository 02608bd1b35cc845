/* Follows the files of keys and of revoked names: reads them every ten seconds on a worker, since a file on a network
 * may hang, and replaces the keys of the configuration once they differ. Files that are invalid change nothing. Warns
 * if others can read or change the keys. */
#ifndef COLLECTOR_KEY_WATCH_H
#define COLLECTOR_KEY_WATCH_H

#include "collector/config/config.h"
#include "common/secret_warning.h"
#include "common/ticker.h"

#include <stdbool.h>
#include <uv.h>

#define KEY_WATCH_REASON_MAX (PATH_MAX + 256)

/* The keys of the configuration are others now. */
typedef void key_watch_cb(void *arg);

struct key_watch {
    uv_loop_t *loop;
    struct collector_config *config; /* the caller's */
    struct ticker ticker;
    uv_work_t work;
    bool works;    /* a worker reads the files */
    bool outdated; /* since it began, the configuration was read again */
    setting_path token_file;
    setting_path revoked_file;
    struct key_ring found;
    int rc;
    char reason[KEY_WATCH_REASON_MAX]; /* why the files are invalid */
    char logged[KEY_WATCH_REASON_MAX]; /* the last reason that was logged; empty: they are valid */
    struct secret_warning warning;     /* who else can read the keys */
    key_watch_cb *cb;
    void *arg;
};

void key_watch_start(struct key_watch *watch, uv_loop_t *loop, struct collector_config *config, key_watch_cb *cb,
                     void *arg);

/* The configuration has been read again, with its keys. */
void key_watch_restart(struct key_watch *watch);

void key_watch_close(struct key_watch *watch);

#endif
