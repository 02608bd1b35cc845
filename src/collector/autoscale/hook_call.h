/* Pure. One call of a hook: the operation, and the arguments of the program.
 *
 *     PROGRAM contract
 *     PROGRAM scale-out GROUP TO
 *     PROGRAM scale-in  GROUP TO NODE...
 *     PROGRAM count     GROUP
 *
 * and for an order HEADROOM_ORDER=EPOCH.NUMBER in its environment. docs/scaling-hooks.md says what each of them means.
 * The program of on-alert is called in the same way, see docs/monitoring.md:
 *
 *     PROGRAM alert
 *
 * headroom-hook-test also calls a hook with an operation that no contract has, which the hook must refuse:
 *
 *     PROGRAM unknown-operation GROUP TO
 */
#ifndef COLLECTOR_AUTOSCALE_HOOK_CALL_H
#define COLLECTOR_AUTOSCALE_HOOK_CALL_H

#include <stdbool.h>
#include <stdint.h>

#define HOOK_ORDER_MAX 64U /* bytes of HEADROOM_ORDER=EPOCH.NUMBER, with its 0 */

enum hook_verb { HOOK_CONTRACT, HOOK_SCALE_OUT, HOOK_SCALE_IN, HOOK_COUNT, HOOK_ALERT, HOOK_UNKNOWN };

extern const char *const hook_verb_names[]; /* contract, scale-out, scale-in, count, alert, unknown-operation */

/* Everything belongs to the caller. */
struct hook_call {
    enum hook_verb verb;
    const char *group;        /* not of HOOK_CONTRACT and HOOK_ALERT */
    unsigned to;              /* of the orders */
    const char *const *nodes; /* of HOOK_SCALE_IN; at most VICTIMS_MAX, each of at most NAME_LEN_MAX bytes */
    unsigned node_count;
    uint64_t epoch; /* HEADROOM_ORDER is EPOCH.NUMBER; only for orders */
    uint64_t number;
};

/* The list for exec(), which ends with NULL, from one malloc(); program and the call's texts stay the caller's. NULL:
 * out of memory. */
char **hook_call_arguments(const struct hook_call *call, const char *program);

/* Writes the variable HEADROOM_ORDER of an order. Returns false for other calls, which have none. */
bool hook_call_variable(const struct hook_call *call, char text[HOOK_ORDER_MAX]);

#endif
