/* Pure. Generates the response with the last half hour of each group's utilisation, /api/v1/sparklines. */
#ifndef COLLECTOR_HTTP_ANSWER_SPARKLINES_H
#define COLLECTOR_HTTP_ANSWER_SPARKLINES_H

struct answer;

/* The status is 404 where the resource of the request is none that nodes report. */
void answer_sparklines_begin(struct answer *answer);
void answer_sparklines_make(struct answer *answer);

#endif
