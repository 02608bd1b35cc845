#include "tls/channel.h"

#include "tls/tls_library.h"
#include "tls/tls_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define NO_ALERT (-1)

struct channel {
    gnutls_session_t session;
    bool https;              /* neither side has a key: the server has a certificate */
    bool ended;              /* the peer sends no more */
    int clear_alert;         /* NO_ALERT, or see note_alert() */
    struct bytes *input;     /* of the call that is under way */
    struct channel_out *out; /* the same */
    struct key_claim claim;  /* of the client, at a server */
    bool server;
    bool heard; /* the peer has sent something */
    enum channel_state state;
    enum channel_fault fault;
    int error; /* of GnuTLS */
};

/* ---- GnuTLS's transport: the buffers of the call ---- */

static ssize_t channel_on_pull(gnutls_transport_ptr_t arg, void *data, size_t size)
{
    struct channel *channel = arg;
    struct bytes *input = channel->input;
    size_t len = input != NULL && input->len < size ? input->len : size;

    if (input == NULL || input->len == 0) {
        tls_library.gnutls_transport_set_errno(channel->session, EAGAIN);
        return -1;
    }
    memcpy(data, input->data, len);
    input->data += len;
    input->len -= len;
    return (ssize_t)len;
}

static ssize_t channel_on_push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
    struct channel *channel = arg;
    struct channel_out *out = channel->out;

    if (out == NULL || out->size - out->len < len) {
        tls_library.gnutls_transport_set_errno(channel->session, ENOBUFS);
        return -1;
    }
    memcpy(out->bytes + out->len, data, len);
    out->len += len;
    return (ssize_t)len;
}

/* ---- life ---- */

