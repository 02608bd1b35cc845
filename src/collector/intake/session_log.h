/* Logs events of agents' connections, with a rate limit per kind, so that a flood of one kind does not hide the
 * others. */
#ifndef COLLECTOR_INTAKE_SESSION_LOG_H
#define COLLECTOR_INTAKE_SESSION_LOG_H

#include "collector/intake/intake.h"
#include "common/log.h"

#include <stdint.h>
#include <uv.h>

enum session_log_kind { SESSION_LOG_ENDED, SESSION_LOG_DROPPED, SESSION_LOG_CLOCK, SESSION_LOG_KINDS };

struct session_log {
    struct log_limit rejects[REJECT_CODES];
    struct log_limit findings[SESSION_LOG_KINDS];
};

/* limit: of each kind of line. */
void session_log_init(struct session_log *log, struct log_limit limit);

/* The intake's Reject is about to be written to the peer. now_ms: monotonic. */
void session_log_reject(struct session_log *log, const struct intake *intake, const uv_tcp_t *tcp, uint64_t now_ms);

/* Logs intake->findings, and whether the clock of its node went off or came right. */
void session_log_findings(struct session_log *log, struct intake *intake, uint64_t now_ms);

#endif
