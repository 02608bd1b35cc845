/* Pure. Generates the Prometheus response about the collector and its groups, /metrics: text format 0.0.4, base
 * units, all lines of a family together. */
#ifndef COLLECTOR_HTTP_ANSWER_METRICS_H
#define COLLECTOR_HTTP_ANSWER_METRICS_H

struct answer;

void answer_metrics_make(struct answer *answer);

#endif
