/* Lets GnuTLS read from and write to memory: the buffers of the call that is under way. */
#ifndef TLS_CHANNEL_TRANSPORT_H
#define TLS_CHANNEL_TRANSPORT_H

#include "common/frame.h"

#include <gnutls/gnutls.h>
#include <stddef.h>
#include <stdint.h>

struct channel_out {
    uint8_t *bytes;
    size_t size;
    size_t len; /* of what is to be written; calls append to it */
};

struct channel_transport {
    gnutls_session_t session;
    struct bytes *input;     /* what GnuTLS reads is taken from its front; NULL: nothing */
    struct channel_out *out; /* NULL: nothing may be written */
};

/* The session reads and writes through the transport, which is the pointer that GnuTLS gives to its callbacks. */
void channel_transport_use(struct channel_transport *transport);

#endif
