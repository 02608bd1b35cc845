#include "scaler/simulate_command.h"

#include "collector/settings.h"
#include "common/flags.h"
#include "common/limits.h"
#include "common/parse.h"
#include "scaler/fleet.h"
#include "scaler/live_player.h"
#include "scaler/picture.h"
#include "scaler/progress.h"
#include "scaler/rivals.h"
#include "scaler/simulate.h"
#include "scaler/simulate_report.h"
#include "scaler/trace_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX   512
#define NODES_TIMES 5.0 /* the default maximum, in fleets that carry the 99 % quantile */
#define NODES_MOST  200U

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

struct policy {
    const char *name;
    struct player (*rival)(struct rival *rival); /* one of the two */
    struct player (*live)(struct live *live);
};

static const struct policy policies[] = {
    {"headroom", NULL, live_headroom}, {"reactive", NULL, live_reactive},     {"hpa", rivals_hpa, NULL},
    {"phpa", rivals_phpa, NULL},       {"threshold", rivals_threshold, NULL}, {"static", rivals_static, NULL},
};

enum { POLICY_COUNT = sizeof policies / sizeof *policies };

struct simulation {
    const char **traces; /* room for all of argv */
    size_t trace_count;
    const struct policy *policies[POLICY_COUNT];
    size_t policy_count;
    struct replay replay; /* speed and noise: NAN as long as they aren't given */
    int64_t delay_ms;
    int64_t first_ms; /* 0: all of it */
    bool json;
    bool skip_bad;
    const char *steps_path;
    const char *svg_path;
    struct scaler_settings settings;
    bool given[SETTING_COUNT]; /* the settings that are flags */

    struct simulate_result *results;
    struct picture *picture; /* NULL: none is wanted */
    FILE *steps;             /* likewise */
    struct progress progress;
    char error[ERROR_MAX];
};

__attribute__((format(printf, 3, 4))) static int fail(struct simulation *s, int result, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(s->error, sizeof s->error, format, args);
    va_end(args);
    return result;
}

/* ---- flags ---- */

enum {
    FLAG_POLICY = FLAG_OWN,
    FLAG_DELAY,
    FLAG_JSON,
    FLAG_STEPS,
    FLAG_SVG,
    FLAG_SPEED,
    FLAG_NOISE,
    FLAG_SEED,
    FLAG_INTERP,
    FLAG_NODES,
    FLAG_FIRST,
    FLAG_SKIP_BAD,
    FLAG_SETTING /* + i is that of setting_table[i] */
};

static const char about[] =
    "Plays a recorded load to a simulated fleet that a policy scales, and says how well it went: the share of time "
    "with "
    "utilisation above 90 %, the share of the load that was not served, the cost in node-hours as a multiple of what "
    "one who knew the future would have paid at 70 %, and how often the fleet was changed."
    "\vA TRACE is CSV with the columns timestamp_s and demand, in any unit. It is replayed in steps of 15 s, scaled so "
    "that its 99 % quantile fills --nodes nodes to 70 %. When a manifest.json beside it names the file, replay_speed "
    "and "
    "replay_noise there are the defaults of --speed and --noise.\n\n"
    "Policies:\n"
    "  headroom   this scaler, with the settings below\n"
    "  reactive   its reactive rule alone\n"
    "  hpa        the Kubernetes HPA: target 70 %, tolerance 10 %, 5 min of stabilization\n"
    "  phpa       the predictive HPA: linear regression, 10 s ahead\n"
    "  threshold  one node more above 75 %, one fewer below 30 %, 60 s of rest\n"
    "  static     as many nodes as the highest demand needs, known beforehand\n\n"
    "A TIME is a number with its unit: 250ms, 90s, 1.5h, 7d.";

