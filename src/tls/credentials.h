/* GnuTLS's credentials for one side of the channel: TLS 1.3 with a pre-shared key and a fresh Diffie-Hellman exchange,
 * and nothing else. Neither side has a certificate, and none is accepted. */
#ifndef TLS_CREDENTIALS_H
#define TLS_CREDENTIALS_H

#include "tls/key_ring.h"
#include "tls/key_text.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

struct credentials {
    bool server;
    gnutls_priority_t priority;
    gnutls_psk_server_credentials_t server_psk;
    gnutls_psk_client_credentials_t client_psk;
};

/* For an agent, from its key; and for a collector, whose keys the sessions' claims have. tls_library_load() comes
 * first. 0 or a negative errno. */
int credentials_init_client(struct credentials *credentials, const struct key_text *key);
int credentials_init_server(struct credentials *credentials);

/* Gives a session its credentials. The pointer of a server's session (gnutls_session_set_ptr) is a key_claim. 0 or an
 * error of GnuTLS. */
int credentials_give(const struct credentials *credentials, gnutls_session_t session);

/* Also for a zeroed one, and more than once. */
void credentials_deinit(struct credentials *credentials);

#endif
