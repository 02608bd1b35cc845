/* GnuTLS's credentials for one side of the channel, which is TLS 1.3 with a fresh Diffie-Hellman exchange. An agent has
 * a pre-shared key or certificates, and accepts nothing else. A collector has one of them or both, and the agent
 * chooses. */
#ifndef TLS_CREDENTIALS_H
#define TLS_CREDENTIALS_H

#include "tls/certificate_credentials.h"
#include "tls/certificate_set.h"
#include "tls/key_ring.h"
#include "tls/key_text.h"
#include "tls/ticket_key.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credentials {
    bool server;
    gnutls_priority_t priority;
    gnutls_psk_server_credentials_t server_psk;
    gnutls_psk_client_credentials_t client_psk;
    struct certificate_credentials *certificate; /* NULL: no certificates */
    uint32_t version;                            /* counts its replacements */
    const struct certificate_trust *trust;       /* the caller's, as it is now, for certificates */
    uint8_t ticket_key[TICKET_KEY_LEN];          /* of a server, for tickets by which agents return, */
    bool tickets;                                /* if it sends any */
};

/* For an agent, from its key; and for a collector, whose keys the sessions' claims have. tls_library_load() comes
 * first. 0 or a negative errno. */
int credentials_init_client(struct credentials *credentials, const struct key_text *key);
int credentials_init_server(struct credentials *credentials);

/* For an agent with certificates. The set's trust lives as long as the credentials. As above. */
int credentials_init_certificates(struct credentials *credentials, const struct certificate_set *set);

/* Gives a collector certificates, instead of those that it had, for the channels that begin from now on. Without a pair
 * in the set, it has none. 0 or -ENOMEM; then nothing has changed. */
int credentials_set_certificates(struct credentials *credentials, const struct certificate_set *set);

/* From now on agents with certificates get tickets, which are sealed with this key. */
void credentials_set_tickets(struct credentials *credentials, const uint8_t key[TICKET_KEY_LEN]);

/* Gives a session its credentials. The pointer of a server's session (gnutls_session_set_ptr) is a key_claim. 0 or an
 * error of GnuTLS. */
int credentials_give(const struct credentials *credentials, gnutls_session_t session);

/* Also for a zeroed one, and more than once. */
void credentials_deinit(struct credentials *credentials);

#endif
