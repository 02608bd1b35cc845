#include "offline/replay_input.h"

#include "collector/config/config_load.h"
#include "collector/fleet/observe.h"
#include "collector/store/csv_explain.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/limits.h"
#include "common/setting_flags.h"
#include "offline/line_file.h"
#include "offline/progress.h"
#include "scaler/scaler.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_TICKS 4096
#define NODE_MS        600000 /* the collector's history by default */
#define OPTIONS_MAX    (COLLECTOR_SETTING_COUNT + REPLAY_INPUT_COMMAND_OPTIONS_MAX + 16)

#define COMMAND_FLAGS 0x100 /* keys left to the flags of a command */

enum {
    FLAG_GROUP = FLAG_OWN + COMMAND_FLAGS,
    FLAG_SKIP_BAD,
    FLAG_CONFIG,
    FLAG_SETTING /* + i is that of row i of the collector's table */
};

int replay_input_init(struct replay_input *input, int argc)
{
    *input = (struct replay_input){0};
    input->operands = calloc((size_t)argc + 1, sizeof *input->operands);
    input->settings = calloc((size_t)argc + 2, sizeof *input->settings);
    if (input->operands == NULL || input->settings == NULL)
        return error_text_set(input->error, sizeof input->error, -ENOMEM, "out of memory");
    input->settings[input->setting_count++] = strdup("headroom-collector");
    return input->settings[0] ? 0 : error_text_set(input->error, sizeof input->error, -ENOMEM, "out of memory");
}

void replay_input_deinit(struct replay_input *input)
{
    for (unsigned i = 0; i < input->setting_count; i++)
        free(input->settings[i]);
    free(input->settings);
    free(input->operands);
    recordings_deinit(&input->files);
    collector_config_deinit(&input->config);
    metrics_player_deinit(&input->player);
}

/* ---- flags ---- */

/* The settings that affect scalers and their observations. */
static bool is_wanted(const struct setting *setting)
{
    return collector_config_is_scaler(setting) || strcmp(setting->name, "tick") == 0 ||
           strcmp(setting->name, "gone-after") == 0;
}

/* Appends the flags of all commands to a table of options, in argp's group `group`, and the settings in the next. */
static void add_options(struct argp_option *options, size_t count, int group)
{
    options[count++] = (struct argp_option){"group",
                                            FLAG_GROUP,
                                            "NAME[=GLOB]",
                                            0,
                                            GROUP_FILTER_HELP "; if no row names the group, it consists of all nodes",
                                            group};
    options[count++] =
        (struct argp_option){"skip-bad", FLAG_SKIP_BAD, NULL, 0, "Skip invalid lines, and report their number", group};
    options[count++] = (struct argp_option){
        "config", FLAG_CONFIG, "FILE", 0, "Read the settings from this configuration file of the collector", group};
    for (int i = 0; i < COLLECTOR_SETTING_COUNT; i++)
        if (is_wanted(&collector_config_table.rows[i]))
            options[count++] = setting_flags_option(&collector_config_table.rows[i], FLAG_SETTING + i, group + 1);
}

int replay_input_add_node(struct replay_input *input, const char *name)
{
    return group_filter_take_node(&input->filter, name, input->error, sizeof input->error);
}

static int take_setting(struct replay_input *input, const char *name, const char *value)
{
    char *flag;

    if (asprintf(&flag, "--%s=%s", name, value != NULL ? value : "on") < 0)
        return error_text_set(input->error, sizeof input->error, -ENOMEM, "out of memory");
    input->settings[input->setting_count++] = flag;
    return 0;
}

static int take_flag(struct replay_input *input, int key, const char *value)
{
    switch (key) {
    case FLAG_GROUP:
        return group_filter_take(&input->filter, value, input->error, sizeof input->error);
    case FLAG_SKIP_BAD:
        input->skip_bad = true;
        return 0;
    case FLAG_CONFIG:
        return take_setting(input, "config", value);
    default:
        return take_setting(input, collector_config_table.rows[key - FLAG_SETTING].name, value);
    }
}

/* What the callbacks of the parser need. */
struct parsing {
    struct replay_input *input;
    const struct replay_input_command *command;
};

static int on_flag(int key, const char *value, void *arg)
{
    const struct parsing *parsing = arg;

    if (key < FLAG_GROUP)
        return parsing->command->on_flag(key, value, parsing->command->arg);
    return take_flag(parsing->input, key, value);
}

