/* Pure. Generates the responses about the collector (/healthz, /readyz, /metrics.js) and the fleet (/api/v1/fleet). */
#ifndef COLLECTOR_HTTP_ANSWER_FLEET_H
#define COLLECTOR_HTTP_ANSWER_FLEET_H

struct answer;

void answer_fleet_make_healthz(struct answer *answer);
void answer_fleet_begin_readyz(struct answer *answer);
void answer_fleet_make_readyz(struct answer *answer);
void answer_fleet_make_health(struct answer *answer);  /* in the format of the Python system */
void answer_fleet_make_metrics(struct answer *answer); /* the metrics that nodes report, for the page */
void answer_fleet_make(struct answer *answer);

#endif