static int take_policy(struct simulation *s, const char *name)
{
    const char *nearest = NULL;

    for (size_t i = 0; i < POLICY_COUNT; i++) {
        nearest = parse_nearer(name, nearest, policies[i].name);
        if (strcmp(policies[i].name, name) != 0)
            continue;
        for (size_t p = 0; p < s->policy_count; p++)
            if (s->policies[p] == &policies[i])
                return fail(s, -EINVAL, "--policy: %s a second time", name);
        s->policies[s->policy_count++] = &policies[i];
        return 0;
    }
    return nearest ? fail(s, -EINVAL, "--policy: there is no \"%.40s\"; did you mean %s?", name, nearest)
                   : fail(s, -EINVAL, "--policy: there is no \"%.40s\"; --help lists them", name);
}

static int take_number(struct simulation *s, const char *flag, const char *value, bool zero, double *number)
{
    double given;

    if (parse_number(value, strlen(value), &given) != 0 || given < 0.0 || (given <= 0.0 && !zero))
        return fail(s, -EINVAL, "--%s: \"%.40s\" is not a number %s 0", flag, value, zero ? "of at least" : "above");
    *number = given;
    return 0;
}

static int take_duration(struct simulation *s, const char *flag, const char *value, int64_t most_ms, int64_t *ms)
{
    int64_t given;
    char most[32];

    format_duration_value(most_ms, most, sizeof most);
    if (parse_duration_ms(value, &given) != 0 || given < 1 || given > most_ms)
        return fail(s, -EINVAL, "--%s: \"%.40s\" is not a time above 0, up to %s, for example 120s", flag, value, most);
    *ms = given;
    return 0;
}

static int take_interp(struct simulation *s, const char *value)
{
    if (strcmp(value, "linear") != 0 && strcmp(value, "hold") != 0)
        return fail(s, -EINVAL, "--interp: \"%.40s\" is neither linear nor hold", value);
    s->replay.hold = value[0] == 'h';
    return 0;
}

static int take_seed(struct simulation *s, const char *value)
{
    unsigned seed;

    if (parse_unsigned(value, &seed) != 0)
        return fail(s, -EINVAL, "--seed: \"%.40s\" is not a whole number of 0 to 4294967295", value);
    s->replay.seed = seed;
    return 0;
}

static int take_setting(struct simulation *s, size_t i, const char *value)
{
    char reason[256];
    const struct setting *setting = &setting_table[i];

    if (setting_set(setting, setting_group_field(setting, &s->settings), value, reason, sizeof reason) != 0)
        return fail(s, -EINVAL, "--%s: %s", setting->name, reason);
    s->given[i] = true;
    return 0;
}

static int on_flag(int key, const char *value, void *arg)
{
    struct simulation *s = arg;

    switch (key) {
    case FLAG_POLICY:
        return take_policy(s, value);
    case FLAG_DELAY:
        return take_duration(s, "startup-delay", value, (int64_t)FLEET_DELAY_MAX * REPLAY_STEP_MS, &s->delay_ms);
    case FLAG_FIRST:
        return take_duration(s, "first", value, (int64_t)REPLAY_STEPS_MAX * REPLAY_STEP_MS, &s->first_ms);
    case FLAG_JSON:
        s->json = true;
        return 0;
    case FLAG_SKIP_BAD:
        s->skip_bad = true;
        return 0;
    case FLAG_STEPS:
        s->steps_path = value;
        return 0;
    case FLAG_SVG:
        s->svg_path = value;
        return 0;
    case FLAG_SPEED:
        return take_number(s, "speed", value, false, &s->replay.speed);
    case FLAG_NOISE:
        return take_number(s, "noise", value, true, &s->replay.noise);
    case FLAG_NODES:
        return take_number(s, "nodes", value, false, &s->replay.nodes);
    case FLAG_SEED:
        return take_seed(s, value);
    case FLAG_INTERP:
        return take_interp(s, value);
    default:
        return take_setting(s, (size_t)(key - FLAG_SETTING), value);
    }
}

static int on_operand(int key, const char *value, void *arg)
{
    struct simulation *s = arg;
    (void)key;

    s->traces[s->trace_count++] = value;
    return 0;
}

static const struct scaler_settings defaults = SCALER_SETTINGS_DEFAULT;

