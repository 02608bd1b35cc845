#include "collector/intake/session_channel.h"

#include "tls/tls_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>
#include <uv.h>

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

struct session_channel *session_channel_new(struct handshakes *handshakes, void *owner)
{
    struct session_channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->owner = owner;
    channel->begun_us = now_us();
    handshakes_begin(handshakes);
    return channel;
}

int session_channel_begin(struct session_channel *channel, const struct credentials *credentials,
                          const struct key_ring *ring)
{
    channel->channel = channel_new(credentials, ring, NULL);
    return channel->channel != NULL ? 0 : -ENOMEM;
}

void session_channel_free(struct session_channel *channel)
{
    if (channel == NULL)
        return;
    channel_free(channel->channel);
    free(channel->held);
    free(channel);
}

bool session_channel_greets(const struct session_channel *channel)
{
    return channel->channel == NULL || channel_state(channel->channel) == CHANNEL_HANDSHAKING;
}

bool session_channel_is_sealed(const struct session_channel *channel)
{
    return channel->channel != NULL && channel_state(channel->channel) == CHANNEL_SEALED;
}

static enum handshake_result result_of(const struct session_channel *channel)
{
    if (channel->channel == NULL)
        return HANDSHAKE_ABANDONED;
    switch (channel_state(channel->channel)) {
    case CHANNEL_SEALED:
        return HANDSHAKE_ACCEPTED;
    case CHANNEL_HANDSHAKING:
        return HANDSHAKE_ABANDONED;
    case CHANNEL_BROKEN:
        break;
    }
    if (channel_fault(channel->channel) == CHANNEL_KEY)
        return handshakes_refusal(&channel_claim(channel->channel)->key);
    return channel_fault(channel->channel) == CHANNEL_REFUSED ? HANDSHAKE_REFUSED : HANDSHAKE_BROKEN;
}

struct bytes session_channel_seal(const struct session_channel *channel, const uint8_t *frames, size_t len,
                                  struct channel_out *out)
{
    if (channel == NULL)
        return (struct bytes){frames, len};
    int rc = channel_send(channel->channel, frames, len, out);
    return (struct bytes){out->bytes, rc == 0 ? out->len : 0};
}

void session_channel_conclude(struct session_channel *channel, struct handshakes *handshakes)
{
    if (channel->begun_us == 0)
        return;
    handshakes_end(handshakes, result_of(channel), now_us() - channel->begun_us);
    channel->begun_us = 0;
}

/* ---- the queue ---- */

bool session_channel_waits(const struct session_channel *channel)
{
    return channel->prev != NULL;
}

int session_channel_hold(struct session_channel *channel, struct bytes input, struct session_channel_queue *queue)
{
    size_t most = channel->channel != NULL ? SESSION_CHANNEL_HELD_MAX : SESSION_CHANNEL_FIRST_MAX;

    if (channel->held_len > most || input.len > most - channel->held_len)
        return -EMSGSIZE;
    uint8_t *held = realloc(channel->held, channel->held_len + input.len);
    if (held == NULL)
        return -ENOMEM;
    memcpy(held + channel->held_len, input.data, input.len);
    channel->held = held;
    channel->held_len += input.len;
    if (channel->channel == NULL && !tls_record_has_message(channel->held, channel->held_len))
        return 0;
    if (!session_channel_waits(channel)) {
        DL_APPEND(queue->head, channel);
        queue->count++;
    }
    return 0;
}

void session_channel_leave(struct session_channel *channel, struct session_channel_queue *queue)
{
    if (!session_channel_waits(channel))
        return;
    DL_DELETE(queue->head, channel);
    channel->prev = channel->next = NULL;
    queue->count--;
}

struct session_channel *session_channel_take(struct session_channel_queue *queue)
{
    struct session_channel *first = queue->head;

    if (first != NULL)
        session_channel_leave(first, queue);
    return first;
}

struct bytes session_channel_release(struct session_channel *channel)
{
    struct bytes held = {channel->held, channel->held_len};

    channel->held = NULL;
    channel->held_len = 0;
    return held;
}
