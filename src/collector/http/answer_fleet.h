/* Pure. Makers of answers about the collector itself, /healthz and /readyz, and about the whole fleet, /api/v1/fleet.
 */
#ifndef COLLECTOR_HTTP_ANSWER_FLEET_H
#define COLLECTOR_HTTP_ANSWER_FLEET_H

struct answer;

void answer_fleet_make_healthz(struct answer *answer);
void answer_fleet_begin_readyz(struct answer *answer);
void answer_fleet_make_readyz(struct answer *answer);
void answer_fleet_make_health(struct answer *answer); /* as the Python system had it */
void answer_fleet_make(struct answer *answer);

#endif