/* Two settings have defaults of their own here. */
static char *help(int key, const char *text, void *arg)
{
    (void)arg;

    if (key < FLAG_SETTING || key >= FLAG_SETTING + SETTING_COUNT)
        return (char *)text;
    const struct setting *setting = &setting_table[key - FLAG_SETTING];
    if (strcmp(setting->name, "lead-time") == 0)
        return strdup("How far the scaler believes it has to look ahead (default: the start-up delay)");
    if (strcmp(setting->name, "max") == 0)
        return strdup("Most nodes, of any policy (default: 200, or 5 times --nodes when that is more)");
    return setting_help(setting, setting_group_field(setting, &defaults), text);
}

static int read_flags(struct simulation *s, int argc, char **argv)
{
    enum { GROUP_RUN = 1, GROUP_REPLAY, GROUP_SCALING };
    const struct argp_option fixed[] = {
        {.doc = "The simulation:", .group = GROUP_RUN},
        {"policy", FLAG_POLICY, "NAME", 0, "A policy to try, see below; give it again to compare (default headroom)",
         GROUP_RUN},
        {"startup-delay", FLAG_DELAY, "TIME", 0, "From the order of a node until it is ready (default 120s)",
         GROUP_RUN},
        {"first", FLAG_FIRST, "TIME", 0, "Stop after so much of the trace", GROUP_RUN},
        {"json", FLAG_JSON, NULL, 0, "Print an object a line, one for each trace and policy", GROUP_RUN},
        {"steps", FLAG_STEPS, "FILE", 0, "Write each step as CSV; for one trace", GROUP_RUN},
        {"svg", FLAG_SVG, "FILE", 0, "Draw demand, nodes and violations; for one trace", GROUP_RUN},
        {"skip-bad", FLAG_SKIP_BAD, NULL, 0, "Leave bad lines out and say how many", GROUP_RUN},
        {.doc = "The replay:", .group = GROUP_REPLAY},
        {"nodes", FLAG_NODES, "N", 0, "Nodes that carry the 99 % quantile of demand at 70 % (default 40)",
         GROUP_REPLAY},
        {"speed", FLAG_SPEED, "N", 0, "Play so many times as fast (default 1, or the manifest's)", GROUP_REPLAY},
        {"noise", FLAG_NOISE, "SHARE", 0,
         "Standard deviation of noise on each step, as 0.03 (default 0, or the manifest's)", GROUP_REPLAY},
        {"seed", FLAG_SEED, "N", 0, "Seed of the noise (default 1)", GROUP_REPLAY},
        {"interp", FLAG_INTERP, "linear|hold", 0,
         "Between two samples: a straight line, or the first one holds (default linear)", GROUP_REPLAY},
        {.doc = "The scaler:", .group = GROUP_SCALING},
        {.doc = "This program:", .group = -1},
        FLAGS_STANDARD,
    };
    enum { FIXED_COUNT = sizeof fixed / sizeof *fixed };
    struct argp_option options[FIXED_COUNT + SETTING_COUNT + 1] = {{0}};
    size_t count = FIXED_COUNT;

    memcpy(options, fixed, sizeof fixed);
    for (int i = 0; i < SETTING_COUNT; i++)
        if (setting_table[i].scope == SCOPE_GROUP)
            options[count++] = setting_option(&setting_table[i], FLAG_SETTING + i, GROUP_SCALING);
    struct flags flags = {.program = "headroom-scaler simulate",
                          .about = about,
                          .options = options,
                          .help = help,
                          .on_flag = on_flag,
                          .operands = "TRACE...",
                          .on_operand = on_operand,
                          .arg = s};
    return flags_parse(&flags, argc, argv, s->error, sizeof s->error);
}

static bool is_given(const struct simulation *s, const char *name)
{
    return s->given[setting_find(name) - setting_table];
}

