#include "agent/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void report_sample(struct writer *writer, const char *node_id, const char *group, const struct sample *sample)
{
    writer_putf(writer, "{\"node_id\": \"%s\", \"group\": \"%s\", \"timestamp\": %" PRId64 ".%03" PRId64, node_id,
                group, sample->time_ms / 1000, sample->time_ms % 1000);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        writer_putf(writer, ", \"%s\": ", metric_table[m].name);
        if (!sample_has(sample, m))
            writer_put(writer, "null");
        else if (metric_table[m].kind == METRIC_COUNTER)
            writer_put_unsigned(writer, sample->value[m].counter);
        else
            writer_putf(writer, "%.2f", sample->value[m].gauge);
    }
    writer_put(writer, "}");
}

void report_account(struct writer *writer, const struct outbox *present, uint64_t earlier, bool lasting)
{
    const struct outbox_account *account = &present->account;
    const uint64_t *dropped = account->dropped;
    uint64_t waiting = outbox_waiting(present);

    writer_putf(writer,
                "stopped: %" PRIu64 " samples produced, %" PRIu64 " sent, %" PRIu64 " acknowledged, %" PRIu64
                " dropped because the outbox was full",
                account->produced, account->sent, account->acknowledged, dropped[LOSS_OUTBOX_FULL]);
    if (dropped[LOSS_REJECTED] > 0)
        writer_putf(writer, ", %" PRIu64 " because collectors rejected them", dropped[LOSS_REJECTED]);
    if (dropped[LOSS_SPOOL_DAMAGED] > 0)
        writer_putf(writer, ", %" PRIu64 " because the spool was damaged", dropped[LOSS_SPOOL_DAMAGED]);
    writer_putf(writer, ", %" PRIu64 " %s", waiting, waiting > 0 && lasting ? "left in the spool" : "not acknowledged");
    if (earlier > 0)
        writer_putf(writer, ", and %" PRIu64 " of earlier runs", earlier);
}

/* ---- the spool ---- */

static void __attribute__((format(printf, 2, 3))) put_line(struct report_line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(line->text, sizeof line->text, format, args);
    va_end(args);
}

static unsigned put_warnings(const struct restore_found *found, struct report_line *lines)
{
    unsigned count = 0;

    if (found->damaged > 0)
        put_line(&lines[count++], "spool: %" PRIu64 " records are damaged", found->damaged);
    if (found->state_lost)
        put_line(&lines[count++], "spool: the record of acknowledgements is lost; all samples that are left are sent "
                                  "again");
    if (found->too_many > 0)
        put_line(&lines[count++], "spool: %" PRIu64 " samples are dropped, because they are of too many runs",
                 found->too_many);
    for (unsigned i = 0; i < count; i++)
        lines[i].warning = true;
    return count;
}

unsigned report_found(const struct restore_found *found, struct report_line lines[REPORT_LINES_MAX])
{
    unsigned count = 0;

    if (found->carried_on)
        put_line(&lines[count++], "spool: the last run is carried on, %" PRIu64 " samples wait", found->waiting);
    else if (found->waiting > 0)
        put_line(&lines[count++], "spool: %" PRIu64 " samples of an earlier run wait", found->waiting);
    if (count > 0)
        lines[0].warning = false;
    return count + put_warnings(found, &lines[count]);
}
