#include "collector/intake/message_rules.h"

#include "common/parse.h"

#include <stdio.h>
#include <string.h>

const char *const reject_code_names[] = {
    "",     "malformed", "version", "key",        "identity", "twin",       "credit_exceeded",
    "full", "stopping",  "idle",    "taken_over", "tls",      "certificate"};

_Static_assert(sizeof reject_code_names / sizeof *reject_code_names == REJECT_CODES, "each code has a name");

void message_refusal_vset(struct message_refusal *refusal, Headroom__Action action, Headroom__RejectCode code,
                          const char *format, va_list arguments)
{
    vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    parse_to_ascii(refusal->text);
    refusal->action = action;
    refusal->code = code;
}

void message_refusal_set(struct message_refusal *refusal, Headroom__Action action, Headroom__RejectCode code,
                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_refusal_vset(refusal, action, code, format, arguments);
    va_end(arguments);
}

bool message_hello_ok(const Headroom__Hello *hello, struct message_refusal *refusal)
{
    if (hello->version < WIRE_VERSION_MIN)
        REFUSE(refusal, RETRY_SLOWLY, VERSION, "protocol version %u is too old; this collector supports %u to %u",
               hello->version, WIRE_VERSION_MIN, WIRE_VERSION);
    else if (!parse_name_ok(hello->node_id, strlen(hello->node_id)))
        REFUSE(refusal, RETRY_SLOWLY, IDENTITY,
               "node id \"%.140s\" is not of the form [A-Za-z0-9][A-Za-z0-9._-]{0,127}", hello->node_id);
    else if (!parse_name_ok(hello->group, strlen(hello->group)))
        REFUSE(refusal, RETRY_SLOWLY, IDENTITY, "group \"%.140s\" is not of the form [A-Za-z0-9][A-Za-z0-9._-]{0,127}",
               hello->group);
    else if (hello->instance == 0)
        REFUSE(refusal, RETRY_SLOWLY, IDENTITY, "instance is 0; it must be random and not 0");
    else if (hello->interval_ms < INTERVAL_MS_MIN || hello->interval_ms > INTERVAL_MS_MAX)
        REFUSE(refusal, RETRY_SLOWLY, IDENTITY, "interval_ms is %u; %u to %u is allowed", hello->interval_ms,
               INTERVAL_MS_MIN, INTERVAL_MS_MAX);
    else if (hello->n_losses > LOSSES_MAX)
        REFUSE(refusal, RETRY, MALFORMED, "%zu losses; %u are allowed", hello->n_losses, LOSSES_MAX);
    else if (hello->oldest_seq == 0 || hello->newest_seq > INT64_MAX || hello->oldest_seq > hello->newest_seq + 1)
        REFUSE(refusal, RETRY, MALFORMED, "oldest_seq %llu and newest_seq %llu are inconsistent",
               (unsigned long long)hello->oldest_seq, (unsigned long long)hello->newest_seq);
    else
        return true;
    return false;
}

bool message_batch_ok(const struct batch *batch, struct message_refusal *refusal)
{
    uint64_t last_seq = 0;

    if (batch->count > BATCH_SAMPLES_MAX) {
        REFUSE(refusal, RETRY, MALFORMED, "%zu samples in a batch; %u are allowed", batch->count, BATCH_SAMPLES_MAX);
        return false;
    }
    if (batch->loss_count > LOSSES_MAX) {
        REFUSE(refusal, RETRY, MALFORMED, "%zu losses; %u are allowed", batch->loss_count, LOSSES_MAX);
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        uint64_t seq = batch->samples[i].seq;
        if (seq <= last_seq || seq > INT64_MAX) {
            REFUSE(refusal, RETRY, MALFORMED, "seq goes from %llu to %llu inside a batch; it must ascend from 1",
                   (unsigned long long)last_seq, (unsigned long long)seq);
            return false;
        }
        last_seq = seq;
    }
    return true;
}
