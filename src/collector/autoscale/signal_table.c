#include "collector/autoscale/signal_table.h"

#include "common/format.h"
#include "common/hash.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MS   300000
#define SHARE_MAX 1.1 /* a mean of rates may be a little above 1 */

/* ---- the configuration ---- */

const struct signal_settings *signal_table_settings(const struct signal_table *table, const struct signal_entry *entry)
{
    return &table->config->signals[entry - table->entries];
}

const struct signal_entry *signal_table_of(const struct signal_table *table, const char *group, unsigned *count)
{
    const struct signal_settings *first = collector_config_signals(table->config, group, count);

    return *count > 0 ? table->entries + (first - table->config->signals) : table->entries;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

static uint64_t source_of(const struct signal_settings *settings)
{
    uint64_t hash = hash_text(hash_fnv1a_begin(), settings->group);

    hash = hash_text(hash, signal_kind_names[settings->kind]);
    hash = hash_text(hash, settings->query);
    hash = hash_text(hash, settings->nodes_query);
    return hash_text(hash, settings->program);
}

/* Where the name stands or belongs in by_name. */
static unsigned place_of(const struct signal_table *table, const char *name)
{
    unsigned first = 0;
    unsigned end = table->count;

    while (first < end) {
        unsigned middle = first + (end - first) / 2;
        if (strcmp(table->entries[table->by_name[middle]].name, name) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static struct signal_entry *find(const struct signal_table *table, const char *name)
{
    unsigned place = place_of(table, name);

    if (place == table->count || strcmp(table->entries[table->by_name[place]].name, name) != 0)
        return NULL;
    return &table->entries[table->by_name[place]];
}

static void carry_over(const struct signal_table *table, const struct signal_settings *settings, int64_t now_ms,
                       struct signal_entry *entry)
{
    const struct signal_entry *before = find(table, settings->name);
    uint64_t source = source_of(settings);

    if (before != NULL && before->source == source) {
        *entry = *before;
        return;
    }
    *entry = (struct signal_entry){.source = source, .begun_ms = now_ms};
    memcpy(entry->name, settings->name, sizeof entry->name);
}

/* By insertion: there are few signals, and their groups' names often begin with the same words as theirs. */
static void sort_names(struct signal_table *table, unsigned count)
{
    for (table->count = 0; table->count < count; table->count++) {
        unsigned place = place_of(table, table->entries[table->count].name);
        memmove(&table->by_name[place + 1], &table->by_name[place], (table->count - place) * sizeof *table->by_name);
        table->by_name[place] = table->count;
    }
}

void signal_table_reconfigure(struct signal_table *table, const struct collector_config *config, int64_t now_ms)
{
    struct signal_entry *before = table->entries;

    for (unsigned i = 0; i < config->signal_count; i++)
        carry_over(table, &config->signals[i], now_ms, &table->spare[i]);
    table->entries = table->spare;
    table->spare = before;
    table->config = config;
    sort_names(table, config->signal_count);
}

int signal_table_init(struct signal_table *table, const struct collector_config *config, int64_t now_ms)
{
    *table = (struct signal_table){.entries = calloc(SIGNAL_SECTIONS_MAX, sizeof *table->entries),
                                   .spare = calloc(SIGNAL_SECTIONS_MAX, sizeof *table->spare),
                                   .by_name = calloc(SIGNAL_SECTIONS_MAX, sizeof *table->by_name)};
    if (table->entries == NULL || table->spare == NULL || table->by_name == NULL) {
        signal_table_deinit(table);
        return -ENOMEM;
    }
    signal_table_reconfigure(table, config, now_ms);
    return 0;
}

void signal_table_deinit(struct signal_table *table)
{
    free(table->entries);
    free(table->spare);
    free(table->by_name);
    *table = (struct signal_table){0};
}

/* ---- lines ---- */

static void take_failure(struct signal_entry *entry, const char *why, int64_t now_ms)
{
    if (entry->why[0] == '\0')
        entry->failed_ms = now_ms;
    (void)snprintf(entry->why, sizeof entry->why, "%.*s", (int)SIGNAL_WHY_MAX - 1, why);
}

/* What the parser of lines can't know: what the value is of. */
static bool is_value(const struct signal_settings *settings, double value, char *why, size_t size)
{
    if (!isfinite(value) || value < 0.0)
        (void)snprintf(why, size, "it is no number from 0, but %g", value);
    else if (settings->kind == SIGNAL_SHARE && value > SHARE_MAX)
        (void)snprintf(why, size, "a share must be from 0 to 1, and it is %g; if it is a percentage, divide it by 100",
                       value);
    else
        return true;
    return false;
}

static void take_value(struct signal_entry *entry, const struct signal_settings *settings, const struct feed_line *line,
                       int64_t now_ms)
{
    char why[SIGNAL_WHY_MAX];

    if (!is_value(settings, line->value, why, sizeof why)) {
        take_failure(entry, why, now_ms);
        return;
    }
    entry->has_value = true;
    entry->value = settings->kind == SIGNAL_SHARE ? fmin(line->value, 1.0) : line->value;
    entry->taken_ms = now_ms - line->age_ms;
    entry->has_nodes = line->has_nodes;
    entry->nodes = line->has_nodes ? line->nodes : 0;
    entry->floor = line->has_floor ? line->floor : 0;
    entry->why[0] = '\0';
}

int signal_table_take(struct signal_table *table, const struct feed_line *line, int64_t now_ms)
{
    if (line->kind == FEED_LINE_OTHER)
        return 0;
    struct signal_entry *entry = find(table, line->name);
    if (entry == NULL)
        return -ENOENT;
    if (line->kind == FEED_LINE_MISSING)
        take_failure(entry, line->sentence, now_ms);
    else
        take_value(entry, signal_table_settings(table, entry), line, now_ms);
    return 0;
}

/* ---- what is known ---- */

/* How old a value may be. */
static int64_t age_max(const struct signal_table *table, const struct signal_settings *settings)
{
    int64_t ticks_ms = SIGNAL_MISSING_TICKS * table->config->settings.tick_ms;

    return settings->missing_after_ms > 0 ? settings->missing_after_ms : ticks_ms;
}

/* Whether the signal is missing, and since when. */
static bool is_missing(const struct signal_table *table, const struct signal_entry *entry, int64_t now_ms,
                       int64_t *since_ms)
{
    int64_t stale_ms = entry->taken_ms + age_max(table, signal_table_settings(table, entry));
    bool has_failed = entry->why[0] != '\0';

    if (!entry->has_value)
        *since_ms = entry->begun_ms;
    else if (has_failed && entry->failed_ms < stale_ms)
        *since_ms = entry->failed_ms;
    else
        *since_ms = stale_ms;
    return !entry->has_value || has_failed || now_ms > stale_ms;
}

static void explain(const struct signal_entry *entry, int64_t now_ms, char why[SIGNAL_WHY_MAX])
{
    char age[24];

    if (entry->why[0] != '\0') {
        memcpy(why, entry->why, SIGNAL_WHY_MAX);
    } else if (!entry->has_value) {
        (void)snprintf(why, SIGNAL_WHY_MAX, "no value has come yet");
    } else {
        format_duration((now_ms - entry->taken_ms) / 1000 * 1000, age, sizeof age);
        (void)snprintf(why, SIGNAL_WHY_MAX, "the last value is %s old", age);
    }
}

void signal_table_status(const struct signal_table *table, const struct signal_entry *entry, int64_t now_ms,
                         struct signal_status *status)
{
    *status = (struct signal_status){.age_ms = entry->has_value ? now_ms - entry->taken_ms : -1};
    if (!is_missing(table, entry, now_ms, &status->since_ms))
        return;
    status->state = now_ms - status->since_ms >= table->config->gone_ms ? SIGNAL_GONE : SIGNAL_MISSING;
    explain(entry, now_ms, status->why);
}

unsigned signal_table_nodes(const struct signal_table *table, const char *group)
{
    unsigned count = 0;
    const struct signal_entry *entries = signal_table_of(table, group, &count);

    for (unsigned i = 0; i < count; i++)
        if (entries[i].has_nodes)
            return entries[i].nodes;
    return 0;
}

/* ---- at a tick ---- */

/* The number of nodes counts while the signal is missing, too: nothing else is known of them. */
static void observe_one(const struct signal_table *table, const struct signal_entry *entry,
                        const struct scaler_settings *group, int64_t now_ms, struct signal_observation *signal)
{
    const struct signal_settings *settings = signal_table_settings(table, entry);
    const struct thresholds *cpu = &group->thresholds[RESOURCE_CPU];
    struct signal_status status;

    signal_table_status(table, entry, now_ms, &status);
    *signal = (struct signal_observation){.kind = settings->kind,
                                          .state = status.state,
                                          .when_gone = settings->when_gone,
                                          .gone_nodes = settings->gone_nodes,
                                          .value = entry->value,
                                          .age_ms = entry->has_value ? status.age_ms : 0,
                                          .per_node = settings->per_node,
                                          .limit = settings->limit,
                                          .forecast = settings->forecast,
                                          .has_nodes = entry->has_nodes,
                                          .nodes = entry->nodes,
                                          .floor = status.state == SIGNAL_PRESENT ? entry->floor : 0};
    memcpy(signal->name, entry->name, sizeof signal->name);
    signal_settings_thresholds(settings, cpu->high, cpu->target, &signal->high, &signal->target);
}

void signal_table_observe(struct signal_table *table, const char *group, const struct scaler_settings *settings,
                          int64_t now_ms, struct group_observation *observed)
{
    unsigned count = 0;
    unsigned first = (unsigned)(signal_table_of(table, group, &count) - table->entries);

    memset(observed->signal, 0, sizeof observed->signal);
    for (unsigned i = 0; i < count && i < SIGNALS_OF_GROUP_MAX; i++) {
        struct signal_entry *entry = &table->entries[first + i];
        observe_one(table, entry, settings, now_ms, &observed->signal[i]);
        if (observed->signal[i].state == SIGNAL_PRESENT)
            entry->noted_ms = 0;
        else
            entry->missing_ticks++;
    }
}

/* The first value may need as long as any other one. */
static bool may_still_come(const struct signal_table *table, const struct signal_entry *entry, int64_t now_ms)
{
    return !entry->has_value && now_ms - entry->begun_ms <= age_max(table, signal_table_settings(table, entry));
}

void signal_table_explain(const struct signal_table *table, const char *group, int64_t now_ms,
                          struct condition_absence *absence)
{
    unsigned count = 0;
    const struct signal_entry *entries = signal_table_of(table, group, &count);
    struct writer writer = {.text = absence->why, .size = sizeof absence->why};
    struct signal_status status;

    absence->why[0] = '\0';
    absence->is_starting = true;
    for (unsigned i = 0; i < count; i++) {
        signal_table_status(table, &entries[i], now_ms, &status);
        if (status.state == SIGNAL_PRESENT)
            continue;
        writer_print(&writer, "%s%s: %s", absence->why[0] != '\0' ? "; " : "", entries[i].name, status.why);
        absence->is_starting = absence->is_starting && may_still_come(table, &entries[i], now_ms);
    }
}

bool signal_table_take_note(struct signal_table *table, const char *group, int64_t now_ms, char note[SIGNAL_NOTE_MAX])
{
    unsigned count = 0;
    unsigned first = (unsigned)(signal_table_of(table, group, &count) - table->entries);
    struct signal_status status;
    char passed[24];

    for (unsigned i = 0; i < count; i++) {
        struct signal_entry *entry = &table->entries[first + i];
        signal_table_status(table, entry, now_ms, &status);
        bool holds = status.state == SIGNAL_GONE && signal_table_settings(table, entry)->when_gone == SIGNAL_HOLD;
        if (!holds || (entry->noted_ms != 0 && now_ms - entry->noted_ms < NOTE_MS))
            continue;
        entry->noted_ms = now_ms;
        format_about((double)(now_ms - status.since_ms) / 1000.0, passed, sizeof passed);
        (void)snprintf(note, SIGNAL_NOTE_MAX, "the signal %s has been missing for %s, and forbids scale-in: %s",
                       entry->name, passed, status.why);
        return true;
    }
    return false;
}