static int on_file(int key, const char *value, void *arg)
{
    struct replay_input *input = ((const struct parsing *)arg)->input;
    (void)key;

    input->operands[input->operand_count++] = value;
    return 0;
}

static char *help(int key, const char *text, void *arg)
{
    (void)arg;

    return setting_flags_help(&collector_config_table, FLAG_SETTING, key, text);
}

int replay_input_read_flags(struct replay_input *input, const struct replay_input_command *command, int argc,
                            char **argv)
{
    enum { GROUP_RUN = 1, GROUP_SETTINGS };
    const struct argp_option common[] = {
        {.doc = "The scaler:", .group = GROUP_SETTINGS}, {.doc = "This program:", .group = -1}, FLAGS_STANDARD};
    struct argp_option options[OPTIONS_MAX] = {{.doc = command->title, .group = GROUP_RUN}};
    struct parsing parsing = {.input = input, .command = command};
    size_t count = 1;

    assert(command->option_count <= REPLAY_INPUT_COMMAND_OPTIONS_MAX);
    for (size_t i = 0; i < command->option_count; i++, count++) {
        options[count] = command->options[i];
        options[count].group = GROUP_RUN;
    }
    memcpy(options + count, common, sizeof common);
    add_options(options, count + sizeof common / sizeof *common, GROUP_RUN);
    struct flags flags = {.program = command->program,
                          .about = command->about,
                          .options = options,
                          .help = help,
                          .on_flag = on_flag,
                          .operands = "FILE|FOLDER...",
                          .on_operand = on_file,
                          .arg = &parsing};
    return flags_parse(&flags, argc, argv, input->error, sizeof input->error);
}

/* ---- the files ---- */

static const char *on_row(const char *node_id, const char *group, void *arg)
{
    struct replay_input *input = arg;

    return group_filter_row(&input->filter, node_id, group);
}

static int on_line(const struct file_line *line, void *arg, char *reason, size_t size)
{
    if (line->number == 1)
        return csv_explain_header(line->text, line->len, reason, size) ? 0 : -EINVAL;
    return metrics_player_add(arg, line->text, line->len, reason, size);
}

static int read_files(struct replay_input *input)
{
    int64_t tick_ms = input->config.settings.tick_ms;
    /* a group's scaler looks one tick back, the forecast of a node further */
    int64_t history_ms = input->filter.count > 0 && input->filter.choices[0].is_node ? NODE_MS : 2 * tick_ms;

    int rc = metrics_player_init(&input->player, history_ms, on_row, input);

    if (rc != 0)
        return error_text_set(input->error, sizeof input->error, rc, "out of memory");
    for (size_t i = 0; i < input->files.count && rc == 0; i++) {
        struct line_file file = {
            .path = input->files.paths[i], .on_line = on_line, .arg = &input->player, .skip_bad = input->skip_bad};
        rc = line_file_read(&file, input->error, sizeof input->error);
        if (rc == 0)
            line_file_warn(&file);
    }
    return rc;
}

/* A group without rows is made to match all nodes. Returns whether there is one: then the files must be read again. */
static bool widen_groups(struct replay_input *input)
{
    bool widened = false;

    for (unsigned i = 0; i < input->filter.count; i++) {
        struct group_choice *choice = &input->filter.choices[i];
        if (choice->found || choice->glob != NULL)
            continue;
        (void)fprintf(stderr, "headroom-scaler: no row names group %s: it consists of all nodes\n", choice->name);
        choice->glob = "*";
        widened = true;
    }
    return widened;
}

static int check_groups(struct replay_input *input)
{
    int rc = group_filter_check(&input->filter, input->error, sizeof input->error);

    if (rc != 0)
        return rc;
    if (input->player.count == 0)
        return error_text_set(input->error, sizeof input->error, -ENODATA, "%s contains no rows",
                              input->files.paths[0]);
    return 0;
}

static int check_span(struct replay_input *input)
{
    int64_t ms = metrics_player_last_ms(&input->player) - metrics_player_first_ms(&input->player);

    if (ms / input->config.settings.tick_ms <= REPLAY_TICKS_MAX)
        return 0;
    return error_text_set(
        input->error, sizeof input->error, -ERANGE,
        "%.0f days lie between the first sample and the last: a clock was wrong, or --tick must be longer",
        (double)ms / 86400000.0);
}

