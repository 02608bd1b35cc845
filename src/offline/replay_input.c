#include "offline/replay_input.h"

#include "collector/config/config_load.h"
#include "collector/fleet/observe.h"
#include "collector/store/csv_explain.h"
#include "common/setting_flags.h"
#include "offline/line_file.h"
#include "offline/progress.h"
#include "scaler/scaler.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_TICKS 4096
#define NODE_MS        600000 /* the collector's history by default */

enum { FLAG_GROUP, FLAG_SKIP_BAD, FLAG_CONFIG, FLAG_SETTING /* + i is that of row i of the collector's table */ };

__attribute__((format(printf, 3, 4))) static int fail(struct replay_input *recorded, int result, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(recorded->error, recorded->error_size, format, args);
    va_end(args);
    return result;
}

int replay_input_init(struct replay_input *recorded, int argc, char *error, size_t error_size)
{
    *recorded = (struct replay_input){.error = error, .error_size = error_size};
    recorded->files = calloc((size_t)argc + 1, sizeof *recorded->files);
    recorded->settings = calloc((size_t)argc + 2, sizeof *recorded->settings);
    if (recorded->files == NULL || recorded->settings == NULL)
        return fail(recorded, -ENOMEM, "out of memory");
    recorded->settings[recorded->setting_count++] = strdup("headroom-collector");
    return recorded->settings[0] ? 0 : fail(recorded, -ENOMEM, "out of memory");
}

void replay_input_deinit(struct replay_input *recorded)
{
    for (unsigned i = 0; i < recorded->setting_count; i++)
        free(recorded->settings[i]);
    free(recorded->settings);
    free(recorded->files);
    collector_config_deinit(&recorded->config);
    metrics_player_deinit(&recorded->recording);
}

/* ---- flags ---- */

/* Those that scalers and what they see depend on. */
static bool is_wanted(const struct setting *setting)
{
    return setting->scope == SETTING_GROUP || strcmp(setting->name, "tick") == 0 ||
           strcmp(setting->name, "gone-after") == 0;
}

size_t replay_input_options(struct argp_option *options, int key_base, int group)
{
    size_t count = 0;

    options[count++] = (struct argp_option){
        "group",
        key_base + FLAG_GROUP,
        "NAME[=GLOB]",
        0,
        "Only this group; with a pattern of node ids, or when no row is of it, it is made of those nodes, or of all",
        group};
    options[count++] = (struct argp_option){
        "skip-bad", key_base + FLAG_SKIP_BAD, NULL, 0, "Leave bad lines out and say how many", group};
    options[count++] = (struct argp_option){
        "config", key_base + FLAG_CONFIG, "FILE", 0, "Settings as in this file of the collector", group};
    for (int i = 0; i < COLLECTOR_SETTING_COUNT; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        if (is_wanted(setting))
            options[count++] = setting_flags_option(setting, key_base + FLAG_SETTING + i, group + 1);
    }
    return count;
}

char *replay_input_help(int key, const char *text)
{
    return setting_flags_help(&collector_config_table, FLAG_SETTING, key, text);
}

static int add_group(struct replay_input *recorded, const char *name, const char *glob)
{
    size_t len = strlen(name);

    if (!parse_name_ok(name, len))
        return fail(recorded, -EINVAL, "\"%.80s\" is not a name; write letters, digits, dots, underscores and hyphens",
                    name);
    if (recorded->group_count == REPLAY_INPUT_GROUPS_MAX)
        return fail(recorded, -EINVAL, "more than %u groups and nodes; leave the flag out for all",
                    REPLAY_INPUT_GROUPS_MAX);
    struct replay_input_group *group = &recorded->groups[recorded->group_count++];
    *group = (struct replay_input_group){.glob = glob};
    memcpy(group->name, name, len + 1);
    return 0;
}

int replay_input_add_node(struct replay_input *recorded, const char *name)
{
    int rc = add_group(recorded, name, name);

    if (rc == 0)
        recorded->groups[recorded->group_count - 1].is_node = true;
    return rc;
}

static int take_group(struct replay_input *recorded, const char *value)
{
    char name[NAME_LEN_MAX + 2];
    const char *equals = strchr(value, '=');
    size_t len = equals ? (size_t)(equals - value) : strlen(value);

    if (equals && equals[1] == '\0')
        return fail(recorded, -EINVAL, "--group: \"%.80s\" has no pattern behind the \"=\", such as web-*", value);
    (void)snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : (int)sizeof name, value);
    return add_group(recorded, name, equals ? equals + 1 : NULL);
}

