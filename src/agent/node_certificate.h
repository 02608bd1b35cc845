/* The certificate of this node: its files are followed, and each connection uses those that are in force. A connection
 * that was made with a certificate of which less than a third of its life is left is made anew once there is another
 * one; with jitter, so that a fleet whose certificates are renewed together does not come back at the same moment. */
#ifndef AGENT_NODE_CERTIFICATE_H
#define AGENT_NODE_CERTIFICATE_H

#include "agent/config/config.h"
#include "tls/certificate_watch.h"
#include "tls/credentials.h"

#include <uv.h>

/* The connection is to be made anew. */
typedef void node_certificate_cb(void *arg);

struct node_certificate {
    struct certificate_watch watch;
    struct credentials credentials;
    uv_timer_t renewal;
    node_certificate_cb *cb;
    void *arg;
};

/* Reads the files that the configuration names. NULL, with the reason in error. */
struct node_certificate *node_certificate_new(uv_loop_t *loop, const struct agent_config *config,
                                              node_certificate_cb *cb, void *arg, char *error, size_t error_size);

/* Both also of NULL. The second comes after the loop has run empty, and after the connections are freed. */
void node_certificate_close(struct node_certificate *certificate);
void node_certificate_free(struct node_certificate *certificate);

#endif
