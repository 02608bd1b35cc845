#include "collector/autoscale/signal_json.h"

#include "collector/autoscale/signal_table.h"

#include <inttypes.h>
#include <math.h>

static void put_signal(struct writer *writer, const struct signal_table *table, const struct signal_entry *entry,
                       const struct moment *now)
{
    static const char *const states[] = {
        [SIGNAL_PRESENT] = "present", [SIGNAL_MISSING] = "missing", [SIGNAL_GONE] = "gone"};
    const struct signal_settings *settings = signal_table_settings(table, entry);
    struct signal_status status;

    signal_table_status(table, entry, now->now_ms, &status);
    writer_putf(writer, "{\"name\":\"%s\",\"kind\":\"%s\",\"state\":\"%s\",\"value\":", entry->name,
                signal_kind_names[settings->kind], states[status.state]);
    writer_put_number(writer, status.state == SIGNAL_PRESENT ? entry->value : NAN, 4);
    writer_put(writer, ",\"age_ms\":");
    writer_put_number(writer, entry->has_value ? (double)status.age_ms : NAN, 0);
    writer_put(writer, ",\"per_node\":");
    writer_put_number(writer, settings->kind == SIGNAL_LOAD ? settings->per_node : NAN, 6);
    writer_put(writer, ",\"limit\":");
    writer_put_number(writer, settings->kind == SIGNAL_LIMIT ? settings->limit : NAN, 6);
    if (status.state != SIGNAL_PRESENT) {
        writer_putf(writer,
                    ",\"missing_since_ms\":%" PRId64 ",\"why\":", now->wall_ms - (now->now_ms - status.since_ms));
        writer_put_string(writer, status.why);
    }
    writer_put(writer, "}");
}

void signal_json_put(struct writer *writer, const struct signal_table *table, const char *group,
                     const struct moment *now)
{
    unsigned count = 0;
    const struct signal_entry *entries = signal_table_of(table, group, &count);

    writer_put(writer, "[");
    for (unsigned i = 0; i < count; i++) {
        writer_put(writer, i > 0 ? "," : "");
        put_signal(writer, table, &entries[i], now);
    }
    writer_put(writer, "]");
}
