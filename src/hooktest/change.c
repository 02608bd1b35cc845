#include "hooktest/change.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_named(const struct change *change, const char *name)
{
    if (change->named == NULL)
        return true;
    for (unsigned i = 0; i < change->named_count; i++)
        if (strcmp(change->named[i], name) == 0)
            return true;
    return false;
}

/* A node that is gone and was not to go; NULL: none. */
static const char *wrongly_removed(const struct change *change, const struct node_list *before,
                                   const struct node_list *after)
{
    for (unsigned i = 0; i < before->reply.known_count; i++) {
        const char *name = before->reply.known[i];
        if (!node_list_has(after, name) && (change->removed == 0 || !is_named(change, name)))
            return name;
    }
    return NULL;
}

static enum change_state judge_number(const struct change *change, unsigned before, unsigned after, char *text,
                                      size_t size)
{
    unsigned wanted = before + change->added - change->removed;

    if (after == wanted)
        return CHANGE_MADE;
    bool is_between = change->added > 0 ? after >= before && after < wanted : after <= before && after > wanted;
    (void)snprintf(text, size, "count says that %u node%s exist%s, and %u should", after, after == 1 ? "" : "s",
                   after == 1 ? "s" : "", wanted);
    return is_between ? CHANGE_INCOMPLETE : CHANGE_WRONG;
}

static enum change_state judge_names(const struct change *change, const struct node_list *before,
                                     const struct node_list *after, char *text, size_t size)
{
    const char *name = wrongly_removed(change, before, after);

    if (name != NULL) {
        (void)snprintf(text, size, "it removed %.80s, which was not to be removed", name);
        return CHANGE_WRONG;
    }
    if (change->added == 0 && node_list_beyond(after, before, &name, 1) > 0) {
        (void)snprintf(text, size, "there is a new node, %.80s", name);
        return CHANGE_WRONG;
    }
    return CHANGE_MADE;
}

/* The names say more than the numbers. */
enum change_state change_judge(const struct change *change, const struct node_list *before,
                               const struct node_list *after, char *text, size_t size)
{
    enum change_state state = CHANGE_MADE;

    if (!node_list_is_nameless(before) && !node_list_is_nameless(after))
        state = judge_names(change, before, after, text, size);
    return state == CHANGE_MADE ? judge_number(change, node_list_number(before), node_list_number(after), text, size)
                                : state;
}
