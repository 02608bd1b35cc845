/* Follows the files of keys and of revoked names: reads them every ten seconds on a worker, and replaces the keys of
 * the configuration once they differ. Files that are invalid change nothing. Warns if others can read or change the
 * keys. */
#ifndef COLLECTOR_KEY_WATCH_H
#define COLLECTOR_KEY_WATCH_H

#include "collector/config/config.h"
#include "common/lasting_reason.h"
#include "common/recheck.h"
#include "common/secret_warning.h"

#include <uv.h>

/* The keys of the configuration are others now. */
typedef void key_watch_cb(void *arg);

struct key_watch {
    uv_loop_t *loop;
    struct collector_config *config; /* the caller's */
    struct recheck recheck;
    setting_path token_file;
    setting_path revoked_file;
    struct key_ring found;
    int rc;
    char reason[LASTING_REASON_MAX]; /* why the files are invalid; the worker's */
    struct lasting_reason refused;
    struct secret_warning warning; /* who else can read the keys */
    key_watch_cb *cb;
    void *arg;
};

void key_watch_start(struct key_watch *watch, uv_loop_t *loop, struct collector_config *config, key_watch_cb *cb,
                     void *arg);

/* The configuration has been read again, with its keys. */
void key_watch_restart(struct key_watch *watch);

void key_watch_close(struct key_watch *watch);

#endif
