/* Pure. The nodes of the fleet or of one group, with what has been seen of their cpu since the program began. */
#ifndef CLI_TOP_TOP_NODES_H
#define CLI_TOP_TOP_NODES_H

#include "cli/top/top_table.h"

#include <jansson.h>
#include <stdint.h>

#define TOP_NODE_POINTS 40U

/* What is asked of /api/v1/nodes, in this order after id, group, state, age_ms and above; percentages and rates. */
#define TOP_NODE_METRICS(X)                                                                                            \
    X(CPU, cpu_percent)                                                                                                \
    X(MEMORY, memory_percent)                                                                                          \
    X(DISK, disk_busy_percent)                                                                                         \
    X(NET_IN, net_rx_bytes_per_second)                                                                                 \
    X(NET_OUT, net_tx_bytes_per_second)                                                                                \
    X(FS, fs_percent)                                                                                                  \
    X(LOAD, load1)                                                                                                     \
    X(IOWAIT, iowait_percent)                                                                                          \
    X(STEAL, steal_percent)                                                                                            \
    X(SWAP, swap_percent)                                                                                              \
    X(READ, disk_read_bytes_per_second)                                                                                \
    X(WRITE, disk_write_bytes_per_second)

enum top_node_metric {
#define TOP_NODE_SYMBOL(symbol, column) TOP_NODE_##symbol,
    TOP_NODE_METRICS(TOP_NODE_SYMBOL)
#undef TOP_NODE_SYMBOL
        TOP_NODE_METRIC_COUNT
};

#define TOP_NODE_COLUMN(symbol, column) "," #column
#define TOP_NODES_PATH                  "/api/v1/nodes?columns=id,group,state,age_ms,above" TOP_NODE_METRICS(TOP_NODE_COLUMN)

struct top_node {
    const char *id; /* of the nodes' text */
    const char *group;
    const char *above; /* the resources above the limit, with commas: "cpu,fs" */
    uint8_t state;     /* of top_fleet_states, or TOP_STATES */
    uint8_t point_count;
    float age_ms;
    float metrics[TOP_NODE_METRIC_COUNT]; /* NaN: none */
    float points[TOP_NODE_POINTS];        /* cpu at the last answers, oldest first */
};

struct top_nodes {
    struct top_node *items;
    unsigned count;
    char *text;
};

/* Takes the answer of TOP_NODES_PATH. 0, -EPROTO or -ENOMEM; then the nodes are untouched. */
int top_nodes_read(struct top_nodes *nodes, const json_t *answer);
void top_nodes_free(struct top_nodes *nodes);

/* NULL: there is no such node. */
const struct top_node *top_nodes_find(const struct top_nodes *nodes, const char *id);

/* Indices of columns. */
enum { TOP_NODES_CPU = 4, TOP_NODES_MEMORY = 5 };

extern const struct top_table_kind top_nodes_table;

#endif
