#include "agent/report.h"

#include "common/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends; what does not fit is cut. Not by common/writer, whose libm would be 330 KB resident in each agent. */
static void __attribute__((format(printf, 3, 4))) put(char *text, size_t size, const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + len, size - len, format, args);
    va_end(args);
}

/* ---- samples ---- */

/* Names of cgroups may contain backslashes. */
static void put_json_string(char *text, size_t size, const char *string)
{
    put(text, size, "\"");
    for (; *string != '\0'; string++)
        if (*string == '"' || *string == '\\')
            put(text, size, "\\%c", *string);
        else if ((unsigned char)*string < ' ')
            put(text, size, "\\u%04x", (unsigned)*string);
        else
            put(text, size, "%c", *string);
    put(text, size, "\"");
}

static const char *view_or_machine(const char *view)
{
    return view[0] != '\0' ? view : "machine";
}

void report_sample(char text[REPORT_TEXT_MAX], const char *node_id, const char *group, const char *view,
                   const struct sample *sample)
{
    text[0] = '\0';
    put(text, REPORT_TEXT_MAX, "{\"node_id\": \"%s\", \"group\": \"%s\", \"timestamp\": %" PRId64 ".%03" PRId64,
        node_id, group, sample->time_ms / 1000, sample->time_ms % 1000);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        put(text, REPORT_TEXT_MAX, ", \"%s\": ", metric_table[m].name);
        if (!sample_has(sample, m))
            put(text, REPORT_TEXT_MAX, "null");
        else if (METRIC_COUNTS(metric_table[m].kind))
            put(text, REPORT_TEXT_MAX, "%" PRIu64, sample->value[m].counter);
        else
            put(text, REPORT_TEXT_MAX, "%.2f", sample->value[m].gauge);
    }
    put(text, REPORT_TEXT_MAX, ", \"view\": ");
    put_json_string(text, REPORT_TEXT_MAX, view_or_machine(view));
    put(text, REPORT_TEXT_MAX, "}");
}

void report_start(char text[REPORT_TEXT_MAX], const char *node_id, const char *group, int64_t interval_ms)
{
    char interval[32];

    format_duration(interval_ms, interval, sizeof interval);
    snprintf(text, REPORT_TEXT_MAX, "headroom-agent " HEADROOM_VERSION ": node %s of group %s, one sample every %s",
             node_id, group, interval);
}

void report_node(char text[REPORT_TEXT_MAX], const struct node_facts *facts)
{
    char cpus[NODE_CPUS_MAX];

    node_facts_cpus(facts, cpus);
    snprintf(text, REPORT_TEXT_MAX, "the node now has %s cores and %" PRIu64 " MiB of memory", cpus,
             facts->memory_bytes >> 20);
}

void report_view(char text[REPORT_TEXT_MAX], const struct node_facts *facts)
{
    snprintf(text, REPORT_TEXT_MAX, "measuring the %s", view_or_machine(facts->view));
}

void report_account(char text[REPORT_TEXT_MAX], const struct outbox *present, uint64_t earlier, bool lasting)
{
    const struct outbox_account *account = &present->account;
    const uint64_t *dropped = account->dropped;
    uint64_t waiting = outbox_waiting(present);

    text[0] = '\0';
    put(text, REPORT_TEXT_MAX,
        "stopped: %" PRIu64 " samples produced, %" PRIu64 " sent, %" PRIu64 " acknowledged, %" PRIu64
        " dropped because the outbox was full",
        account->produced, account->sent, account->acknowledged, dropped[LOSS_OUTBOX_FULL]);
    if (dropped[LOSS_REJECTED] > 0)
        put(text, REPORT_TEXT_MAX, ", %" PRIu64 " because collectors rejected them", dropped[LOSS_REJECTED]);
    if (dropped[LOSS_SPOOL_DAMAGED] > 0)
        put(text, REPORT_TEXT_MAX, ", %" PRIu64 " because the spool was damaged", dropped[LOSS_SPOOL_DAMAGED]);
    put(text, REPORT_TEXT_MAX, ", %" PRIu64 " %s", waiting,
        waiting > 0 && lasting ? "left in the spool" : "not acknowledged");
    if (earlier > 0)
        put(text, REPORT_TEXT_MAX, ", and %" PRIu64 " of earlier runs", earlier);
}

/* ---- the spool ---- */

static unsigned put_warnings(const struct restore_found *found, struct report_line *lines)
{
    unsigned count = 0;

    if (found->damaged > 0)
        put(lines[count++].text, sizeof lines->text, "spool: %" PRIu64 " records are damaged", found->damaged);
    if (found->state_lost)
        put(lines[count++].text, sizeof lines->text,
            "spool: the record of acknowledgements is lost; all remaining samples are sent again");
    if (found->too_many > 0)
        put(lines[count++].text, sizeof lines->text,
            "spool: %" PRIu64 " samples of the oldest runs are dropped: too many runs", found->too_many);
    for (unsigned i = 0; i < count; i++)
        lines[i].warning = true;
    return count;
}

unsigned report_found(const struct restore_found *found, struct report_line lines[REPORT_LINES_MAX])
{
    unsigned count = 0;

    memset(lines, 0, REPORT_LINES_MAX * sizeof *lines);
    if (found->carried_on)
        put(lines[count++].text, sizeof lines->text, "spool: continuing the last run, %" PRIu64 " samples waiting",
            found->waiting);
    else if (found->waiting > 0)
        put(lines[count++].text, sizeof lines->text, "spool: %" PRIu64 " samples of an earlier run waiting",
            found->waiting);
    return count + put_warnings(found, &lines[count]);
}
