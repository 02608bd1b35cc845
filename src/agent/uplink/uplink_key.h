/* The key with which the agent connects. The file is read again before each connection, so that a new key is used
 * without a restart.
 *
 * Happy path: a worker reads the file; the key that it holds makes the credentials of the connection that follows.
 * Failures: a file that is invalid or missing leaves the key as it was, and the log has the reason once. One that takes
 * longer than UPLINK_KEY_MS_MAX to read does not delay the connection further; what it holds is used for the next one.
 * A worker that hangs is the only one. */
#ifndef AGENT_UPLINK_UPLINK_KEY_H
#define AGENT_UPLINK_UPLINK_KEY_H

#include "common/secret_warning.h"
#include "tls/credentials.h"
#include "tls/key_text.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define UPLINK_KEY_MS_MAX     1000U
#define UPLINK_KEY_REASON_MAX (PATH_MAX + 256)

/* The credentials may be used now. */
typedef void uplink_key_cb(void *arg);

struct uplink_key {
    struct credentials credentials; /* not changed from one callback to the next uplink_key_look() */
    struct key_text key;            /* that they are made of */
    const char *path;               /* the caller's */
    uv_loop_t *loop;
    uv_timer_t timer; /* bounds the wait */
    uv_work_t work;
    bool works;
    bool unused; /* what was read last is not looked at yet */
    struct key_text found;
    int rc;
    char reason[UPLINK_KEY_REASON_MAX]; /* why the file is invalid */
    char logged[UPLINK_KEY_REASON_MAX]; /* the last reason that was logged; empty: it is valid */
    struct secret_warning warning;      /* who else can read it */
    uplink_key_cb *cb;                  /* NULL: nobody waits */
    void *arg;
};

/* text: the key that was read at the start. Loads GnuTLS. NULL, with the reason in error. */
struct uplink_key *uplink_key_new(const char *path, const struct key_text *text, char *error, size_t error_size);
void uplink_key_start(struct uplink_key *key, uv_loop_t *loop);

/* Reads the file. The callback runs once, later. No connection uses the credentials meanwhile, and no other callback is
 * awaited. */
void uplink_key_look(struct uplink_key *key, uplink_key_cb *cb, void *arg);

/* No callback runs any more. Also for NULL, and more than once. */
void uplink_key_close(struct uplink_key *key);

/* After the loop has run empty. Also for NULL. */
void uplink_key_free(struct uplink_key *key);

#endif
