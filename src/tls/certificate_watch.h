/* Reads the files of certificates, and follows them: reads them every ten seconds on a worker, and replaces what is in
 * force once they differ. Files that are invalid change nothing, and neither does a pair of which one file is renewed
 * and the other is not yet. Logs when the own certificate is about to expire, and when others can read its key.
 */
#ifndef TLS_CERTIFICATE_WATCH_H
#define TLS_CERTIFICATE_WATCH_H

#include "common/lasting_reason.h"
#include "common/recheck.h"
#include "common/secret_warning.h"
#include "tls/certificate_set.h"

#include <stdint.h>
#include <uv.h>

/* What is in force has changed; before: what was. */
typedef void certificate_watch_cb(const struct certificate_set *before, void *arg);

struct certificate_watch {
    uv_loop_t *loop;
    enum certificate_use use;
    struct certificate_paths paths;
    struct certificate_set set; /* in force. Its address stays; without files, it is empty */
    struct recheck recheck;
    struct certificate_paths looked; /* the worker's */
    struct certificate_set found;
    int rc;
    char reason[LASTING_REASON_MAX]; /* why the files are invalid; the worker's */
    struct lasting_reason refused;
    struct secret_warning warning; /* who else can read the key */
    uint64_t reminded_ms;          /* when it was logged that something expires soon; 0: never */
    certificate_watch_cb *cb;
    void *arg;
};

/* Reads the files at once. Returns 0, or a negative errno with the reason in error. cb may be called as long as the
 * watch runs. */
int certificate_watch_start(struct certificate_watch *watch, uv_loop_t *loop, const struct certificate_paths *paths,
                            enum certificate_use use, certificate_watch_cb *cb, void *arg, char *error,
                            size_t error_size);

/* The configuration names these paths now, and the files are read at once. If they are invalid, the log has the reason,
 * and what is in force stays. */
void certificate_watch_set_paths(struct certificate_watch *watch, const struct certificate_paths *paths);

/* Also for a zeroed one, and more than once. What is in force stays until certificate_watch_deinit(). */
void certificate_watch_close(struct certificate_watch *watch);
void certificate_watch_deinit(struct certificate_watch *watch);

#endif
