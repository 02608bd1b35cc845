/* Pure. Checks an agent's messages by the rules that do not depend on the state of the session. */
#ifndef COLLECTOR_INTAKE_MESSAGE_RULES_H
#define COLLECTOR_INTAKE_MESSAGE_RULES_H

#include "common/batch.h"
#include "common/limits.h"
#include "common/wire.h"

#include <stdarg.h>
#include <stdbool.h>

#define REJECT_CODES (HEADROOM__REJECT_CODE__REJECT_CODE_CERTIFICATE + 1)

/* As PROTOCOL.md has them, in lower case; index 0 is no code. */
extern const char *const reject_code_names[]; /* REJECT_CODES */

/* Why a peer is rejected: the content of a Reject. */
struct message_refusal {
    Headroom__Action action;
    Headroom__RejectCode code;
    char text[REJECT_TEXT_MAX + 1]; /* printable ASCII */
};

void message_refusal_set(struct message_refusal *refusal, Headroom__Action action, Headroom__RejectCode code,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
void message_refusal_vset(struct message_refusal *refusal, Headroom__Action action, Headroom__RejectCode code,
                          const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

#define REFUSE(refusal, action, code, ...)                                                                             \
    message_refusal_set(refusal, HEADROOM__ACTION__ACTION_##action, HEADROOM__REJECT_CODE__REJECT_CODE_##code,         \
                        __VA_ARGS__)

/* Whether the message is valid; if not, refusal is the reason. */
bool message_hello_ok(const Headroom__Hello *hello, struct message_refusal *refusal);
bool message_batch_ok(const struct batch *batch, struct message_refusal *refusal);

#endif
