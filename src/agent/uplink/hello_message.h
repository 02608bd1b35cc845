/* Pure. Writes the Hello: who the agent is, and which samples it has. */
#ifndef AGENT_UPLINK_HELLO_MESSAGE_H
#define AGENT_UPLINK_HELLO_MESSAGE_H

#include "agent/spool/outbox.h"

#include <stddef.h>
#include <stdint.h>

/* The agent's part of the Hello; the instance is the outbox's. The strings live as long as the sender. */
struct sender_identity {
    const char *node_id;
    const char *group;
    uint32_t interval_ms;
    uint32_t cpu_milli;    /* that the node may use; 0: unknown */
    uint64_t memory_bytes; /* 0: unknown */
    uint64_t boot_id;      /* of the machine's present boot; 0: unknown */
    const uint8_t *secret; /* of AGENT_SECRET_LEN bytes; NULL: none */
};

/* place: of the collector in the agent's list. Writes the frame to buf of at least SEND_LEN_MAX bytes; returns its
 * length.
 */
size_t hello_message_encode(const struct sender_identity *identity, uint32_t place, const struct outbox *outbox,
                            uint8_t *buf, size_t size);

/* Whole processors, rounded up, for collectors that do not know cpu_milli. */
uint32_t hello_message_cores(uint32_t cpu_milli);

#endif
