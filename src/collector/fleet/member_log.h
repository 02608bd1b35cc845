/* Pure. Formats log messages about nodes that go missing, return, leave or are forgotten, and about groups that lose
 * many at once, with a rate limit per kind. How many messages it suppresses is a message too. */
#ifndef COLLECTOR_FLEET_MEMBER_LOG_H
#define COLLECTOR_FLEET_MEMBER_LOG_H

#include "collector/fleet/observe.h"
#include "common/log_limit.h"

#include <stdbool.h>
#include <stdint.h>

enum member_log_kind {
    MEMBER_LOG_MISSING,
    MEMBER_LOG_MOVED,
    MEMBER_LOG_RESTARTS,
    MEMBER_LOG_RETURNED,
    MEMBER_LOG_LEFT,
    MEMBER_LOG_FORGOTTEN,
    MEMBER_LOG_LOSS,
    MEMBER_LOG_KINDS
};

typedef void member_log_cb(bool is_warning, const char *line);

struct member_log {
    struct log_limit limits[MEMBER_LOG_KINDS];
    bool is_suspected; /* it was said that the collector suspects its own network */
};

/* limit: of each kind of line. */
void member_log_init(struct member_log *log, struct log_limit limit);

/* After each step of the pass: what it noticed; and once it is done, what it judges of the groups. */
void member_log_step(struct member_log *log, const struct observe_pass *pass, member_log_cb *on_line);

/* At the stop: how many messages the limits have suppressed since. */
void member_log_finish(struct member_log *log, member_log_cb *on_line);

#endif
