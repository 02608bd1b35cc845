#include "tls/tls_record.h"

#define RECORD_HEAD_LEN  5U /* type, version, length of what follows */
#define MESSAGE_HEAD_LEN 4U /* type, length of what follows */

/* A message that is read through the records that hold it. */
struct message {
    uint32_t length; /* of what follows its head */
    size_t have;     /* bytes, its head included */
};

static void take(struct message *message, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len && message->have + i < MESSAGE_HEAD_LEN; i++)
        if (message->have + i > 0)
            message->length = message->length << 8 | bytes[i];
    message->have += len;
}

static bool is_whole(const struct message *message)
{
    return message->have >= MESSAGE_HEAD_LEN && message->have - MESSAGE_HEAD_LEN >= message->length;
}

bool tls_record_has_message(const uint8_t *bytes, size_t len)
{
    struct message message = {0};

    while (!is_whole(&message) && len > 0) {
        if (bytes[0] != TLS_RECORD_HANDSHAKE)
            return true;
        size_t record_len = len >= RECORD_HEAD_LEN ? (size_t)bytes[3] << 8 | bytes[4] : 0;
        if (len < RECORD_HEAD_LEN)
            return false;
        if (record_len == 0)
            return true;
        size_t there = len - RECORD_HEAD_LEN < record_len ? len - RECORD_HEAD_LEN : record_len;
        take(&message, bytes + RECORD_HEAD_LEN, there);
        bytes += RECORD_HEAD_LEN + there;
        len -= RECORD_HEAD_LEN + there;
    }
    return is_whole(&message);
}
