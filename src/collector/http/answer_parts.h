/* Pure. The makers of answers. Each puts as much as fits into the writer, from where it stood on, and says when it is
 * done.
 */
#ifndef COLLECTOR_HTTP_ANSWER_PARTS_H
#define COLLECTOR_HTTP_ANSWER_PARTS_H

#include "collector/http/http_answer.h"

/* Whether the node or group of the request is known; if not, the status is set and the answer made. */
void answer_begin_node(struct answer *answer);
void answer_begin_group(struct answer *answer);

void answer_make_groups(struct answer *answer);
void answer_make_group(struct answer *answer);
void answer_make_group_series(struct answer *answer);
void answer_make_decisions(struct answer *answer);
void answer_make_nodes(struct answer *answer);
void answer_make_node(struct answer *answer);
void answer_make_node_series(struct answer *answer);
void answer_make_latest(struct answer *answer);
void answer_make_metrics(struct answer *answer);
void answer_make_metrics_nodes(struct answer *answer);

/* Puts the last words; when they don't fit, the maker is called again for them. */
void answer_end(struct answer *answer, const char *text);

/* The whole answer is an error. */
__attribute__((format(printf, 3, 4))) void answer_fail(struct answer *answer, unsigned status, const char *format, ...);

/* The wall clock of a time of the monotonic one. */
int64_t answer_wall_ms(const struct answer *answer, int64_t mono_ms);

/* Puts "name": before a value; first: no comma before it. */
void answer_put_key(struct writer *writer, const char *name, bool first);

/* As JSON has a metric: in its unit; null when it is absent. */
void answer_put_metric(struct writer *writer, enum metric metric, double value);

/* Puts as many items as fit, from answer->at on up to `count`, and no more than the limit; put_item() returns whether
 * it put anything, and what it puts begins with a comma where the item is not the first. true: all are there. false:
 * more are to come with the next writer, of which this one may have none, when many in a row put nothing. */
typedef bool answer_item(struct answer *answer, unsigned at, bool first);
bool answer_put_items(struct answer *answer, unsigned count, answer_item *put_item);

#endif
