/* Pure. The nodes that `PROGRAM count GROUP` prints: their number, and their names if it prints them. */
#ifndef HOOKTEST_NODE_LIST_H
#define HOOKTEST_NODE_LIST_H

#include "collector/autoscale/count_reply.h"

#include <stdbool.h>
#include <stddef.h>

/* All zeros: no nodes. The names are ascending. */
struct node_list {
    struct count_reply reply;
};

void node_list_begin(struct node_list *list);
void node_list_add(struct node_list *list, const char *data, size_t len);

/* Returns 0, or -EINVAL with a sentence that says what is wrong with what was printed, or -ENOMEM. */
int node_list_end(struct node_list *list, char *error, size_t size);

void node_list_deinit(struct node_list *list);

unsigned node_list_number(const struct node_list *list);
bool node_list_has(const struct node_list *list, const char *name);

/* Whether the number is known and the names are not. */
bool node_list_is_nameless(const struct node_list *list);

/* Writes the names that the first list has and the second has not to names, at most max of them; they belong to the
 * first. Returns how many there are. */
unsigned node_list_beyond(const struct node_list *list, const struct node_list *other, const char **names,
                          unsigned max);

#endif
