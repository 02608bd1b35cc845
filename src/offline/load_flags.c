#include "offline/load_flags.h"

#include "common/error_text.h"
#include "common/format.h"
#include "common/limits.h"
#include "common/parse.h"
#include "common/setting_flags.h"
#include "offline/fleet.h"
#include "offline/paths.h"
#include "offline/trace_manifest.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_DEFAULT 40.0 /* that carry the 99 % quantile of a trace at REPLAY_TARGET */
#define NODES_TIMES   5.0  /* the default maximum, as a multiple of these, */
#define NODES_MOST    200U /* and at least this */

#define SATURATED_MIN 0.005 /* shares of the time from which a warning is printed */
#define UNSEEN_MIN    0.02

#define COMMAND_FLAGS 0x100 /* keys left to the flags of a command */

enum {
    FLAG_DELAY = FLAG_OWN + COMMAND_FLAGS,
    FLAG_JSON,
    FLAG_SVG,
    FLAG_GROUP,
    FLAG_FROM,
    FLAG_FIRST,
    FLAG_SKIP_BAD,
    FLAG_SPEED,
    FLAG_NOISE,
    FLAG_SEED,
    FLAG_INTERP,
    FLAG_NODES,
    FLAG_SETTING /* + i is that of row i of the collector's table */
};

/* What the callbacks of the parser need. */
struct parsing {
    struct load_flags *flags;
    const struct load_flags_command *command;
};

/* ---- values ---- */

int load_flags_take_number(struct load_flags *flags, const char *flag, const char *value, bool zero, double *number)
{
    double given;

    if (parse_number(value, strlen(value), &given) != 0 || given < 0.0 || (given <= 0.0 && !zero))
        return error_text_set(flags->error, flags->error_size, -EINVAL, "--%s: \"%.40s\" is not a number %s 0", flag,
                              value, zero ? "of at least" : "above");
    *number = given;
    return 0;
}

int load_flags_take_duration(struct load_flags *flags, const char *flag, const char *value, int64_t most_ms,
                             int64_t *ms)
{
    int64_t given;
    char most[32];

    format_duration_value(most_ms, most, sizeof most);
    if (parse_duration_ms(value, &given) != 0 || given < 1 || given > most_ms)
        return error_text_set(flags->error, flags->error_size, -EINVAL,
                              "--%s: \"%.40s\" is not a time above 0, up to %s, for example 120s", flag, value, most);
    *ms = given;
    return 0;
}

int load_flags_take_share(struct load_flags *flags, const char *flag, const char *value, bool zero, double *share)
{
    double given;

    if (parse_percent(value, &given) != 0 || (given <= 0.0 && !zero))
        return error_text_set(flags->error, flags->error_size, -EINVAL,
                              "--%s: \"%.40s\" is not a share %s 0, up to 100%%", flag, value,
                              zero ? "of at least" : "above");
    *share = given;
    return 0;
}

static int take_interp(struct load_flags *flags, const char *value)
{
    if (strcmp(value, "linear") != 0 && strcmp(value, "hold") != 0)
        return error_text_set(flags->error, flags->error_size, -EINVAL,
                              "--interp: \"%.40s\" is neither linear nor hold", value);
    flags->replay.hold = value[0] == 'h';
    return 0;
}

static int take_seed(struct load_flags *flags, const char *value)
{
    unsigned seed;

    if (parse_unsigned(value, &seed) != 0)
        return error_text_set(flags->error, flags->error_size, -EINVAL,
                              "--seed: \"%.40s\" is not a whole number of 0 to 4294967295", value);
    flags->replay.seed = seed;
    return 0;
}

static int take_setting(struct load_flags *flags, size_t i, const char *value)
{
    char reason[256];
    const struct setting *setting = &collector_config_table.rows[i];

    if (setting_set(setting, collector_config_scaler_field(setting, &flags->settings), value != NULL ? value : "on",
                    reason, sizeof reason) != 0)
        return error_text_set(flags->error, flags->error_size, -EINVAL, "--%s %s", setting->name, reason);
    flags->given[i] = true;
    return 0;
}

/* ---- flags ---- */

