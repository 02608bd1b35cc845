/* Pure. What an engine's answer to a write request means for the rows in it. */
#ifndef BRIDGE_FORWARD_ENGINE_ANSWER_H
#define BRIDGE_FORWARD_ENGINE_ANSWER_H

#include <stdbool.h>

enum engine_answer {
    ENGINE_ACCEPTED,
    ENGINE_REFUSED,   /* at least one row in it is one that the engine never takes */
    ENGINE_FAILED,    /* it does not say whether it is the request's fault: status 500 */
    ENGINE_BUSY,      /* it can't take anything now, and may have lost what it had: 429, 503 and the like */
    ENGINE_FORBIDDEN, /* somebody has to change the configuration: 401, 403, 404 and the like, or a web page */
    ENGINE_LOST       /* no answer: the connection failed, or took too long */
};

/* status: of HTTP; 0: there was no answer. body: the beginning of the answer's text. Some engines answer with 500 to a
 * sample that is too old (Prometheus before 3.11): the text tells. */
enum engine_answer engine_answer_of(long status, const char *body);

/* Whether a refusal is that of a Prometheus which takes no row that is older than its newest one, so that nothing can
 * be sent again. */
bool engine_answer_needs_window(const char *body);

#endif