int replay_input_read(struct replay_input *input, bool *usage)
{
    *usage = true;
    if (input->operand_count == 0)
        return error_text_set(input->error, sizeof input->error, -EINVAL,
                              "a metrics.csv is missing: name one, or several from old to new, or the folder in which "
                              "they are; see --help");
    int rc = collector_config_load_settings(&input->config, (int)input->setting_count, input->settings, input->error,
                                            sizeof input->error);
    if (rc != 0)
        return rc;
    *usage = false;
    for (size_t i = 0; i < input->operand_count && rc == 0; i++)
        rc = recordings_add(&input->files, input->operands[i], input->error, sizeof input->error);
    if (rc == 0)
        rc = read_files(input);
    if (rc == 0 && !input->exact_groups && widen_groups(input)) {
        metrics_player_deinit(&input->player);
        rc = read_files(input);
    }
    if (rc == 0)
        rc = check_groups(input);
    if (rc == 0) {
        metrics_player_begin(&input->player);
        rc = check_span(input);
    }
    return rc;
}

/* ---- the scalers ---- */

struct replay_input_run {
    struct replay_input *input;
    replay_input_cb *on_decision;
    void *arg;
    struct scaler *scalers[GROUPS_MAX];
    struct group_observation observed[GROUPS_MAX];
};

struct scaler_settings replay_input_settings(const struct replay_input *input, const struct group *group)
{
    struct scaler_settings settings = *collector_config_group(&input->config, group->name);

    settings.actuator = ACTUATOR_NONE; /* the recorded group carries out nothing of what is decided here */
    if (input->horizon_ms > 0) {
        if (settings.tick_ms > input->horizon_ms)
            settings.tick_ms = input->horizon_ms;
        settings.lead_time_ms = input->horizon_ms - settings.tick_ms;
    }
    return settings;
}

static int decide(struct replay_input_run *run, const struct group *group, int64_t now_ms)
{
    struct group_observation *observed = &run->observed[group->index];
    struct scaler_settings settings = replay_input_settings(run->input, group);
    struct scaler **scaler = &run->scalers[group->index];

    if (*scaler == NULL) {
        if (observed->live + observed->missing == 0)
            return 0; /* has not reported yet */
        *scaler = scaler_new();
        if (*scaler == NULL)
            return error_text_set(run->input->error, sizeof run->input->error, -ENOMEM, "out of memory");
    }
    if (run->input->on_observe != NULL)
        run->input->on_observe(group, now_ms, &settings, observed, run->arg);
    struct decision decision = scaler_step(*scaler, &settings, now_ms, observed);
    return run->on_decision(group, now_ms, &decision, run->arg);
}

static int tick(struct replay_input_run *run, int64_t now_ms)
{
    const struct collector_config *config = &run->input->config;
    const struct registry *registry = &run->input->player.registry;

    if (metrics_player_play(&run->input->player, now_ms) != 0)
        return error_text_set(run->input->error, sizeof run->input->error, -ENOMEM, "out of memory");
    observe_groups(registry, config, now_ms, run->observed);
    for (unsigned i = 0; i < registry->group_count; i++) {
        int rc = decide(run, registry->groups[i], now_ms);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int replay_input_run(struct replay_input *input, bool to_end, replay_input_cb *on_decision, void *arg)
{
    int64_t tick_ms = input->config.settings.tick_ms;
    int64_t first_ms = metrics_player_first_ms(&input->player), last_ms = metrics_player_last_ms(&input->player);
    int64_t begin_ms = (first_ms + tick_ms - 1) / tick_ms * tick_ms;
    struct progress progress;
    int rc = 0;

    struct replay_input_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return error_text_set(input->error, sizeof input->error, -ENOMEM, "out of memory");
    run->input = input;
    run->on_decision = on_decision;
    run->arg = arg;
    if (to_end)
        begin_ms = last_ms - (last_ms - first_ms) / tick_ms * tick_ms;
    progress_begin(&progress, "replay");
    progress.terminal = progress.terminal && isatty(STDOUT_FILENO) == 0; /* not between the decisions */
    for (int64_t now_ms = begin_ms, n = 0; now_ms <= last_ms && rc == 0; now_ms += tick_ms, n++) {
        if (n % PROGRESS_TICKS == 0 && last_ms - begin_ms > PROGRESS_TICKS * tick_ms)
            progress_at(&progress, (size_t)(now_ms - begin_ms), (size_t)(last_ms - begin_ms));
        rc = tick(run, now_ms);
    }
    progress_end(&progress);
    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        if (rc == 0 && run->scalers[i] != NULL && input->on_scaler != NULL)
            rc = input->on_scaler(input->player.registry.groups[i], run->scalers[i], arg);
        scaler_free(run->scalers[i]);
    }
    free(run);
    return rc;
}
