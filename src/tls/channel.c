#include "tls/channel.h"

#include "common/clock.h"
#include "tls/certificate_trust.h"
#include "tls/peer_key.h"
#include "tls/tls_library.h"
#include "tls/tls_record.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define NO_ALERT (-1)

struct channel {
    struct channel_transport transport; /* the first: GnuTLS knows the channel by its address */
    bool https;                         /* neither side has a key: the server has a certificate */
    bool ended;                         /* the peer sends no more */
    int clear_alert;                    /* NO_ALERT, or see note_alert() */
    struct peer_claim claim;            /* of the client, at a server; of the server's certificate, at a client */
    struct certificate_credentials *certificate;
    const struct certificate_trust *trust;
    const char *host; /* at a client: the server's */
    uint32_t version; /* of the credentials, for its ticket */
    bool server;
    bool has_tickets;
    bool heard; /* the peer has sent something */
    enum channel_state state;
    enum channel_fault fault;
    int error;                        /* of GnuTLS */
    gnutls_alert_description_t alert; /* of CHANNEL_REFUSED */
};

_Static_assert(offsetof(struct channel, transport) == 0, "the transport is at the channel's address");

/* ---- certificates ---- */

static void judge_peer(struct channel *channel)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = tls_library.gnutls_certificate_get_peers(channel->transport.session, &count);

    certificate_claim_deinit(&channel->claim.certificate);
    certificate_trust_judge(channel->trust, chain, chain != NULL ? count : 0, channel->server ? NULL : channel->host,
                            clock_wall_ms() / 1000, &channel->claim.certificate);
}

/* A client refuses the server here, before it shows its own certificate. A server judges the client at the end. */
static int channel_on_verify(gnutls_session_t session)
{
    struct channel *channel = tls_library.gnutls_transport_get_ptr(session); /* its transport */

    if (channel->server)
        return 0;
    judge_peer(channel);
    return channel->claim.certificate.verdict == CERTIFICATE_ACCEPTED ? 0 : -1;
}

/* ---- life ---- */

/* Tickets are sent to clients with certificates alone: a key costs no more than a ticket. */
static unsigned flags_of(const struct credentials *credentials)
{
    unsigned side = credentials->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    bool tickets = credentials->certificate != NULL && (!credentials->server || credentials->tickets);

    return side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | (tickets ? GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_NO_TICKETS);
}

static int begin_certificates(struct channel *channel, const struct credentials *credentials,
                              const struct channel_peer *peer)
{
    const struct channel_ticket *ticket = peer != NULL ? peer->ticket : NULL;
    const gnutls_datum_t key = {(unsigned char *)credentials->ticket_key, TICKET_KEY_LEN};

    if (credentials->certificate == NULL)
        return GNUTLS_E_SUCCESS;
    channel->certificate = certificate_credentials_use(credentials->certificate);
    channel->trust = credentials->trust;
    channel->version = credentials->version;
    channel->has_tickets = credentials->server && credentials->tickets;
    channel->host = peer != NULL ? peer->host : NULL;
    tls_library.gnutls_session_set_verify_function(channel->transport.session, channel_on_verify);
    peer_key_guard(channel->transport.session);
    if (channel->has_tickets) {
        tls_library.gnutls_db_set_cache_expiration(channel->transport.session, TICKET_LIFE_S);
        return tls_library.gnutls_session_ticket_enable_server(channel->transport.session, &key);
    }
    /* A ticket that GnuTLS can't read is as good as none. */
    if (ticket != NULL && ticket->bytes != NULL && ticket->version == channel->version)
        (void)tls_library.gnutls_session_set_data(channel->transport.session, ticket->bytes, ticket->len);
    return GNUTLS_E_SUCCESS;
}

static int begin(struct channel *channel, const struct credentials *credentials, const struct channel_peer *peer)
{
    int rc = tls_library.gnutls_init(&channel->transport.session, flags_of(credentials));

    if (rc != GNUTLS_E_SUCCESS)
        return rc;
    tls_library.gnutls_session_set_ptr(channel->transport.session, &channel->claim.key);
    channel_transport_use(&channel->transport);
    rc = credentials_give(credentials, channel->transport.session);
    return rc == GNUTLS_E_SUCCESS ? begin_certificates(channel, credentials, peer) : rc;
}

