/* The encryption of the agent's connection: a channel for each connection, and the buffers that it needs. Without
 * credentials, bytes pass unchanged, and nothing is allocated. */
#ifndef AGENT_UPLINK_UPLINK_CHANNEL_H
#define AGENT_UPLINK_UPLINK_CHANNEL_H

#include "common/frame.h"
#include "tls/channel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLINK_WHY_MAX 400U

struct uplink_channel {
    const struct credentials *credentials; /* the caller's; NULL: no encryption */
    struct channel *channel;               /* of the connection; NULL: there is none */
    const char *host;                      /* the arguments of uplink_channel_open() */
    struct channel_ticket *ticket;
    uint8_t *sealed; /* to be written; UPLINK_SEALED_MAX */
    uint8_t *plain;  /* that was received; CHANNEL_RECORD_MAX */
    char why[UPLINK_WHY_MAX];
};

/* 0 or -ENOMEM. */
int uplink_channel_init(struct uplink_channel *channel, const struct credentials *credentials);

/* Also for a zeroed one, and more than once. */
void uplink_channel_deinit(struct uplink_channel *channel);

/* A connection begins; ends. host: the name that the collector's certificate must have; it lives as long as the
 * connection. ticket: of the last connection to this collector, which is replaced when the connection ends. 0 or
 * -ENOMEM. */
int uplink_channel_open(struct uplink_channel *channel, const char *host, struct channel_ticket *ticket);
void uplink_channel_close(struct uplink_channel *channel);

/* Whether frames may be sent: the handshake is done, or there is none. */
bool uplink_channel_ready(const struct uplink_channel *channel);

/* The form in which a frame is written, valid until the next call of this or of uplink_channel_unseal(). Its length is
 * 0 if the channel is broken. */
struct bytes uplink_channel_seal(struct uplink_channel *channel, struct bytes frame);

/* Takes bytes from the front of *input. Returns 1: *plain has bytes for the sender; 0: all input is used; or a negative
 * errno: the channel is broken. Afterwards *flight, if it is not empty, is to be written. */
int uplink_channel_unseal(struct uplink_channel *channel, struct bytes *input, struct bytes *plain,
                          struct bytes *flight);

/* Why it is broken, as a log line ends. */
const char *uplink_channel_why(struct uplink_channel *channel);

#endif
