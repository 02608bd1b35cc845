#include "collector/store/gap.h"

#include "collector/store/csv.h"
#include "common/fields.h"

#include <errno.h>

const char *const gap_reason_names[GAP_REASON_COUNT] = {
    [GAP_OUTBOX_FULL] = "dropped-outbox-full",
    [GAP_REJECTED] = "dropped-rejected",
    [GAP_SPOOL_DAMAGED] = "dropped-spool-damaged",
    [GAP_DROPPED] = "dropped",
    [GAP_UNKNOWN] = "unknown",
    [GAP_ELSEWHERE] = "elsewhere",
    [GAP_DAMAGED] = "damaged",
};

static enum gap_reason reason_of(const Headroom__Loss *loss)
{
    if (!loss->has_reason)
        return GAP_DROPPED;
    switch (loss->reason) {
    case HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL:
        return GAP_OUTBOX_FULL;
    case HEADROOM__LOSS_REASON__LOSS_REASON_SPOOL_DAMAGED:
        return GAP_SPOOL_DAMAGED;
    case HEADROOM__LOSS_REASON__LOSS_REASON_REJECTED:
        return GAP_REJECTED;
    default:
        return GAP_DROPPED;
    }
}

unsigned gap_split(uint64_t first_seq, uint64_t last_seq, Headroom__Loss *const *losses, size_t loss_count,
                   struct gap_range *ranges)
{
    uint64_t at = first_seq;
    unsigned count = 0;

    for (size_t i = 0; i < loss_count && i < LOSSES_MAX && at <= last_seq; i++) {
        uint64_t first = losses[i]->first_seq > at ? losses[i]->first_seq : at;
        uint64_t last = losses[i]->last_seq < last_seq ? losses[i]->last_seq : last_seq;
        if (first > last)
            continue;
        bool forgotten = i == 0 && loss_count >= LOSSES_MAX;
        if (first > at)
            ranges[count++] = (struct gap_range){at, first - 1, forgotten ? GAP_UNKNOWN : GAP_ELSEWHERE};
        ranges[count++] = (struct gap_range){first, last, reason_of(losses[i])};
        at = last + 1;
    }
    bool forgotten = loss_count >= LOSSES_MAX && last_seq < losses[0]->first_seq;
    if (at <= last_seq)
        ranges[count++] = (struct gap_range){at, last_seq, forgotten ? GAP_UNKNOWN : GAP_ELSEWHERE};
    return count;
}

/* ---- rows ---- */

size_t gap_put_header(char *text)
{
    return (size_t)(fields_put_text(text, "timestamp,node_id,group,instance,first_seq,last_seq,reason\n") - text);
}

#define UNKNOWN_SAMPLE ",,,,,,damaged"

size_t gap_put_row(const struct gap *gap, char *text)
{
    char *at = fields_put_thousandths(text, (uint64_t)gap->noted_ms);

    if (gap->node_id[0] == '\0')
        return (size_t)(fields_put_text(at, UNKNOWN_SAMPLE "\n") - text);
    *at++ = ',';
    at = fields_put_text(at, gap->node_id);
    *at++ = ',';
    at = fields_put_text(at, gap->group);
    *at++ = ',';
    at = fields_put_instance(at, gap->instance);
    *at++ = ',';
    at = fields_put_unsigned(at, gap->range.first_seq);
    *at++ = ',';
    at = fields_put_unsigned(at, gap->range.last_seq);
    *at++ = ',';
    at = fields_put_text(at, gap_reason_names[gap->range.reason]);
    *at++ = '\n';
    return (size_t)(at - text);
}

static bool get_reason(struct cursor *cursor, enum gap_reason *reason)
{
    for (unsigned i = 0; i < GAP_REASON_COUNT; i++) {
        struct cursor attempt = *cursor;
        if (!fields_get_text(&attempt, gap_reason_names[i]) || attempt.at != attempt.end)
            continue;
        *cursor = attempt;
        *reason = (enum gap_reason)i;
        return true;
    }
    return false;
}

static bool get_range(struct cursor *cursor, struct gap_range *range)
{
    return fields_get_unsigned(cursor, &range->first_seq) && fields_get_char(cursor, ',') &&
           fields_get_unsigned(cursor, &range->last_seq) && fields_get_char(cursor, ',') &&
           get_reason(cursor, &range->reason) && range->first_seq > 0 && range->first_seq <= range->last_seq;
}

int gap_parse_row(const char *line, size_t len, struct gap *gap)
{
    struct cursor cursor = {line, line + len};
    uint64_t noted_ms = 0;

    if (!fields_get_fixed(&cursor, 3, &noted_ms) || noted_ms > (uint64_t)CSV_TIME_MS_MAX)
        return -EBADMSG;
    struct cursor rest = cursor;
    if (fields_get_text(&rest, UNKNOWN_SAMPLE) && rest.at == rest.end) {
        *gap = (struct gap){.noted_ms = (int64_t)noted_ms, .range.reason = GAP_DAMAGED};
        return 0;
    }
    if (!fields_get_char(&cursor, ',') || !fields_get_name(&cursor, gap->node_id) || !fields_get_char(&cursor, ',') ||
        !fields_get_name(&cursor, gap->group) || !fields_get_char(&cursor, ',') ||
        !fields_get_instance(&cursor, &gap->instance) || !fields_get_char(&cursor, ',') ||
        !get_range(&cursor, &gap->range))
        return -EBADMSG;
    gap->noted_ms = (int64_t)noted_ms;
    return 0;
}