static int take_setting(struct replay_input *recorded, const char *name, const char *value)
{
    char *flag;

    if (asprintf(&flag, "--%s=%s", name, value) < 0)
        return fail(recorded, -ENOMEM, "out of memory");
    recorded->settings[recorded->setting_count++] = flag;
    return 0;
}

int replay_input_on_flag(struct replay_input *recorded, int key, const char *value)
{
    switch (key) {
    case FLAG_GROUP:
        return take_group(recorded, value);
    case FLAG_SKIP_BAD:
        recorded->skip_bad = true;
        return 0;
    case FLAG_CONFIG:
        return take_setting(recorded, "config", value);
    default:
        return take_setting(recorded, collector_config_table.rows[key - FLAG_SETTING].name, value);
    }
}

int replay_input_on_file(int key, const char *value, void *recorded)
{
    struct replay_input *r = recorded;
    (void)key;

    r->files[r->file_count++] = value;
    return 0;
}

/* ---- the files ---- */

/* Of several groups that a node fits into it is in the first. */
static const char *on_row(const char *node_id, const char *name, void *arg)
{
    struct replay_input *recorded = arg;

    if (recorded->group_count == 0)
        return name;
    for (unsigned i = 0; i < recorded->group_count; i++) {
        struct replay_input_group *group = &recorded->groups[i];
        if (group->glob ? fnmatch(group->glob, node_id, 0) != 0 : strcmp(group->name, name) != 0)
            continue;
        group->found = true;
        return group->is_node ? name : group->name;
    }
    return NULL;
}

static int on_line(const struct line *line, void *arg, char *reason, size_t size)
{
    if (line->number == 1)
        return csv_explain_header(line->text, line->len, reason, size) ? 0 : -EINVAL;
    if (!line->whole) {
        (void)snprintf(reason, size, "the line is torn: it has no end");
        return -EINVAL;
    }
    return metrics_player_add(arg, line->text, line->len, reason, size);
}

static int read_files(struct replay_input *recorded)
{
    int64_t tick_ms = recorded->config.settings.tick_ms;
    /* a group's scaler looks one tick back; single nodes, further */
    int64_t history_ms = recorded->group_count > 0 && recorded->groups[0].is_node ? NODE_MS : 2 * tick_ms;

    int rc = metrics_player_init(&recorded->recording, history_ms, on_row, recorded);

    if (rc != 0)
        return fail(recorded, rc, "out of memory");
    for (size_t i = 0; i < recorded->file_count && rc == 0; i++) {
        struct line_file file = {.path = recorded->files[i],
                                 .on_line = on_line,
                                 .arg = &recorded->recording,
                                 .skip_bad = recorded->skip_bad};
        rc = line_file_read(&file, recorded->error, recorded->error_size);
        if (rc == 0)
            line_file_warn(&file);
    }
    return rc;
}

/* A group that no row is of is made of all nodes. Returns whether there is one, and so the files must be read again. */
static bool widen_groups(struct replay_input *recorded)
{
    bool widened = false;

    for (unsigned i = 0; i < recorded->group_count; i++) {
        struct replay_input_group *group = &recorded->groups[i];
        if (group->found || group->glob)
            continue;
        (void)fprintf(stderr, "headroom-scaler: no row is of group %s: it is made of all nodes\n", group->name);
        group->glob = "*";
        widened = true;
    }
    return widened;
}

static int check_groups(struct replay_input *recorded)
{
    for (unsigned i = 0; i < recorded->group_count; i++)
        if (!recorded->groups[i].found)
            return fail(recorded, -ENOENT, "no row is of a node %s", recorded->groups[i].glob);
    if (recorded->recording.count == 0)
        return fail(recorded, -ENODATA, "%s holds no row", recorded->files[0]);
    return 0;
}

static int check_span(struct replay_input *recorded)
{
    int64_t ms = metrics_player_last_ms(&recorded->recording) - metrics_player_first_ms(&recorded->recording);

    if (ms / recorded->config.settings.tick_ms <= REPLAY_INPUT_TICKS_MAX)
        return 0;
    return fail(recorded, -ERANGE,
                "%.0f days lie between the first sample and the last; a clock was wrong, or a longer --tick is needed",
                (double)ms / 86400000.0);
}

