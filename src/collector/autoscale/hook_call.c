#include "collector/autoscale/hook_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MAX 16U
#define FIXED      5U /* program, verb, group, number, the final NULL */

const char *const hook_verb_names[] = {
    [HOOK_CONTRACT] = "contract", [HOOK_SCALE_OUT] = "scale-out", [HOOK_SCALE_IN] = "scale-in",
    [HOOK_COUNT] = "count",       [HOOK_ALERT] = "alert",         [HOOK_UNKNOWN] = "unknown-operation"};

char **hook_call_arguments(const struct hook_call *call, const char *program)
{
    size_t places = FIXED + call->node_count;
    char **list = calloc(1, places * sizeof *list + NUMBER_MAX);
    size_t at = 0;

    if (list == NULL)
        return NULL;
    char *number = (char *)(list + places);
    list[at++] = (char *)program;
    list[at++] = (char *)hook_verb_names[call->verb];
    if (call->group == NULL)
        return list;
    list[at++] = (char *)call->group;
    if (call->verb == HOOK_COUNT)
        return list;
    snprintf(number, NUMBER_MAX, "%u", call->to);
    list[at++] = number;
    for (unsigned i = 0; i < call->node_count; i++)
        list[at++] = (char *)call->nodes[i];
    return list;
}

bool hook_call_variable(const struct hook_call *call, char text[HOOK_ORDER_MAX])
{
    snprintf(text, HOOK_ORDER_MAX, "HEADROOM_ORDER=%" PRIu64 ".%" PRIu64, call->epoch, call->number);
    return call->number != 0;
}
