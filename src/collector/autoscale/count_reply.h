/* Pure. Parses what `PROGRAM count GROUP` prints: the number of nodes that exist, then, if they are known, their names,
 * one a line. */
#ifndef COLLECTOR_AUTOSCALE_COUNT_REPLY_H
#define COLLECTOR_AUTOSCALE_COUNT_REPLY_H

#include "collector/autoscale/hook_output.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a node of that name reports in the group. */
typedef bool count_reply_reports_cb(const char *name, void *arg);

struct count_reply {
    struct hook_output output;
    count_reply_reports_cb *reports;
    void *arg;
    bool has_number;
    bool is_wrong;
    unsigned number;
    unsigned names;
    unsigned matches; /* names of nodes that report */
};

void count_reply_init(struct count_reply *reply, count_reply_reports_cb *reports, void *arg);
void count_reply_add(struct count_reply *reply, const char *data, size_t len);

/* Returns 0, or -EINVAL: it is no number up to NODES_MAX, or there are more names than that. */
int count_reply_end(struct count_reply *reply);

#endif
