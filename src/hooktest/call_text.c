#include "hooktest/call_text.h"

#include <stdio.h>

#define NODES_SHOWN 3U
#define WIDTH_MAX   40 /* of a name */

/* Appends to what has len bytes, and returns how many it has then. */
static size_t append(char *text, size_t size, size_t len, const char *word)
{
    int added = snprintf(text + len, size - len, "%s%.*s", len > 0 ? " " : "", WIDTH_MAX, word);

    return len + (size_t)added < size ? len + (size_t)added : size - 1;
}

void call_text(const struct hook_call *call, char *text, size_t size)
{
    unsigned shown = call->node_count <= NODES_SHOWN ? call->node_count : NODES_SHOWN - 1;
    char number[32];

    size_t len = append(text, size, 0, hook_verb_names[call->verb]);
    if (call->group == NULL)
        return;
    len = append(text, size, len, call->group);
    if (call->verb == HOOK_COUNT)
        return;
    (void)snprintf(number, sizeof number, "%u", call->to);
    len = append(text, size, len, number);
    for (unsigned i = 0; i < shown; i++)
        len = append(text, size, len, call->nodes[i]);
    if (shown == call->node_count)
        return;
    (void)snprintf(number, sizeof number, "and %u more", call->node_count - shown);
    (void)append(text, size, len, number);
}