struct channel *channel_new(const struct credentials *credentials, const struct key_ring *ring,
                            const struct channel_peer *peer)
{
    struct channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->server = credentials->server;
    channel->claim.key = (struct key_claim){.ring = ring, .verdict = KEY_MALFORMED};
    if (begin(channel, credentials, peer) == GNUTLS_E_SUCCESS)
        return channel;
    channel_free(channel);
    return NULL;
}

static int begin_https(struct channel *channel, const struct https_credentials *credentials)
{
    int rc = tls_library.gnutls_init(&channel->transport.session,
                                     GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

    if (rc != GNUTLS_E_SUCCESS)
        return rc;
    channel_transport_use(&channel->transport);
    return https_credentials_give(credentials, channel->transport.session);
}

struct channel *channel_new_https(const struct https_credentials *credentials)
{
    struct channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->https = true;
    channel->server = true;
    channel->clear_alert = NO_ALERT;
    if (begin_https(channel, credentials) == GNUTLS_E_SUCCESS)
        return channel;
    channel_free(channel);
    return NULL;
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    if (channel->transport.session != NULL)
        tls_library.gnutls_deinit(channel->transport.session);
    certificate_credentials_release(channel->certificate);
    certificate_claim_deinit(&channel->claim.certificate);
    free(channel);
}

/* ---- tickets ---- */

bool channel_resumed(const struct channel *channel)
{
    return tls_library.gnutls_session_is_resumed(channel->transport.session) != 0;
}

int channel_take_ticket(const struct channel *channel, struct channel_ticket *ticket)
{
    gnutls_datum_t data = {0};

    if (channel->state != CHANNEL_SEALED ||
        (tls_library.gnutls_session_get_flags(channel->transport.session) & GNUTLS_SFLAGS_SESSION_TICKET) == 0)
        return 0;
    if (tls_library.gnutls_session_get_data2(channel->transport.session, &data) < 0)
        return -ENOMEM;
    uint8_t *bytes = malloc(data.size);
    if (bytes != NULL) {
        memcpy(bytes, data.data, data.size);
        channel_ticket_deinit(ticket);
        *ticket = (struct channel_ticket){bytes, data.size, channel->version};
    }
    (*tls_library.gnutls_free)(data.data);
    return bytes != NULL ? 0 : -ENOMEM;
}

void channel_ticket_deinit(struct channel_ticket *ticket)
{
    if (ticket->bytes != NULL)
        explicit_bzero(ticket->bytes, ticket->len);
    free(ticket->bytes);
    *ticket = (struct channel_ticket){0};
}

/* ---- failures ---- */

/* A wrong key shows as a binder that does not match: at the server when it checks it, at the client as the alert that
 * the server then sends. */
static bool is_wrong_key(const struct channel *channel, int error)
{
    if (channel->server)
        return error == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER || error == GNUTLS_E_INSUFFICIENT_CREDENTIALS;
    if (error != GNUTLS_E_FATAL_ALERT_RECEIVED)
        return false;
    gnutls_alert_description_t alert = tls_library.gnutls_alert_get(channel->transport.session);
    return alert == GNUTLS_A_ILLEGAL_PARAMETER || alert == GNUTLS_A_DECRYPT_ERROR ||
           alert == GNUTLS_A_HANDSHAKE_FAILURE;
}

static int break_off(struct channel *channel, enum channel_fault fault, int error)
{
    channel->state = CHANNEL_BROKEN;
    channel->fault = fault;
    channel->error = error;
    return -EPROTO;
}

static bool is_pause(int error)
{
    return error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED;
}

/* The alert that names what is wrong with the server's certificate. */
static gnutls_alert_description_t alert_of(enum certificate_verdict verdict)
{
    switch (verdict) {
    case CERTIFICATE_UNKNOWN_CA:
    case CERTIFICATE_OTHER_PIN:
        return GNUTLS_A_UNKNOWN_CA;
    case CERTIFICATE_EXPIRED:
    case CERTIFICATE_NOT_YET:
        return GNUTLS_A_CERTIFICATE_EXPIRED;
    case CERTIFICATE_REVOKED:
        return GNUTLS_A_CERTIFICATE_REVOKED;
    case CERTIFICATE_OTHER_USE:
        return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
    default:
        return GNUTLS_A_BAD_CERTIFICATE;
    }
}

/* Why a handshake with certificates has failed. */
static int break_off_certificate(struct channel *channel, int error)
{
    enum certificate_verdict verdict = channel->claim.certificate.verdict;

    /* Refused by peer_key, or by GnuTLS, before it was judged. */
    if (error == GNUTLS_E_CERTIFICATE_ERROR && verdict == CERTIFICATE_ACCEPTED)
        verdict = channel->claim.certificate.verdict = CERTIFICATE_UNREADABLE;
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        channel->alert = tls_library.gnutls_alert_get(channel->transport.session);
        return break_off(channel, CHANNEL_REFUSED, error);
    }
    if (verdict != CERTIFICATE_ACCEPTED) {
        (void)tls_library.gnutls_alert_send(channel->transport.session, GNUTLS_AL_FATAL, alert_of(verdict));
        return break_off(channel, channel->server ? CHANNEL_OTHER : CHANNEL_CERTIFICATE, error);
    }
    (void)tls_library.gnutls_alert_send_appropriate(channel->transport.session, error);
    return break_off(channel, CHANNEL_OTHER, error);
}

