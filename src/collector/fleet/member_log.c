#include "collector/fleet/member_log.h"

#include "common/format.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_LEN 512
#define AGE_LEN      24

void member_log_init(struct member_log *log, struct log_limit limit)
{
    *log = (struct member_log){0};
    for (unsigned kind = 0; kind < MEMBER_LOG_KINDS; kind++)
        log->limits[kind] = limit;
}

/* ---- lines ---- */

/* What the suppressed ones of a kind have done. */
static const char *const deeds[] = {
    [MEMBER_LOG_MISSING] = "nodes went missing",
    [MEMBER_LOG_MOVED] = "agents moved to another collector",
    [MEMBER_LOG_RESTARTS] = "nodes restart",
    [MEMBER_LOG_RETURNED] = "nodes report again",
    [MEMBER_LOG_LEFT] = "nodes left",
    [MEMBER_LOG_FORGOTTEN] = "nodes were forgotten",
    [MEMBER_LOG_LOSS] = "groups lost or found many",
};

struct printer {
    struct member_log *log;
    member_log_cb *on_line;
    int64_t now_ms;
};

static void put_suppressed(enum member_log_kind kind, unsigned suppressed, member_log_cb *on_line)
{
    char line[LINE_MAX_LEN];

    if (suppressed == 0)
        return;
    snprintf(line, sizeof line, "%u more %s", suppressed, deeds[kind]);
    on_line(kind == MEMBER_LOG_MISSING || kind == MEMBER_LOG_LOSS, line);
}

static void put(const struct printer *printer, enum member_log_kind kind, bool is_warning, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put(const struct printer *printer, enum member_log_kind kind, bool is_warning, const char *format, ...)
{
    char line[LINE_MAX_LEN];
    unsigned suppressed = 0;
    va_list arguments;

    if (!log_limit_pass(&printer->log->limits[kind], (uint64_t)printer->now_ms, &suppressed))
        return;
    put_suppressed(kind, suppressed, printer->on_line);
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    printer->on_line(is_warning, line);
}

/* ---- nodes ---- */

static void put_missing(const struct printer *printer, const struct observe_notice *notice)
{
    const struct node *node = notice->node;
    char age[AGE_LEN];

    if (node->farewell == FAREWELL_MOVED) {
        put(printer, MEMBER_LOG_MOVED, false, "node %s (%s): its agent has moved to another collector", node->id,
            node->group->name);
    } else if (!node->reported) {
        put(printer, MEMBER_LOG_MISSING, true, "node %s (%s) has not reported since the start: it counts as missing",
            node->id, node->group->name);
    } else {
        format_duration((printer->now_ms - node->seen_ms) / 1000 * 1000, age, sizeof age);
        put(printer, MEMBER_LOG_MISSING, true, "node %s (%s) is missing: no sample for %s, and %s", node->id,
            node->group->name, age, node->intake != NULL ? "its agent is silent" : "its agent is not connected");
    }
}

static void put_gone(const struct printer *printer, const struct node *node, enum liveness before)
{
    bool told = node->farewell == FAREWELL_GONE;
    bool was_there = before == NODE_LIVE || before == NODE_RETURNING;

    if (told && before == NODE_LIVE)
        put(printer, MEMBER_LOG_LEFT, false, "node %s (%s) left, as a scale-in ordered", node->id, node->group->name);
    else
        put(printer, MEMBER_LOG_FORGOTTEN, false, "node %s (%s) is forgotten: %s", node->id, node->group->name,
            told        ? "it does not exist any more"
            : was_there ? "it reported only for a moment, and its agent is not connected"
                        : "it was missing for longer than gone-after");
}

static void put_node(const struct printer *printer, const struct observe_notice *notice)
{
    const struct node *node = notice->node;
    bool was_away = notice->before != NODE_NEW && notice->before != NODE_UNREPORTED;

    switch (notice->after) {
    case NODE_LIVE:
        if (was_away)
            put(printer, MEMBER_LOG_RETURNED, false, "node %s (%s) reports again", node->id, node->group->name);
        break;
    case NODE_RETURNING:
        put(printer, MEMBER_LOG_RESTARTS, false, "node %s (%s): its %s", node->id, node->group->name,
            node->farewell == FAREWELL_REBOOTING ? "machine reboots" : "agent restarts");
        break;
    case NODE_MISSING:
        if (notice->before != NODE_NEW && notice->before != NODE_LEAVING)
            put_missing(printer, notice);
        break;
    case NODE_LEAVING:
        put(printer, MEMBER_LOG_LEFT, false, "node %s (%s) left: its agent said that it will not return", node->id,
            node->group->name);
        break;
    case NODE_GONE:
        if (notice->before != NODE_NEW && notice->before != NODE_LEAVING)
            put_gone(printer, node, notice->before);
        break;
    case NODE_NEW:
    case NODE_UNREPORTED:
        break;
    }
}

/* ---- groups ---- */

static void put_group(const struct printer *printer, const struct group *group, enum mass_loss_event event)
{
    switch (event) {
    case MASS_LOSS_BEGAN:
        put(printer, MEMBER_LOG_LOSS, true,
            "group %s: %u nodes went missing at once; they count as fully busy until they return, or are said to be "
            "gone: headroom forget %s --missing",
            group->name, group->loss.lost, group->name);
        break;
    case MASS_LOSS_RETURNED:
        put(printer, MEMBER_LOG_LOSS, false,
            "group %s: all nodes that went missing at once report again, have left or are replaced", group->name);
        break;
    case MASS_LOSS_CARRIED:
        put(printer, MEMBER_LOG_LOSS, false,
            "group %s: the nodes that report have carried the load for an hour; those that went missing at once are "
            "forgotten",
            group->name);
        break;
    case MASS_LOSS_NONE:
    case MASS_LOSS_RETURNING:
        break;
    }
}

static void put_groups(const struct printer *printer, const struct observe_pass *pass)
{
    struct member_log *log = printer->log;

    if (pass->is_suspected && !log->is_suspected)
        printer->on_line(true, "most groups have lost many nodes at once: the network of this collector may be at "
                               "fault, so no node is forgotten");
    if (!pass->is_suspected && log->is_suspected)
        printer->on_line(false, "most groups are whole again: missing nodes are forgotten as usual");
    log->is_suspected = pass->is_suspected;
    for (unsigned i = 0; i < pass->group_count; i++)
        put_group(printer, pass->registry->groups[i], pass->sums[i].event);
}

void member_log_step(struct member_log *log, const struct observe_pass *pass, member_log_cb *on_line)
{
    const struct printer printer = {.log = log, .on_line = on_line, .now_ms = pass->now_ms};

    for (unsigned i = 0; i < pass->notice_count && i < OBSERVE_NOTICES_MAX; i++)
        put_node(&printer, &pass->notices[i]);
    if (!pass->done)
        return;
    put_groups(&printer, pass);
    for (unsigned kind = 0; kind < MEMBER_LOG_KINDS; kind++)
        put_suppressed(kind, log_limit_take(&log->limits[kind], (uint64_t)pass->now_ms), on_line);
}

void member_log_finish(struct member_log *log, member_log_cb *on_line)
{
    for (unsigned kind = 0; kind < MEMBER_LOG_KINDS; kind++)
        put_suppressed(kind, log_limit_take_all(&log->limits[kind]), on_line);
}