/* Fills in what wasn't given, and looks whether it all fits. */
static int complete(struct simulation *s)
{
    char reason[256];

    if (s->trace_count == 0)
        return fail(s, -EINVAL, "which trace? Write its file, or several; see --help");
    if (s->trace_count > 1 && (s->steps_path || s->svg_path))
        return fail(s, -EINVAL, "--steps and --svg show one trace, and %zu are given", s->trace_count);
    if (s->policy_count == 0)
        s->policies[s->policy_count++] = &policies[0];
    if (!is_given(s, "lead-time"))
        s->settings.lead_time_ms = s->delay_ms;
    if (!is_given(s, "max"))
        s->settings.nodes_max = (unsigned)fmin(NODES_MAX, fmax(NODES_MOST, NODES_TIMES * s->replay.nodes));
    s->settings.tick_ms = REPLAY_STEP_MS;
    if (scaler_settings_check(&s->settings, reason, sizeof reason) != 0)
        return fail(s, -EINVAL, "flags: %s", reason);
    return 0;
}

/* ---- the work ---- */

struct observer {
    struct simulation *simulation;
    const struct world *world;
    const char *policy;
};

static void on_step(const struct simulate_step *step, void *arg)
{
    const struct observer *observer = arg;
    struct simulation *s = observer->simulation;

    if (step->step % 4096 == 0)
        progress_at(&s->progress, step->step, observer->world->steps);
    if (s->picture)
        picture_step(s->picture, step);
    if (s->steps)
        (void)fprintf(s->steps, "%s,%zu,%zu,%.9g,%u,%u,%.9g,%.9g,%u,%s\n", observer->policy, step->step,
                      step->step * (REPLAY_STEP_MS / 1000), step->demand, step->ready, step->pending, step->utilisation,
                      step->move.recommendation, step->desired, step->move.reason ? step->move.reason : "");
}

static int run_policy(struct simulation *s, const struct policy *policy, const struct world *world, double optimum,
                      struct simulate_result *result)
{
    struct observer observer = {.simulation = s, .world = world, .policy = policy->name};
    struct rival rival = {0};
    struct live live = {0};
    struct player player;
    char line[PICTURE_TEXT_MAX];

    if (policy->live && live_init(&live, &s->settings) != 0)
        return fail(s, -ENOMEM, "out of memory");
    player = policy->live ? policy->live(&live) : policy->rival(&rival);
    (void)snprintf(line, sizeof line, "%.60s, %s", result->trace, policy->name);
    progress_begin(&s->progress, line);
    if (s->picture)
        (void)picture_begin_panel(s->picture, policy->name);

    result->score = simulate_run(world, optimum, &player, on_step, &observer);

    simulate_report_line(&result->score, line, sizeof line);
    if (s->picture)
        picture_end_panel(s->picture, line);
    progress_end(&s->progress);
    live_deinit(&live);
    return 0;
}

