/* Follows the files of HTTPS: reads them every ten seconds on a worker. Files that are valid together take the place of
 * those in use; others change nothing, and the log has the reason. It also has a line each day while the certificate is
 * about to expire. */
#ifndef COLLECTOR_HTTP_HTTP_TLS_WATCH_H
#define COLLECTOR_HTTP_HTTP_TLS_WATCH_H

#include "collector/http/http_tls.h"
#include "common/lasting_reason.h"
#include "common/recheck.h"
#include "common/secret_warning.h"
#include "common/setting.h"
#include "tls/https_credentials.h"

#include <stdint.h>
#include <uv.h>

/* New connections use other files from now on. */
typedef void http_tls_watch_cb(void *arg);

struct http_tls_watch {
    struct http_tls *tls;       /* the caller's */
    struct https_paths paths;   /* of the three below */
    setting_path cert, key, ca; /* they stay the same until the next start */
    struct recheck recheck;
    struct https_credentials *found;
    int rc;
    char reason[LASTING_REASON_MAX]; /* why they are invalid; the worker's */
    struct lasting_reason refused;
    struct secret_warning warning; /* who else can read the key */
    uint64_t reminded_ms;          /* when it was logged that the certificate expires soon; 0: never */
    http_tls_watch_cb *cb;
    void *arg;
};

/* tls: started with what the files held. */
void http_tls_watch_start(struct http_tls_watch *watch, struct http_tls *tls, const struct https_paths *paths,
                          http_tls_watch_cb *cb, void *arg);

/* Reads the files now. Nothing for a zeroed one. */
void http_tls_watch_look(struct http_tls_watch *watch);

/* Nothing for a zeroed one. */
void http_tls_watch_close(struct http_tls_watch *watch);

#endif