static int take_flag(struct load_flags *flags, int key, const char *value)
{
    const int64_t most_ms = (int64_t)REPLAY_STEPS_MAX * REPLAY_STEP_MS;

    switch (key) {
    case FLAG_DELAY:
        return load_flags_take_duration(flags, "startup-delay", value, (int64_t)FLEET_DELAY_MAX * REPLAY_STEP_MS,
                                        &flags->delay_ms);
    case FLAG_JSON:
        flags->json = true;
        return 0;
    case FLAG_SVG:
        flags->svg_path = value;
        return 0;
    case FLAG_GROUP:
        return group_filter_take(&flags->filter, value, flags->error, flags->error_size);
    case FLAG_FROM:
        return load_flags_take_duration(flags, "from", value, most_ms, &flags->from_ms);
    case FLAG_FIRST:
        return load_flags_take_duration(flags, "first", value, most_ms, &flags->first_ms);
    case FLAG_SKIP_BAD:
        flags->skip_bad = true;
        return 0;
    case FLAG_SPEED:
        return load_flags_take_number(flags, "speed", value, false, &flags->replay.speed);
    case FLAG_NOISE:
        return load_flags_take_number(flags, "noise", value, true, &flags->replay.noise);
    case FLAG_NODES:
        return load_flags_take_number(flags, "nodes", value, false, &flags->replay.nodes);
    case FLAG_SEED:
        return take_seed(flags, value);
    case FLAG_INTERP:
        return take_interp(flags, value);
    default:
        return take_setting(flags, (size_t)(key - FLAG_SETTING), value);
    }
}

static int on_flag(int key, const char *value, void *arg)
{
    const struct parsing *parsing = arg;

    if (key < FLAG_DELAY)
        return parsing->command->on_flag(key, value, parsing->command->arg);
    return take_flag(parsing->flags, key, value);
}

static int on_operand(int key, const char *value, void *arg)
{
    struct load_flags *flags = ((const struct parsing *)arg)->flags;
    (void)key;

    flags->operands[flags->operand_count++] = value;
    return 0;
}

static int index_of(const char *name)
{
    return (int)(setting_find(&collector_config_table, name) - collector_config_table.rows);
}

/* Two settings have different defaults here. */
static char *help(int key, const char *text, void *arg)
{
    (void)arg;

    if (key == FLAG_SETTING + index_of("lead-time"))
        return strdup("Initial lead time of the scaler (default: the start-up delay)");
    if (key == FLAG_SETTING + index_of("max"))
        return strdup("Maximum number of nodes, for all policies (default: 200, or 5 times --nodes if that is more)");
    return setting_flags_help(&collector_config_table, FLAG_SETTING, key, text);
}

/* All settings of a group but those of its actuator: a simulated fleet of equal nodes carries out every decision. */
static bool is_wanted(const struct setting *setting)
{
    return collector_config_is_scaler(setting) && strcmp(setting->name, "mode") != 0 &&
           strcmp(setting->name, "actuator") != 0 && strcmp(setting->name, "victims") != 0;
}

