#include "agent/uplink/hello_message.h"

#include "agent/uplink/outbox_message.h"
#include "common/limits.h"

uint32_t hello_message_cores(uint32_t cpu_milli)
{
    return cpu_milli / 1000 + (cpu_milli % 1000 > 0);
}

static void put_identity(const struct sender_identity *identity, Headroom__Hello *hello)
{
    hello->node_id = (char *)identity->node_id;
    hello->group = (char *)identity->group;
    hello->has_cores = hello->has_cpu_milli = identity->cpu_milli > 0;
    hello->cores = hello_message_cores(identity->cpu_milli);
    hello->cpu_milli = identity->cpu_milli;
    hello->has_memory_bytes = identity->memory_bytes > 0;
    hello->memory_bytes = identity->memory_bytes;
    hello->has_boot_id = identity->boot_id != 0;
    hello->boot_id = identity->boot_id;
    hello->has_secret = identity->secret != NULL;
    if (hello->has_secret)
        hello->secret = (ProtobufCBinaryData){.len = AGENT_SECRET_LEN, .data = (uint8_t *)identity->secret};
    hello->interval_ms = identity->interval_ms;
}

size_t hello_message_encode(const struct sender_identity *identity, uint32_t place, const struct outbox *outbox,
                            uint8_t *buf, size_t size)
{
    struct outbox_losses losses;
    Headroom__Account account;
    Headroom__Hello hello = HEADROOM__HELLO__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    hello.version = WIRE_VERSION;
    put_identity(identity, &hello);
    hello.instance = outbox->instance;
    hello.has_place = place > 0;
    hello.place = place;
    hello.has_takes_report_ms = true;
    hello.takes_report_ms = true;
    hello.oldest_seq = outbox->oldest_seq;
    hello.newest_seq = outbox->newest_seq;
    outbox_message_losses(outbox, 0, &losses);
    hello.n_losses = losses.count;
    hello.losses = losses.pointers;
    outbox_message_account(outbox, &account);
    hello.account = &account;
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    return wire_encode(&frame, buf, size);
}
