/* Pure. The groups and nodes that --group and --node select from the rows of metrics.csv. */
#ifndef OFFLINE_GROUP_FILTER_H
#define OFFLINE_GROUP_FILTER_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>

#define GROUP_FILTER_HELP "Use only this group. With a pattern, the group consists of the nodes whose ids match"

/* One --group or --node. */
struct group_choice {
    char name[NAME_LEN_MAX + 1];
    const char *glob; /* of node ids; NULL: nodes that the files have in this group */
    bool is_node;     /* the node of that name, in its group of the files */
    bool found;       /* a row matched */
};

/* All zeros: selects all groups. */
struct group_filter {
    struct group_choice choices[REPLAY_GROUPS_MAX];
    unsigned count;
};

/* Take NAME or NAME=GLOB, which must outlive the filter, and the name of a node. 0, or -EINVAL with the reason in
 * error. */
int group_filter_take(struct group_filter *filter, const char *value, char *error, size_t size);
int group_filter_take_node(struct group_filter *filter, const char *name, char *error, size_t size);

/* The group for which a row counts, given its node and its group; NULL: none. A node that matches several counts for
 * the first. */
const char *group_filter_row(struct group_filter *filter, const char *node_id, const char *group);

/* After all rows. 0, or -ENOENT with the reason in error: no row matched one of the choices. */
int group_filter_check(const struct group_filter *filter, char *error, size_t size);

#endif
