/* Pure. Formats log messages about agents' connections, with a rate limit per kind, so that a flood of one kind does
 * not hide the others. */
#ifndef COLLECTOR_INTAKE_SESSION_LOG_H
#define COLLECTOR_INTAKE_SESSION_LOG_H

#include "collector/intake/intake.h"
#include "common/log_limit.h"

#include <stdbool.h>
#include <stdint.h>

#define SESSION_LOG_LINES_MAX 8U

enum session_log_kind {
    SESSION_LOG_ENDED,
    SESSION_LOG_DROPPED,
    SESSION_LOG_CLOCK,
    SESSION_LOG_RENAMED,
    SESSION_LOG_SLOWED,
    SESSION_LOG_KINDS
};

struct session_log {
    struct log_limit rejects[REJECT_CODES];
    struct log_limit findings[SESSION_LOG_KINDS];
};

struct session_log_line {
    bool warning; /* else information */
    char text[512];
};

/* limit: of each kind of line. */
void session_log_init(struct session_log *log, struct log_limit limit);

/* The lines for a Reject that is about to be written to the peer. Returns how many there are; the rest of the array
 * stays untouched. now_ms: monotonic. */
unsigned session_log_reject(struct session_log *log, const struct intake *intake, const char *peer, uint64_t now_ms,
                            struct session_log_line lines[SESSION_LOG_LINES_MAX]);

/* The lines for intake->findings, and for the clock of its node when that went off or came right. As above. */
unsigned session_log_findings(struct session_log *log, struct intake *intake, uint64_t now_ms,
                              struct session_log_line lines[SESSION_LOG_LINES_MAX]);

#endif