static int begin(struct channel *channel, const struct credentials *credentials)
{
    unsigned side = credentials->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    int rc = tls_library.gnutls_init(&channel->session, side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

    if (rc != GNUTLS_E_SUCCESS)
        return rc;
    tls_library.gnutls_session_set_ptr(channel->session, &channel->claim);
    tls_library.gnutls_transport_set_ptr(channel->session, channel);
    tls_library.gnutls_transport_set_pull_function(channel->session, channel_on_pull);
    tls_library.gnutls_transport_set_push_function(channel->session, channel_on_push);
    return credentials_give(credentials, channel->session);
}

struct channel *channel_new(const struct credentials *credentials, const struct key_ring *ring)
{
    struct channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->server = credentials->server;
    channel->claim = (struct key_claim){.ring = ring, .verdict = KEY_MALFORMED};
    if (begin(channel, credentials) == GNUTLS_E_SUCCESS)
        return channel;
    channel_free(channel);
    return NULL;
}

static int begin_https(struct channel *channel, const struct https_credentials *credentials)
{
    int rc = tls_library.gnutls_init(&channel->session,
                                     GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

    if (rc != GNUTLS_E_SUCCESS)
        return rc;
    tls_library.gnutls_transport_set_ptr(channel->session, channel);
    tls_library.gnutls_transport_set_pull_function(channel->session, channel_on_pull);
    tls_library.gnutls_transport_set_push_function(channel->session, channel_on_push);
    return https_credentials_give(credentials, channel->session);
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
    if (channel->session != NULL)
        tls_library.gnutls_deinit(channel->session);
    free(channel);
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
    gnutls_alert_description_t alert = tls_library.gnutls_alert_get(channel->session);
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

/* Whether GnuTLS is to be called again. It also pauses between two records of one message, when there is more input.
 * before: how much input there was before the call. */
static bool goes_on(const struct channel *channel, int error, size_t before)
{
    if (is_pause(error))
        return channel->input->len > 0 && channel->input->len < before;
    return error < 0 && !tls_library.gnutls_error_is_fatal(error);
}

/* ---- receiving ---- */

/* A client whose credentials hold a key alone still checks that the server used it. */
static int check_mutual(struct channel *channel)
{
    if (tls_library.gnutls_auth_server_get_type(channel->session) != GNUTLS_CRD_PSK)
        return break_off(channel, CHANNEL_KEY, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
    channel->state = CHANNEL_SEALED;
    return 0;
}

static int shake_hands(struct channel *channel)
{
    size_t before;
    int rc;

    do {
        before = channel->input->len;
        rc = tls_library.gnutls_handshake(channel->session);
    } while (goes_on(channel, rc, before));
    if (rc == GNUTLS_E_SUCCESS)
        return check_mutual(channel);
    if (is_pause(rc))
        return 0;
    (void)tls_library.gnutls_alert_send_appropriate(channel->session, rc);
    return break_off(channel, is_wrong_key(channel, rc) ? CHANNEL_KEY : CHANNEL_OTHER, rc);
}

/* A client that refuses the server's certificate may say so in clear, which GnuTLS then can't decrypt. */
static void note_alert(struct channel *channel)
{
    static const uint8_t header[] = {TLS_RECORD_ALERT, 3, 3, 0, 2};
    const struct bytes *input = channel->input;

    if (input->len == sizeof header + 2 && memcmp(input->data, header, sizeof header) == 0)
        channel->clear_alert = input->data[sizeof header + 1];
}

/* The client need not prove anything: its owner judges it afterwards. */
static int shake_hands_https(struct channel *channel)
{
    size_t before;
    int rc;

    note_alert(channel);
    do {
        before = channel->input->len;
        rc = tls_library.gnutls_handshake(channel->session);
    } while (goes_on(channel, rc, before));
    if (is_pause(rc))
        return 0;
    if (rc == GNUTLS_E_SUCCESS) {
        channel->state = CHANNEL_SEALED;
        return 0;
    }
    (void)tls_library.gnutls_alert_send_appropriate(channel->session, rc);
    return break_off(channel, CHANNEL_OTHER, rc);
}

static int open_record(struct channel *channel, uint8_t *plain, size_t size)
{
    size_t before;
    int rc;

    do {
        before = channel->input->len;
        rc = (int)tls_library.gnutls_record_recv(channel->session, plain, size);
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

int channel_receive(struct channel *channel, struct bytes *input, uint8_t *plain, size_t size, struct channel_out *out)
{
    if (channel->state == CHANNEL_BROKEN)
        return -EPROTO;
    if (!channel->heard && input->len > 0 && !is_tls(input->data[0]))
        return break_off(channel, CHANNEL_PEER_PLAIN, GNUTLS_E_UNEXPECTED_PACKET);
    channel->heard = channel->heard || input->len > 0;
    channel->input = input;
    channel->out = out;
    int rc = receive(channel, plain, size);
    channel->input = NULL;
    channel->out = NULL;
    return rc;
}

/* ---- sending ---- */

int channel_send(struct channel *channel, const uint8_t *bytes, size_t len, struct channel_out *out)
{
    channel->out = out;
    while (len > 0 && channel->state == CHANNEL_SEALED) {
        ssize_t sent = tls_library.gnutls_record_send(channel->session, bytes, len);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        } else if (sent == 0 || tls_library.gnutls_error_is_fatal((int)sent))
            (void)break_off(channel, CHANNEL_OTHER, (int)sent);
    }
    channel->out = NULL;
    return len == 0 ? 0 : -EPROTO;
}

void channel_end(struct channel *channel, struct channel_out *out)
{
    channel->out = out;
    if (channel->state == CHANNEL_SEALED)
        (void)tls_library.gnutls_bye(channel->session, GNUTLS_SHUT_WR);
    channel->out = NULL;
}

/* ---- questions ---- */

enum https_client channel_judge_client(const struct channel *channel, int64_t *not_after_s,
                                       char why[HTTPS_CLIENT_WHY_MAX])
{
    return https_credentials_judge(channel->session, not_after_s, why);
}

const char *channel_alert(const struct channel *channel)
{
    if (channel->clear_alert != NO_ALERT)
        return tls_library.gnutls_alert_get_name((gnutls_alert_description_t)channel->clear_alert);
    if (channel->error == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return tls_library.gnutls_alert_get_name(tls_library.gnutls_alert_get(channel->session));
    return NULL;
}

enum channel_state channel_state(const struct channel *channel)
{
    return channel->state;
}

struct key_claim *channel_claim(struct channel *channel)
{
    return &channel->claim;
}

enum channel_fault channel_fault(const struct channel *channel)
{
    return channel->fault;
}

const char *channel_error(const struct channel *channel)
{
    return tls_library.gnutls_strerror(channel->error);
}