static int parse(struct load_flags *flags, const struct load_flags_command *command, int argc, char **argv)
{
    const struct argp_option fixed[] = {
        {.doc = "The simulation:", .group = LOAD_FLAGS_GROUP_RUN},
        {"startup-delay", FLAG_DELAY, "TIME", 0, "Time from ordering a node until it is ready (default 120s)",
         LOAD_FLAGS_GROUP_RUN},
        {"from", FLAG_FROM, "TIME", 0, "Begin this far into the load, with nothing known of what was before",
         LOAD_FLAGS_GROUP_RUN},
        {"first", FLAG_FIRST, "TIME", 0, "Stop after this much of the load", LOAD_FLAGS_GROUP_RUN},
        {"json", FLAG_JSON, NULL, 0, "Print one JSON object per line", LOAD_FLAGS_GROUP_RUN},
        {"svg", FLAG_SVG, "FILE", 0, "Draw the result to FILE; requires exactly one load", LOAD_FLAGS_GROUP_RUN},
        {"group", FLAG_GROUP, "NAME[=GLOB]", 0, GROUP_FILTER_HELP "; repeat the flag for several",
         LOAD_FLAGS_GROUP_RUN},
        {"skip-bad", FLAG_SKIP_BAD, NULL, 0, "Skip invalid lines, and report their number", LOAD_FLAGS_GROUP_RUN},
        {.doc = "The replay:", .group = LOAD_FLAGS_GROUP_REPLAY},
        {"nodes", FLAG_NODES, "N", 0,
         "Scale the load so that N nodes carry its 99 % quantile at 70 % (default: 40 for a trace; recorded metrics "
         "stay as they are)",
         LOAD_FLAGS_GROUP_REPLAY},
        {"speed", FLAG_SPEED, "N", 0, "Speed of the replay, as a multiple (default 1, or the manifest's)",
         LOAD_FLAGS_GROUP_REPLAY},
        {"noise", FLAG_NOISE, "SHARE", 0,
         "Standard deviation of the noise on each step, such as 0.03 (default 0, or the manifest's)",
         LOAD_FLAGS_GROUP_REPLAY},
        {"seed", FLAG_SEED, "N", 0, "Seed of the noise (default 1)", LOAD_FLAGS_GROUP_REPLAY},
        {"interp", FLAG_INTERP, "linear|hold", 0, "Between two samples, interpolate or hold the first (default linear)",
         LOAD_FLAGS_GROUP_REPLAY},
        {.doc = "The scaler:", .group = LOAD_FLAGS_GROUP_SCALING},
        {.doc = "This program:", .group = -1},
        FLAGS_STANDARD,
    };
    enum { FIXED_COUNT = sizeof fixed / sizeof *fixed };
    struct argp_option options[FIXED_COUNT + LOAD_FLAGS_COMMAND_OPTIONS_MAX + COLLECTOR_SETTING_COUNT + 1] = {{0}};
    struct parsing parsing = {.flags = flags, .command = command};
    size_t count = FIXED_COUNT;

    assert(command->option_count <= LOAD_FLAGS_COMMAND_OPTIONS_MAX);
    memcpy(options, fixed, sizeof fixed);
    for (size_t i = 0; i < command->option_count; i++)
        options[count++] = command->options[i];
    for (int i = 0; i < COLLECTOR_SETTING_COUNT; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        if (is_wanted(setting))
            options[count++] = setting_flags_option(setting, FLAG_SETTING + i, LOAD_FLAGS_GROUP_SCALING);
    }
    struct flags parsed = {.program = command->program,
                           .about = command->about,
                           .options = options,
                           .help = help,
                           .on_flag = on_flag,
                           .operands = "TRACE|METRICS|FOLDER...",
                           .on_operand = on_operand,
                           .arg = &parsing};
    return flags_parse(&parsed, argc, argv, flags->error, flags->error_size);
}

/* ---- defaults and checks ---- */

static bool is_given(const struct load_flags *flags, const char *name)
{
    return flags->given[index_of(name)];
}

int load_flags_check_output(struct load_flags *flags, const char *flag, const char *path)
{
    char manifest[PATH_MAX];

    for (size_t i = 0; i < flags->files.count; i++) {
        if (paths_are_same(path, flags->files.paths[i]))
            return error_text_set(flags->error, flags->error_size, -EINVAL,
                                  "--%s: %s is the load itself and would be overwritten", flag, path);
        if (trace_manifest_path(flags->files.paths[i], manifest, sizeof manifest) && paths_are_same(path, manifest))
            return error_text_set(flags->error, flags->error_size, -EINVAL,
                                  "--%s: %s is the manifest of the trace; choose another name", flag, path);
    }
    return 0;
}

/* The maximum for a load whose peaks need that many nodes. */
static unsigned maximum_for(double nodes)
{
    return (unsigned)fmin(NODES_MAX, fmax(NODES_MOST, NODES_TIMES * nodes));
}

/* Fills in the defaults, and checks the combination. */
static int complete(struct load_flags *flags)
{
    char reason[256];
    int rc = 0;

    if (flags->operand_count == 0)
        return error_text_set(flags->error, flags->error_size, -EINVAL,
                              "a load is missing: name a trace, a metrics.csv, or the folder of one; see --help");
    if (!is_given(flags, "lead-time"))
        flags->settings.lead_time_ms = flags->delay_ms;
    if (!is_given(flags, "max"))
        flags->settings.nodes_max = maximum_for(isnan(flags->replay.nodes) ? NODES_DEFAULT : flags->replay.nodes);
    flags->settings.tick_ms = REPLAY_STEP_MS;
    if (scaler_settings_check(&flags->settings, reason, sizeof reason) != 0)
        return error_text_set(flags->error, flags->error_size, -EINVAL, "flags: %s", reason);
    for (size_t i = 0; i < flags->operand_count && rc == 0; i++)
        rc = recordings_add(&flags->files, flags->operands[i], flags->error, flags->error_size);
    if (rc == 0 && flags->svg_path != NULL)
        rc = load_flags_check_output(flags, "svg", flags->svg_path);
    return rc;
}

