#include "collector/intake/session_log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

void session_log_init(struct session_log *log, struct log_limit limit)
{
    for (unsigned code = 0; code < REJECT_CODES; code++)
        log->rejects[code] = limit;
    for (unsigned kind = 0; kind < SESSION_LOG_KINDS; kind++)
        log->findings[kind] = limit;
}

/* ---- rejects ---- */

static void peer_name(const uv_tcp_t *tcp, char *name, size_t size)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "?";

    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &len) == 0)
        uv_ip_name((struct sockaddr *)&address, ip, sizeof ip);
    snprintf(name, size, "%s", ip);
}

void session_log_reject(struct session_log *log, const struct intake *intake, const uv_tcp_t *tcp, uint64_t now_ms)
{
    unsigned suppressed = 0;
    char peer[INET6_ADDRSTRLEN];

    if (!log_limit_pass(&log->rejects[intake->reject.code], now_ms, &suppressed))
        return;
    if (suppressed > 0)
        log_warning("rejected %u more connections for the same reason", suppressed);
    peer_name(tcp, peer, sizeof peer);
    const char *text = intake->reject.text;
    log_warning("rejected a connection from %s: %s", peer, text != NULL ? text : "(out of memory for the reason)");
}

/* ---- nodes ---- */

static bool may_log(struct session_log *log, enum session_log_kind kind, uint64_t now_ms)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&log->findings[kind], now_ms, &suppressed))
        return false;
    if (suppressed > 0)
        log_warning("suppressed the same message for %u more nodes", suppressed);
    return true;
}

static void log_clock(const struct node *node)
{
    long long seconds = (long long)(node->skew_ms < 0 ? -node->skew_ms : node->skew_ms) / 1000;

    if (node->clock_off != 0)
        log_warning("node %s: its clock is %lld s %s the collector's; its samples are stored with its own times, which "
                    "scaling does not use",
                    node->id, seconds, node->skew_ms > 0 ? "ahead of" : "behind");
    else
        log_info("node %s: its clock agrees with the collector's again", node->id);
}

void session_log_findings(struct session_log *log, struct intake *intake, uint64_t now_ms)
{
    const struct intake_findings *findings = &intake->findings;
    struct node *node = intake->node;

    if (node == NULL)
        return;
    if (findings->ended_instance != 0 && may_log(log, SESSION_LOG_ENDED, now_ms))
        log_warning("node %s: instance i%016" PRIx64 " ended without Goodbye after seq %" PRIu64
                    "; samples that it had not sent are lost, unless it has a spool",
                    node->id, findings->ended_instance, findings->ended_seq);
    if (findings->dropped > 0 && may_log(log, SESSION_LOG_DROPPED, now_ms))
        log_warning("node %s: its agent has dropped %" PRIu64 " samples; gaps.csv lists them with the reasons",
                    node->id, findings->dropped);
    bool clock = node->clock_off != node->clock_logged;
    node->clock_logged = node->clock_off;
    if (clock && may_log(log, SESSION_LOG_CLOCK, now_ms))
        log_clock(node);
}
