#include "collector/intake/session_channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

struct session_channel *session_channel_new(const struct credentials *credentials, const struct key_ring *ring,
                                            void *owner)
{
    struct session_channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->owner = owner;
    channel->channel = channel_new(credentials, ring, NULL);
    if (channel->channel != NULL)
        return channel;
    free(channel);
    return NULL;
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
    return channel_state(channel->channel) == CHANNEL_HANDSHAKING;
}

/* ---- the queue ---- */

static bool is_queued(const struct session_channel *channel)
{
    return channel->prev != NULL;
}

int session_channel_hold(struct session_channel *channel, struct bytes input, struct session_channel_queue *queue)
{
    if (input.len > SESSION_CHANNEL_HELD_MAX - channel->held_len)
        return -EMSGSIZE;
    uint8_t *held = realloc(channel->held, channel->held_len + input.len);
    if (held == NULL)
        return -ENOMEM;
    memcpy(held + channel->held_len, input.data, input.len);
    channel->held = held;
    channel->held_len += input.len;
    if (!is_queued(channel)) {
        DL_APPEND(queue->head, channel);
        queue->count++;
    }
    return 0;
}

void session_channel_leave(struct session_channel *channel, struct session_channel_queue *queue)
{
    if (!is_queued(channel))
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
