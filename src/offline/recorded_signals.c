#include "offline/recorded_signals.h"

#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MS_MAX INT64_C(360000) /* between two rows of a group */

int recorded_signals_init(struct recorded_signals *recorded, const struct collector_config *config, int64_t now_ms)
{
    *recorded = (struct recorded_signals){.config = {.settings = config->settings, .gone_ms = config->gone_ms}};
    recorded->config.signals = calloc(config->signal_count + 1, sizeof *config->signals);
    if (recorded->config.signals == NULL)
        return -ENOMEM;
    recorded->config.signal_count = config->signal_count;
    for (unsigned i = 0; i < config->signal_count; i++) {
        struct signal_settings *signal = &recorded->config.signals[i];
        *signal = config->signals[i];
        if (signal->missing_after_ms < ROW_MS_MAX)
            signal->missing_after_ms = ROW_MS_MAX;
    }
    int rc = signal_table_init(&recorded->table, &recorded->config, now_ms);
    if (rc < 0)
        recorded_signals_deinit(recorded);
    return rc;
}

void recorded_signals_deinit(struct recorded_signals *recorded)
{
    signal_table_deinit(&recorded->table);
    free(recorded->config.signals);
    recorded->config.signals = NULL;
}

/* ---- the column ---- */

/* The number behind "name=" in text[0 .. len), which ends with a space, a semicolon or a 0. */
static bool find_number(const char *text, size_t len, const char *name, double *number)
{
    size_t name_len = strlen(name);

    for (const char *end = text + len; text < end;) {
        size_t word = strcspn(text, " ;");
        if (strncmp(text, name, name_len) == 0 && text[name_len] == '=')
            return parse_number(text + name_len + 1, word - name_len - 1, number) == 0;
        text += word + 1;
    }
    return false;
}

static bool find_count(const char *text, size_t len, const char *name, unsigned *count)
{
    double number = 0.0;

    if (!find_number(text, len, name, &number) || number < 0.0 || number > NODES_MAX)
        return false;
    *count = (unsigned)number;
    return true;
}

/* One signal, such as "jobs=12 age=0.800 nodes=4 floor=2". */
static bool parse_signal(const char *text, size_t len, struct feed_line *line)
{
    size_t name_len = strcspn(text, "= ;");
    size_t value_len = strcspn(text, " ;"); /* with the name; the signal may be called "nodes" */
    double age_s = 0.0;

    *line = (struct feed_line){.kind = FEED_LINE_SIGNAL};
    if (name_len >= len || text[name_len] != '=' || name_len > SIGNAL_NAME_LEN_MAX)
        return false;
    memcpy(line->name, text, name_len);
    line->has_nodes = find_count(text + value_len, len - value_len, "nodes", &line->nodes);
    line->has_floor = find_count(text + value_len, len - value_len, "floor", &line->floor);
    (void)find_number(text + value_len, len - value_len, "age", &age_s);
    line->age_ms = age_s > 0.0 && age_s < 1e9 ? llround(age_s * 1000.0) : 0;
    if (find_number(text, value_len, line->name, &line->value))
        return true;
    line->kind = FEED_LINE_MISSING;
    strcpy(line->sentence, "it is missing in the recording");
    return true;
}

void recorded_signals_take(struct recorded_signals *recorded, const char *column, int64_t time_ms)
{
    struct feed_line line;

    while (*column != '\0') {
        size_t len = strcspn(column, ";");
        if (parse_signal(column, len, &line))
            (void)signal_table_take(&recorded->table, &line, time_ms);
        column += len + (column[len] == ';');
    }
}

void recorded_signals_observe(struct recorded_signals *recorded, const char *group,
                              const struct scaler_settings *settings, int64_t now_ms,
                              struct group_observation *observed)
{
    signal_table_observe(&recorded->table, group, settings, now_ms, observed);
}