static void begin_picture(struct simulation *s, const struct world *world, const char *trace)
{
    char text[PICTURE_TEXT_MAX], delay[32];

    format_duration(s->delay_ms, delay, sizeof delay);
    (void)snprintf(text, sizeof text, "a node takes %s to start", delay);
    picture_init(s->picture, world->steps, trace, text);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int run_world(struct simulation *s, const struct world *world, const char *trace,
                     struct simulate_result *results)
{
    double optimum;

    if (score_optimum(world->demand, world->steps, world->delay, world->nodes_min, world->nodes_max, &optimum) != 0)
        return fail(s, -ENOMEM, "out of memory");
    if (s->picture)
        begin_picture(s, world, trace);
    for (size_t p = 0; p < s->policy_count; p++) {
        results[p] = (struct simulate_result){.trace = trace, .policy = s->policies[p]->name, .delay_ms = s->delay_ms};
        int rc = run_policy(s, s->policies[p], world, optimum, &results[p]);
        if (rc != 0)
            return rc;
        if (s->json && simulate_report_json(&results[p], stdout) != 0)
            return fail(s, -EIO, "can't write the results");
    }
    return 0;
}

static int run_trace(struct simulation *s, const char *path, struct simulate_result *results)
{
    struct trace_file file;
    struct replay replay = s->replay;
    struct world world = {.delay = (unsigned)((s->delay_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS),
                          .nodes_min = s->settings.nodes_min,
                          .nodes_max = s->settings.nodes_max};
    double *demand = NULL;
    char reason[256];

    int rc = trace_file_read(path, s->skip_bad, &file, s->error, sizeof s->error);
    if (rc != 0)
        return rc;
    if (isnan(replay.speed))
        replay.speed = file.speed;
    if (isnan(replay.noise))
        replay.noise = file.noise;
    rc = trace_replay(&file.trace, &replay, &demand, &world.steps, reason, sizeof reason);
    trace_file_deinit(&file);
    if (rc != 0)
        return fail(s, rc, "%s: %s", path, rc == -ENOMEM ? "out of memory" : reason);

    int64_t first = (s->first_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS;
    if (first > 0 && (size_t)first < world.steps)
        world.steps = (size_t)first;
    world.demand = demand;
    rc = run_world(s, &world, base_name(path), results);
    free(demand);
    return rc;
}

static int open_outputs(struct simulation *s)
{
    if (s->svg_path) {
        s->picture = calloc(1, sizeof *s->picture);
        if (s->picture == NULL)
            return fail(s, -ENOMEM, "out of memory");
    }
    if (s->steps_path) {
        s->steps = fopen(s->steps_path, "we");
        if (s->steps == NULL)
            return fail(s, -errno, "%s: can't be written: %s", s->steps_path, strerror(errno));
        (void)fputs("policy,k,t_s,demand,ready,pending,utilisation,recommendation,desired,reason\n", s->steps);
    }
    return 0;
}

/* Closes a file that was written, and tells whether all of it is there. */
static int close_output(struct simulation *s, FILE *file, const char *path)
{
    bool failed = ferror(file) != 0;

    if (fclose(file) != 0 || failed)
        return fail(s, -EIO, "%s: can't be written: %s", path, failed ? "an error on the way" : strerror(errno));
    return 0;
}

static int write_picture(struct simulation *s)
{
    FILE *file = fopen(s->svg_path, "we");

    if (file == NULL)
        return fail(s, -errno, "%s: can't be written: %s", s->svg_path, strerror(errno));
    picture_write(s->picture, file);
    return close_output(s, file, s->svg_path);
}

static int run(struct simulation *s)
{
    int rc = open_outputs(s);

    for (size_t t = 0; t < s->trace_count && rc == 0; t++)
        rc = run_trace(s, s->traces[t], &s->results[t * s->policy_count]);
    if (s->steps) {
        int closed = close_output(s, s->steps, s->steps_path);
        rc = rc != 0 ? rc : closed;
    }
    if (rc == 0 && s->picture)
        rc = write_picture(s);
    if (rc == 0 && !s->json)
        simulate_report_table(s->results, s->trace_count, s->policy_count, stdout);
    if (rc == 0 && fflush(stdout) != 0)
        rc = fail(s, -errno, "can't write the results: %s", strerror(errno));
    return rc;
}

int simulate_command(int argc, char **argv)
{
    struct simulation s = {.replay = REPLAY_DEFAULT, .delay_ms = 120000, .settings = SCALER_SETTINGS_DEFAULT};
    int status = STATUS_USAGE;

    s.replay.speed = NAN;
    s.replay.noise = NAN;
    s.traces = calloc((size_t)argc, sizeof *s.traces);
    s.results = NULL;
    if (s.traces == NULL) {
        (void)fail(&s, -ENOMEM, "out of memory");
    } else if (read_flags(&s, argc, argv) == 0 && complete(&s) == 0) {
        status = STATUS_FAILED;
        s.results = calloc(s.trace_count * s.policy_count, sizeof *s.results);
        if (s.results == NULL)
            (void)fail(&s, -ENOMEM, "out of memory");
        else if (run(&s) == 0)
            status = STATUS_OK;
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "headroom-scaler: %s\n", s.error);
    free(s.results);
    free(s.picture);
    free(s.traces);
    return status;
}
