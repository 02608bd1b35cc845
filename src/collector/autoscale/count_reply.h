/* Pure. Parses what `PROGRAM count GROUP` prints: the number of nodes that exist, then, if they are known, their names,
 * one a line. It keeps the names of nodes that the collector knows. */
#ifndef COLLECTOR_AUTOSCALE_COUNT_REPLY_H
#define COLLECTOR_AUTOSCALE_COUNT_REPLY_H

#include "collector/autoscale/hook_output.h"

#include <stdbool.h>
#include <stddef.h>

/* What the collector knows of a name. */
enum count_reply_node { COUNT_REPLY_UNKNOWN, COUNT_REPLY_KNOWN, COUNT_REPLY_REPORTS };

typedef enum count_reply_node count_reply_look_cb(const char *name, void *arg);

struct count_reply {
    struct hook_output output;
    count_reply_look_cb *look;
    void *arg;
    bool has_number;
    bool is_wrong;
    unsigned number;
    unsigned names;
    unsigned matches; /* names of nodes that report */
    char *text;       /* the names that are kept, each with its 0 */
    size_t text_len;
    size_t text_size;
    const char **known; /* the same, ascending, after count_reply_end() */
    unsigned known_count;
};

void count_reply_init(struct count_reply *reply, count_reply_look_cb *look, void *arg);
void count_reply_add(struct count_reply *reply, const char *data, size_t len);

/* Returns 0; -EINVAL: it is no number up to NODES_MAX, or there are more names than that; or -ENOMEM. */
int count_reply_end(struct count_reply *reply);

void count_reply_deinit(struct count_reply *reply);

#endif
