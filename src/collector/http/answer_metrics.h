/* Pure. Makers of Prometheus' answers: text format 0.0.4, base units, all lines of a family together. */
#ifndef COLLECTOR_HTTP_ANSWER_METRICS_H
#define COLLECTOR_HTTP_ANSWER_METRICS_H

struct answer;

void answer_metrics_make(struct answer *answer);       /* the collector and the groups */
void answer_metrics_make_nodes(struct answer *answer); /* a line or more for each node */

#endif
