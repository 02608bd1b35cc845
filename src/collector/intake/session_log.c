#include "collector/intake/session_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void session_log_init(struct session_log *log, struct log_limit limit)
{
    for (unsigned code = 0; code < REJECT_CODES; code++)
        log->rejects[code] = limit;
    for (unsigned kind = 0; kind < SESSION_LOG_KINDS; kind++)
        log->findings[kind] = limit;
}

/* The lines of one call. */
struct lines {
    struct session_log_line *line;
    unsigned count;
};

#define ADD(lines, is_warning, ...)                                                                                    \
    ((lines)->line[(lines)->count].warning = (is_warning),                                                             \
     snprintf((lines)->line[(lines)->count++].text, sizeof(lines)->line->text, __VA_ARGS__))

/* ---- rejects ---- */

unsigned session_log_reject(struct session_log *log, const struct intake *intake, const char *peer, uint64_t now_ms,
                            struct session_log_line lines[SESSION_LOG_LINES_MAX])
{
    struct lines out = {.line = lines};
    unsigned suppressed = 0;
    const char *text = intake->reject.text != NULL ? intake->reject.text : "(out of memory for the reason)";
    const char *node_id = intake->reject.node_id;

    if (!log_limit_pass(&log->rejects[intake->reject.code], now_ms, &suppressed))
        return 0;
    if (suppressed > 0)
        ADD(&out, true, "%s %u more connections for the same reason", node_id == NULL ? "rejected" : "ended",
            suppressed);
    if (node_id == NULL)
        ADD(&out, true, "rejected a connection from %s: %s", peer, text);
    else if (intake->reject.code == HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER)
        ADD(&out, false, "node %s: a newer connection replaces that from %s", node_id, peer);
    else
        ADD(&out, true, "node %s: ended its connection from %s: %s", node_id, peer, text);
    return out.count;
}

/* ---- nodes ---- */

static bool may_log(struct session_log *log, enum session_log_kind kind, uint64_t now_ms, struct lines *out)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&log->findings[kind], now_ms, &suppressed))
        return false;
    if (suppressed > 0)
        ADD(out, true, "suppressed the same message for %u more nodes", suppressed);
    return true;
}

static void add_clock(const struct node *node, struct lines *out)
{
    if (node->clock_off == 0)
        ADD(out, false, "node %s: its clock agrees with the collector's again", node->id);
    else
        ADD(out, true,
            "node %s: its clock is %d s %s the collector's; its samples are stored with its own times, which scaling "
            "does not use",
            node->id, abs(node->skew_ms) / 1000, node->skew_ms > 0 ? "ahead of" : "behind");
}

unsigned session_log_findings(struct session_log *log, struct intake *intake, uint64_t now_ms,
                              struct session_log_line lines[SESSION_LOG_LINES_MAX])
{
    struct lines out = {.line = lines};
    const struct intake_findings *findings = &intake->findings;
    struct node *node = intake->node;

    if (node == NULL)
        return 0;
    if (findings->ended_instance != 0 && may_log(log, SESSION_LOG_ENDED, now_ms, &out))
        ADD(&out, true,
            "node %s: instance i%016" PRIx64 " ended without Goodbye after seq %" PRIu64
            "; samples that it had not sent are lost, unless it has a spool",
            node->id, findings->ended_instance, findings->ended_seq);
    if (findings->dropped > 0 && may_log(log, SESSION_LOG_DROPPED, now_ms, &out))
        ADD(&out, true, "node %s: its agent has dropped %" PRIu64 " samples; gaps.csv lists them with the reasons",
            node->id, findings->dropped);
    if (findings->renamed != NULL && may_log(log, SESSION_LOG_RENAMED, now_ms, &out))
        ADD(&out, false, "node %s is node %s under another name: its machine has not been rebooted since", node->id,
            findings->renamed->id);
    bool slowed = intake->slowed && !intake->slowed_logged;
    intake->slowed_logged = intake->slowed;
    if (slowed && may_log(log, SESSION_LOG_SLOWED, now_ms, &out))
        ADD(&out, true,
            "node %s: its agent sends more samples than its interval of %u ms allows; it is slowed down to two in an "
            "interval, and nothing is lost",
            node->id, node->interval_ms);
    bool clock = node->clock_off != node->clock_logged;
    node->clock_logged = node->clock_off;
    if (clock && may_log(log, SESSION_LOG_CLOCK, now_ms, &out))
        add_clock(node, &out);
    return out.count;
}
