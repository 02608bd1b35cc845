/* Pure. Generates the Prometheus response about the nodes, /metrics/nodes: one line per node and metric. */
#ifndef COLLECTOR_HTTP_ANSWER_NODE_METRICS_H
#define COLLECTOR_HTTP_ANSWER_NODE_METRICS_H

struct answer;

void answer_node_metrics_make(struct answer *answer);

#endif