/* Whether GnuTLS is to be called again. It also pauses between two records of one message, when there is more input.
 * before: how much input there was before the call. */
static bool goes_on(const struct channel *channel, int error, size_t before)
{
    if (is_pause(error))
        return channel->transport.input->len > 0 && channel->transport.input->len < before;
    return error < 0 && !tls_library.gnutls_error_is_fatal(error);
}

/* ---- receiving ---- */

/* At the end of the handshake: the server judges the client. A server that has returned by a ticket is judged anew,
 * because time has passed, and files may have changed. */
static int end_certificates(struct channel *channel)
{
    struct peer_claim *claim = &channel->claim;

    if (channel->server || channel_resumed(channel))
        judge_peer(channel);
    claim->proof = PEER_CERTIFICATE;
    channel->state = CHANNEL_SEALED;
    if (!channel->server && claim->certificate.verdict != CERTIFICATE_ACCEPTED)
        return break_off_certificate(channel, GNUTLS_E_CERTIFICATE_ERROR);
    if (channel->has_tickets && claim->certificate.verdict == CERTIFICATE_ACCEPTED)
        (void)tls_library.gnutls_session_ticket_send(channel->transport.session, 1, 0); /* else the agent has none */
    return 0;
}

/* A client with a key or with certificates still checks that the server has used them. */
static int end_handshake(struct channel *channel)
{
    gnutls_credentials_type_t used = tls_library.gnutls_auth_server_get_type(channel->transport.session);

    if (used == GNUTLS_CRD_CERTIFICATE && channel->certificate != NULL)
        return end_certificates(channel);
    if (used != GNUTLS_CRD_PSK || (!channel->server && channel->certificate != NULL))
        return break_off(channel, CHANNEL_KEY, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
    channel->state = CHANNEL_SEALED;
    return 0;
}

/* Whether the handshake was one of certificates, as far as it came. */
static bool shows_certificates(const struct channel *channel)
{
    if (!channel->server)
        return channel->certificate != NULL;
    return channel->certificate != NULL && channel->claim.key.verdict == KEY_MALFORMED &&
           channel->claim.key.identity.epoch[0] == '\0';
}

/* As far as the input goes. GnuTLS's result. */
static int continue_handshake(struct channel *channel)
{
    size_t before;
    int rc;

    do {
        before = channel->transport.input->len;
        rc = tls_library.gnutls_handshake(channel->transport.session);
    } while (goes_on(channel, rc, before));
    return rc;
}

static int shake_hands(struct channel *channel)
{
    int rc = continue_handshake(channel);

    if (rc == GNUTLS_E_SUCCESS)
        return end_handshake(channel);
    if (is_pause(rc))
        return 0;
    if (shows_certificates(channel))
        return break_off_certificate(channel, rc);
    (void)tls_library.gnutls_alert_send_appropriate(channel->transport.session, rc);
    return break_off(channel, is_wrong_key(channel, rc) ? CHANNEL_KEY : CHANNEL_OTHER, rc);
}

/* A client that refuses the server's certificate may say so in clear, which GnuTLS then can't decrypt. */
static void note_alert(struct channel *channel)
{
    static const uint8_t header[] = {TLS_RECORD_ALERT, 3, 3, 0, 2};
    const struct bytes *input = channel->transport.input;

    if (input->len == sizeof header + 2 && memcmp(input->data, header, sizeof header) == 0)
        channel->clear_alert = input->data[sizeof header + 1];
}

/* The client need not prove anything: its owner judges it afterwards. */
static int shake_hands_https(struct channel *channel)
{
    note_alert(channel);
    int rc = continue_handshake(channel);

    if (is_pause(rc))
        return 0;
    if (rc == GNUTLS_E_SUCCESS) {
        channel->state = CHANNEL_SEALED;
        return 0;
    }
    (void)tls_library.gnutls_alert_send_appropriate(channel->transport.session, rc);
    return break_off(channel, CHANNEL_OTHER, rc);
}

static int open_record(struct channel *channel, uint8_t *plain, size_t size)
{
    size_t before;
    int rc;

    do {
        before = channel->transport.input->len;
        rc = (int)tls_library.gnutls_record_recv(channel->transport.session, plain, size);
    } while (goes_on(channel, rc, before));
    if (rc > 0)
        return rc;
    if (is_pause(rc))
        return 0;
    if (rc < 0)
        return break_off(channel, CHANNEL_OTHER, rc);
    channel->ended = true;
    channel->error = GNUTLS_E_SESSION_EOF;
    return -EPIPE;
}

static int receive(struct channel *channel, uint8_t *plain, size_t size)
{
    if (channel->ended)
        return -EPIPE;
    if (channel->state == CHANNEL_HANDSHAKING) {
        int rc = channel->https ? shake_hands_https(channel) : shake_hands(channel);
        if (rc < 0 || channel->state == CHANNEL_HANDSHAKING)
            return rc;
    }
    return open_record(channel, plain, size);
}

static bool is_tls(uint8_t first)
{
    return first == TLS_RECORD_HANDSHAKE || first == TLS_RECORD_ALERT;
}

/* What the first byte says about the peer. A GnuTLS server that has nothing in common with the client begins with an
 * encrypted alert, without the ServerHello that would allow to read it. */
static int look_at_first(struct channel *channel, uint8_t first)
{
    channel->heard = true;
    if (first == TLS_RECORD_DATA)
        return break_off(channel, CHANNEL_KEY, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
    return is_tls(first) ? 0 : break_off(channel, CHANNEL_PEER_PLAIN, GNUTLS_E_UNEXPECTED_PACKET);
}

int channel_receive(struct channel *channel, struct bytes *input, uint8_t *plain, size_t size, struct channel_out *out)
{
    if (channel->state == CHANNEL_BROKEN)
        return -EPROTO;
    if (!channel->heard && input->len > 0 && look_at_first(channel, input->data[0]) < 0)
        return -EPROTO;
    channel->transport.input = input;
    channel->transport.out = out;
    int rc = receive(channel, plain, size);
    channel->transport.input = NULL;
    channel->transport.out = NULL;
    return rc;
}

/* ---- sending ---- */

int channel_send(struct channel *channel, const uint8_t *bytes, size_t len, struct channel_out *out)
{
    channel->transport.out = out;
    while (len > 0 && channel->state == CHANNEL_SEALED) {
        ssize_t sent = tls_library.gnutls_record_send(channel->transport.session, bytes, len);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        } else if (sent == 0 || tls_library.gnutls_error_is_fatal((int)sent))
            (void)break_off(channel, CHANNEL_OTHER, (int)sent);
    }
    channel->transport.out = NULL;
    return len == 0 ? 0 : -EPROTO;
}

void channel_end(struct channel *channel, struct channel_out *out)
{
    channel->transport.out = out;
    if (channel->state == CHANNEL_SEALED)
        (void)tls_library.gnutls_bye(channel->transport.session, GNUTLS_SHUT_WR);
    channel->transport.out = NULL;
}

/* ---- questions ---- */

enum https_client channel_judge_client(const struct channel *channel, int64_t *not_after_s,
                                       char why[HTTPS_CLIENT_WHY_MAX])
{
    return https_credentials_judge(channel->transport.session, not_after_s, why);
}

const char *channel_alert(const struct channel *channel)
{
    if (channel->clear_alert != NO_ALERT)
        return tls_library.gnutls_alert_get_name((gnutls_alert_description_t)channel->clear_alert);
    if (channel->error == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return tls_library.gnutls_alert_get_name(tls_library.gnutls_alert_get(channel->transport.session));
    return NULL;
}

enum channel_state channel_state(const struct channel *channel)
{
    return channel->state;
}

struct peer_claim *channel_claim(struct channel *channel)
{
    return &channel->claim;
}

enum channel_fault channel_fault(const struct channel *channel)
{
    return channel->fault;
}

const char *channel_error(const struct channel *channel)
{
    const char *alert = channel->fault == CHANNEL_REFUSED ? tls_library.gnutls_alert_get_name(channel->alert) : NULL;

    return alert != NULL ? alert : tls_library.gnutls_strerror(channel->error);
}