int load_flags_read(struct load_flags *flags, const struct load_flags_command *command, int argc, char **argv,
                    char *error, size_t error_size)
{
    *flags = (struct load_flags){.replay = REPLAY_DEFAULT,
                                 .delay_ms = 120000,
                                 .settings = SCALER_SETTINGS_DEFAULT,
                                 .error = error,
                                 .error_size = error_size};
    flags->replay.speed = flags->replay.noise = flags->replay.nodes = NAN;
    flags->operands = calloc((size_t)argc, sizeof *flags->operands);
    if (flags->operands == NULL)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    int rc = parse(flags, command, argc, argv);
    if (rc == 0)
        rc = complete(flags);
    if (rc != 0)
        load_flags_deinit(flags);
    return rc;
}

void load_flags_deinit(struct load_flags *flags)
{
    free(flags->operands);
    flags->operands = NULL;
    recordings_deinit(&flags->files);
}

/* ---- loads ---- */

/* What the figures of a recorded group can't show. */
static void warn(const struct load *load)
{
    const struct recorded_summary *recorded = &load->recorded;
    double unseen = recorded->steps > 0 ? 1.0 - (double)recorded->seen / (double)recorded->steps : 0.0;

    if (recorded->saturated >= SATURATED_MIN)
        (void)fprintf(
            stderr,
            "headroom-scaler: %s: all nodes were busy for %.2g %% of the time: there was more demand then, which "
            "the recording does not show\n",
            load->name, 100.0 * recorded->saturated);
    if (unseen >= UNSEEN_MIN)
        (void)fprintf(stderr,
                      "headroom-scaler: %s: no node reported for %.2g %% of the time; its demand is interpolated\n",
                      load->name, 100.0 * unseen);
}

int load_flags_read_loads(struct load_flags *flags, struct loads *loads)
{
    const struct loads_source source = {.files = &flags->files,
                                        .filter = &flags->filter,
                                        .limit = flags->settings.thresholds[RESOURCE_CPU].high,
                                        .skip_bad = flags->skip_bad};

    int rc = loads_read(&source, loads, flags->error, flags->error_size);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < loads->count; i++)
        if (loads->loads[i].is_recorded)
            warn(&loads->loads[i]);
    if (flags->svg_path == NULL || loads->count == 1)
        return 0;
    return error_text_set(flags->error, flags->error_size, -EINVAL,
                          "--svg needs exactly one trace or group; %zu are given", loads->count);
}

/* To what --from and --first name. False: nothing is left. */
static bool cut(const struct load_flags *flags, struct sim_setup *setup)
{
    size_t from = (size_t)(flags->from_ms / REPLAY_STEP_MS);
    size_t first = (size_t)((flags->first_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS);

    if (from >= setup->steps)
        return false;
    setup->demand += from;
    setup->steps -= from;
    if (first > 0 && first < setup->steps)
        setup->steps = first;
    return true;
}

/* The parameters of the replay: as given, else as the load says. */
static struct replay replay_of(const struct load_flags *flags, const struct load *load)
{
    struct replay replay = flags->replay;

    if (isnan(replay.speed))
        replay.speed = load->speed;
    if (isnan(replay.noise))
        replay.noise = load->noise;
    if (isnan(replay.nodes) && !load->is_recorded)
        replay.nodes = NODES_DEFAULT;
    return replay;
}

static double peak_of(const struct sim_setup *setup)
{
    double peak = 0.0;

    for (size_t k = 0; k < setup->steps; k++)
        peak = fmax(peak, setup->demand[k]);
    return peak;
}

int load_flags_play(const struct load_flags *flags, const struct load *load, struct load_play *play)
{
    const struct replay replay = replay_of(flags, load);
    struct load_play made = {.settings = flags->settings};
    char reason[256];

    made.setup.delay = (unsigned)((flags->delay_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS);
    int rc = trace_replay(&load->trace, &replay, &made.demand, &made.setup.steps, reason, sizeof reason);
    if (rc != 0)
        return error_text_set(flags->error, flags->error_size, rc, "%s: %s", load->path,
                              rc == -ENOMEM ? "out of memory" : reason);
    made.setup.demand = made.demand;
    if (!is_given(flags, "max") && isnan(replay.nodes))
        made.settings.nodes_max = maximum_for(peak_of(&made.setup) / REPLAY_TARGET);
    made.setup.nodes_min = made.settings.nodes_min;
    made.setup.nodes_max = scaler_settings_max(&made.settings);
    if (!cut(flags, &made.setup)) {
        load_play_deinit(&made);
        return error_text_set(flags->error, flags->error_size, -EINVAL, "%s: the load ends before --from", load->path);
    }
    *play = made;
    return 0;
}

void load_play_deinit(struct load_play *play)
{
    free(play->demand);
    play->demand = NULL;
}
