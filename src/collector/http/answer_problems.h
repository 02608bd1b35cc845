/* Pure. Generates the response about what is wrong (/api/v1/problems). */
#ifndef COLLECTOR_HTTP_ANSWER_PROBLEMS_H
#define COLLECTOR_HTTP_ANSWER_PROBLEMS_H

struct answer;

void answer_problems_make(struct answer *answer);

#endif
