/* Pure. Generates the response about the past of a group's resource and its forecasts, /api/v1/groups/NAME/series. */
#ifndef COLLECTOR_HTTP_ANSWER_SERIES_H
#define COLLECTOR_HTTP_ANSWER_SERIES_H

struct answer;

/* The status is 404 where the group of the request is not known, or has no signal of the name that is asked for. */
void answer_series_begin(struct answer *answer);
void answer_series_make(struct answer *answer);

#endif
