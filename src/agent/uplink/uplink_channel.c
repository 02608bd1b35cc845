#include "agent/uplink/uplink_channel.h"

#include "common/clock.h"
#include "common/limits.h"
#include "tls/certificate_text.h"

#include <errno.h>
#include <stdlib.h>

#define UPLINK_SEALED_MAX CHANNEL_SEALED_MAX(SEND_LEN_MAX)

int uplink_channel_init(struct uplink_channel *channel, const struct credentials *credentials)
{
    *channel = (struct uplink_channel){.credentials = credentials};
    if (credentials == NULL)
        return 0;
    channel->sealed = malloc(UPLINK_SEALED_MAX);
    channel->plain = malloc(CHANNEL_RECORD_MAX);
    if (channel->sealed != NULL && channel->plain != NULL)
        return 0;
    uplink_channel_deinit(channel);
    return -ENOMEM;
}

void uplink_channel_deinit(struct uplink_channel *channel)
{
    uplink_channel_close(channel);
    free(channel->sealed);
    free(channel->plain);
    channel->sealed = channel->plain = NULL;
}

int uplink_channel_open(struct uplink_channel *channel, const char *host, struct channel_ticket *ticket)
{
    const struct channel_peer peer = {.host = host, .ticket = ticket};

    if (channel->credentials == NULL)
        return 0;
    channel->host = host;
    channel->ticket = ticket;
    channel->channel = channel_new(channel->credentials, NULL, &peer);
    channel_ticket_deinit(ticket); /* each is used once, so that connections can't be linked by it (RFC 8446, C.4) */
    return channel->channel != NULL ? 0 : -ENOMEM;
}

/* Without memory for its ticket, the next handshake is a whole one. */
void uplink_channel_close(struct uplink_channel *channel)
{
    if (channel->channel != NULL)
        (void)channel_take_ticket(channel->channel, channel->ticket);
    channel_free(channel->channel);
    channel->channel = NULL;
}

bool uplink_channel_ready(const struct uplink_channel *channel)
{
    return channel->credentials == NULL ||
           (channel->channel != NULL && channel_state(channel->channel) == CHANNEL_SEALED);
}

struct bytes uplink_channel_seal(struct uplink_channel *channel, struct bytes frame)
{
    struct channel_out out = {.bytes = channel->sealed, .size = UPLINK_SEALED_MAX};

    if (channel->credentials == NULL || frame.len == 0)
        return frame;
    int rc = channel_send(channel->channel, frame.data, frame.len, &out);
    return (struct bytes){channel->sealed, rc == 0 ? out.len : 0};
}

int uplink_channel_unseal(struct uplink_channel *channel, struct bytes *input, struct bytes *plain,
                          struct bytes *flight)
{
    struct channel_out out = {.bytes = channel->sealed, .size = UPLINK_SEALED_MAX};

    *flight = (struct bytes){channel->sealed, 0};
    if (channel->credentials == NULL) {
        *plain = *input;
        *input = (struct bytes){input->data + input->len, 0};
        return plain->len > 0 ? 1 : 0;
    }
    int rc = channel_receive(channel->channel, input, channel->plain, CHANNEL_RECORD_MAX, &out);
    flight->len = out.len;
    if (rc <= 0)
        return rc;
    *plain = (struct bytes){channel->plain, (size_t)rc};
    return 1;
}

/* What is wrong with the collector's certificate. */
static const char *explain_certificate(struct uplink_channel *channel)
{
    const struct certificate_claim *claim = &channel_claim(channel->channel)->certificate;

    if (claim->verdict == CERTIFICATE_OTHER_NAME)
        certificate_text_other_name(claim, channel->host, channel->why, sizeof channel->why);
    else
        certificate_text_verdict(claim, claim->verdict, clock_wall_ms() / 1000, "--ca-file", channel->why,
                                 sizeof channel->why);
    return channel->why;
}

const char *uplink_channel_why(struct uplink_channel *channel)
{
    bool by_certificate = channel->credentials->certificate != NULL;

    switch (channel_fault(channel->channel)) {
    case CHANNEL_PEER_PLAIN:
        return by_certificate ? "it does not encrypt; give the collector --cert-file, --key-file and --ca-file"
                              : "it does not encrypt; give the collector the fleet's key with --token-file";
    case CHANNEL_KEY:
        return by_certificate ? "it has a key and no certificate; give the collector --cert-file"
                              : "it does not accept this agent's key; the collector's log has the reason";
    case CHANNEL_CERTIFICATE:
        return explain_certificate(channel);
    case CHANNEL_REFUSED:
    case CHANNEL_OTHER:
        break;
    }
    return channel_error(channel->channel);
}
