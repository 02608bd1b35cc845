/* Pure. Generates the response about the last decision of a group, /api/v1/groups/NAME/decision, in the form of those
 * that are recorded. It is for people who ask why: it does not count as a reader of the desired number. */
#ifndef COLLECTOR_HTTP_ANSWER_DECISION_H
#define COLLECTOR_HTTP_ANSWER_DECISION_H

struct answer;

void answer_decision_make(struct answer *answer);

#endif
