/* Pure. Generates the responses about nodes: /api/v1/nodes..., /metrics/latest. */
#ifndef COLLECTOR_HTTP_ANSWER_NODES_H
#define COLLECTOR_HTTP_ANSWER_NODES_H

struct answer;

/* The status is 404 where the node of the request is not known. */
void answer_nodes_begin_known(struct answer *answer);

void answer_nodes_make(struct answer *answer);
void answer_nodes_make_one(struct answer *answer);
void answer_nodes_make_series(struct answer *answer);
void answer_nodes_make_latest(struct answer *answer); /* in the format of the Python system */

#endif