int replay_input_read(struct replay_input *recorded, bool *usage)
{
    *usage = true;
    if (recorded->file_count == 0)
        return fail(recorded, -EINVAL, "which metrics.csv? Write its file, or several from old to new; see --help");
    int rc = collector_config_load_settings(&recorded->config, (int)recorded->setting_count, recorded->settings,
                                            recorded->error, recorded->error_size);
    if (rc != 0)
        return rc;
    *usage = false;
    rc = read_files(recorded);
    if (rc == 0 && widen_groups(recorded)) {
        metrics_player_deinit(&recorded->recording);
        rc = read_files(recorded);
    }
    if (rc == 0)
        rc = check_groups(recorded);
    if (rc == 0) {
        metrics_player_begin(&recorded->recording);
        rc = check_span(recorded);
    }
    return rc;
}

/* ---- the scalers ---- */

struct run {
    struct replay_input *recorded;
    replay_input_cb *on_decision;
    void *arg;
    struct scaler *scalers[GROUPS_MAX];
    struct group_observation observed[GROUPS_MAX];
};

struct scaler_settings replay_input_settings(const struct replay_input *recorded, const struct group *group)
{
    struct scaler_settings settings = *collector_config_group(&recorded->config, group->name);

    if (recorded->horizon_ms > 0) {
        if (settings.tick_ms > recorded->horizon_ms)
            settings.tick_ms = recorded->horizon_ms;
        settings.lead_time_ms = recorded->horizon_ms - settings.tick_ms;
    }
    return settings;
}

static int decide(struct run *run, const struct group *group, int64_t now_ms)
{
    const struct group_observation *observed = &run->observed[group->index];
    struct scaler_settings settings = replay_input_settings(run->recorded, group);
    struct scaler **scaler = &run->scalers[group->index];

    if (*scaler == NULL) {
        if (observed->live + observed->stale == 0)
            return 0; /* not heard of yet */
        *scaler = scaler_new();
        if (*scaler == NULL)
            return fail(run->recorded, -ENOMEM, "out of memory");
    }
    struct decision decision = scaler_step(*scaler, &settings, now_ms, observed);
    return run->on_decision(group, now_ms, &decision, run->arg);
}

static int tick(struct run *run, int64_t now_ms)
{
    const struct collector_config *config = &run->recorded->config;
    const struct registry *registry = &run->recorded->recording.registry;

    if (metrics_player_play(&run->recorded->recording, now_ms) != 0)
        return fail(run->recorded, -ENOMEM, "out of memory");
    observe_groups(registry, config, now_ms, run->observed);
    for (unsigned i = 0; i < registry->group_count; i++) {
        int rc = decide(run, registry->groups[i], now_ms);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int replay_input_run(struct replay_input *recorded, bool to_end, replay_input_cb *on_decision, void *arg)
{
    int64_t tick_ms = recorded->config.settings.tick_ms;
    int64_t first_ms = metrics_player_first_ms(&recorded->recording),
            last_ms = metrics_player_last_ms(&recorded->recording);
    int64_t begin_ms = (first_ms + tick_ms - 1) / tick_ms * tick_ms;
    struct progress progress;
    int rc = 0;

    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return fail(recorded, -ENOMEM, "out of memory");
    run->recorded = recorded;
    run->on_decision = on_decision;
    run->arg = arg;
    if (to_end)
        begin_ms = last_ms - (last_ms - first_ms) / tick_ms * tick_ms;
    progress_begin(&progress, "replay");
    progress.terminal = progress.terminal && isatty(STDOUT_FILENO) == 0; /* where decisions scroll by */
    for (int64_t now_ms = begin_ms, n = 0; now_ms <= last_ms && rc == 0; now_ms += tick_ms, n++) {
        if (n % PROGRESS_TICKS == 0 && last_ms - begin_ms > PROGRESS_TICKS * tick_ms)
            progress_at(&progress, (size_t)(now_ms - begin_ms), (size_t)(last_ms - begin_ms));
        rc = tick(run, now_ms);
    }
    progress_end(&progress);
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        scaler_free(run->scalers[i]);
    free(run);
    return rc;
}
