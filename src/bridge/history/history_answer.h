/* Pure. Reads an engine's answer to a range query, in the JSON of Prometheus' API. */
#ifndef BRIDGE_HISTORY_HISTORY_ANSWER_H
#define BRIDGE_HISTORY_HISTORY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

typedef void history_answer_cb(int64_t time_ms, double value, void *arg);

/* Calls cb with each value that is a number, oldest first. 0, or -EBADMSG with the reason in error: the answer is an
 * error, or has another form. */
int history_answer_read(const char *text, size_t len, history_answer_cb *cb, void *arg, char *error, size_t error_size);

#endif
