#include "offline/simulate_flags.h"

#include "common/error_text.h"
#include "common/flags.h"
#include "common/format.h"
#include "common/limits.h"
#include "common/parse.h"
#include "common/setting_flags.h"
#include "offline/fleet.h"
#include "offline/paths.h"
#include "offline/trace_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_TIMES 5.0  /* the default maximum, as a multiple of --nodes, */
#define NODES_MOST  200U /* and at least this */

static const struct simulate_policy policies[] = {
    {.name = "headroom", .live = live_policy_headroom},
    {.name = "app", .live = live_policy_app},
    {.name = "signal", .live = live_policy_signal},
    {.name = "reactive", .live = live_policy_reactive},
    {.name = "hpa", .baseline = baselines_hpa},
    {.name = "phpa", .baseline = baselines_phpa},
    {.name = "aws-tracking", .peer = peers_aws_tracking},
    {.name = "aws-predictive", .peer = peers_aws_predictive},
    {.name = "autopilot", .peer = peers_autopilot},
    {.name = "keda-cron", .peer = peers_keda_cron},
    {.name = "threshold", .baseline = baselines_threshold},
    {.name = "static", .baseline = baselines_static},
    {.name = "clairvoyant"},
};

enum { POLICY_HEADROOM = 0, POLICY_SIGNAL = 2 }; /* places in the table */

static_assert(sizeof policies / sizeof *policies == SIMULATE_POLICIES, "SIMULATE_POLICIES is the length of the table");

enum {
    FLAG_POLICY = FLAG_OWN,
    FLAG_DELAY,
    FLAG_SIGNAL_AGE,
    FLAG_JSON,
    FLAG_STEPS,
    FLAG_SVG,
    FLAG_SPEED,
    FLAG_NOISE,
    FLAG_SEED,
    FLAG_INTERP,
    FLAG_NODES,
    FLAG_FROM,
    FLAG_FIRST,
    FLAG_SKIP_BAD,
    FLAG_HPA_TARGET,
    FLAG_HPA_TOLERANCE,
    FLAG_HPA_WINDOW,
    FLAG_SETTING /* + i is that of row i of the collector's table */
};

static const char about[] =
    "Replays a recorded load on a simulated fleet that a policy scales, and reports the result: the share of time with "
    "utilisation above 90 %, the share of the load that was not served, the node-hours as a multiple of the optimum "
    "at 70 % with perfect knowledge of the future, and the number of scaling actions per hour."
    "\vA TRACE is a CSV file with the columns timestamp_s and demand, in any unit. The command "
    "replays it in steps of 15 s, scaled so that its 99 % quantile fills --nodes nodes to 70 %. If a manifest.json in "
    "the same directory names the file, its replay_speed and replay_noise are the defaults of --speed and --noise.\n\n"
    "Policies:\n"
    "  headroom        this scaler, with the settings above\n"
    "  app             the same, and the application reports its load: demand above 100 % is seen\n"
    "  signal          as headroom, and a signal shows the whole demand, as old as --signal-age\n"
    "  reactive        as headroom, without its forecast\n"
    "  hpa             the Kubernetes HPA\n"
    "  phpa            the predictive HPA: linear regression, 10 s ahead\n"
    "  aws-tracking    target tracking of EC2 Auto Scaling: 70 %, alarms of 3 and 15 min\n"
    "  aws-predictive  the same, and at least the mean of this hour on the days before\n"
    "  autopilot       the 95th percentile of demand at 70 %, half-life 12 h\n"
    "  keda-cron       the HPA, and the 95th percentile of this hour yesterday\n"
    "  threshold       adds a node above 75 %, removes one below 30 %, cooldown 60 s\n"
    "  static          as many nodes as the peak needs, known in advance\n"
    "  clairvoyant     a bound: the cheapest plan for --price, with the future known\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

bool simulate_flags_is_clairvoyant(const struct simulate_policy *policy)
{
    return policy->baseline == NULL && policy->peer == NULL && policy->live == NULL;
}

static int take_policy(struct simulate_flags *s, const char *name)
{
    const char *nearest = NULL;

    for (size_t i = 0; i < SIMULATE_POLICIES; i++) {
        nearest = parse_nearer(name, nearest, policies[i].name);
        if (strcmp(policies[i].name, name) != 0)
            continue;
        for (size_t p = 0; p < s->policy_count; p++)
            if (s->policies[p] == &policies[i])
                return error_text_set(s->error, s->error_size, -EINVAL, "--policy: %s is given twice", name);
        s->policies[s->policy_count++] = &policies[i];
        return 0;
    }
    return nearest != NULL ? error_text_set(s->error, s->error_size, -EINVAL,
                                            "--policy: unknown policy \"%.40s\"; did you mean %s?", name, nearest)
                           : error_text_set(s->error, s->error_size, -EINVAL,
                                            "--policy: unknown policy \"%.40s\"; --help lists them", name);
}

static int take_number(struct simulate_flags *s, const char *flag, const char *value, bool zero, double *number)
{
    double given;

    if (parse_number(value, strlen(value), &given) != 0 || given < 0.0 || (given <= 0.0 && !zero))
        return error_text_set(s->error, s->error_size, -EINVAL, "--%s: \"%.40s\" is not a number %s 0", flag, value,
                              zero ? "of at least" : "above");
    *number = given;
    return 0;
}

static int take_duration(struct simulate_flags *s, const char *flag, const char *value, int64_t most_ms, int64_t *ms)
{
    int64_t given;
    char most[32];

    format_duration_value(most_ms, most, sizeof most);
    if (parse_duration_ms(value, &given) != 0 || given < 1 || given > most_ms)
        return error_text_set(s->error, s->error_size, -EINVAL,
                              "--%s: \"%.40s\" is not a time above 0, up to %s, for example 120s", flag, value, most);
    *ms = given;
    return 0;
}

/* Gives the default policy its signal, too. */
static int take_age(struct simulate_flags *s, const char *value)
{
    int64_t given;

    if (parse_duration_ms(value, &given) != 0 || given > LIVE_POLICY_AGE_MS)
        return error_text_set(s->error, s->error_size, -EINVAL,
                              "--signal-age: \"%.40s\" is not a time from 0 to 10m, for example 30s", value);
    s->signal_age_ms = given;
    s->has_signal = true;
    return 0;
}

static int take_interp(struct simulate_flags *s, const char *value)
{
    if (strcmp(value, "linear") != 0 && strcmp(value, "hold") != 0)
        return error_text_set(s->error, s->error_size, -EINVAL, "--interp: \"%.40s\" is neither linear nor hold",
                              value);
    s->replay.hold = value[0] == 'h';
    return 0;
}

static int take_share(struct simulate_flags *s, const char *flag, const char *value, bool zero, double *share)
{
    double given;

    if (parse_percent(value, &given) != 0 || (given <= 0.0 && !zero))
        return error_text_set(s->error, s->error_size, -EINVAL, "--%s: \"%.40s\" is not a share %s 0, up to 100%%",
                              flag, value, zero ? "of at least" : "above");
    *share = given;
    return 0;
}

static int take_window(struct simulate_flags *s, const char *value)
{
    int64_t window_ms = 0;
    int rc = take_duration(s, "hpa-window", value, (int64_t)BASELINES_WINDOW_MAX * REPLAY_STEP_MS, &window_ms);

    if (rc == 0)
        s->hpa.window = (unsigned)((window_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS);
    return rc;
}

static int take_seed(struct simulate_flags *s, const char *value)
{
    unsigned seed;

    if (parse_unsigned(value, &seed) != 0)
        return error_text_set(s->error, s->error_size, -EINVAL,
                              "--seed: \"%.40s\" is not a whole number of 0 to 4294967295", value);
    s->replay.seed = seed;
    return 0;
}

static int take_setting(struct simulate_flags *s, size_t i, const char *value)
{
    char reason[256];
    const struct setting *setting = &collector_config_table.rows[i];

    if (setting_set(setting, collector_config_scaler_field(setting, &s->settings), value != NULL ? value : "on", reason,
                    sizeof reason) != 0)
        return error_text_set(s->error, s->error_size, -EINVAL, "--%s %s", setting->name, reason);
    s->given[i] = true;
    return 0;
}

static int on_flag(int key, const char *value, void *arg)
{
    struct simulate_flags *s = arg;

    switch (key) {
    case FLAG_POLICY:
        return take_policy(s, value);
    case FLAG_DELAY:
        return take_duration(s, "startup-delay", value, (int64_t)FLEET_DELAY_MAX * REPLAY_STEP_MS, &s->delay_ms);
    case FLAG_FROM:
        return take_duration(s, "from", value, (int64_t)REPLAY_STEPS_MAX * REPLAY_STEP_MS, &s->from_ms);
    case FLAG_FIRST:
        return take_duration(s, "first", value, (int64_t)REPLAY_STEPS_MAX * REPLAY_STEP_MS, &s->first_ms);
    case FLAG_SIGNAL_AGE:
        return take_age(s, value);
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
    case FLAG_HPA_TARGET:
        return take_share(s, "hpa-target", value, false, &s->hpa.target);
    case FLAG_HPA_TOLERANCE:
        return take_share(s, "hpa-tolerance", value, true, &s->hpa.tolerance);
    case FLAG_HPA_WINDOW:
        return take_window(s, value);
    default:
        return take_setting(s, (size_t)(key - FLAG_SETTING), value);
    }
}

static int on_operand(int key, const char *value, void *arg)
{
    struct simulate_flags *s = arg;
    (void)key;

    s->traces[s->trace_count++] = value;
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

static int read_flags(struct simulate_flags *s, int argc, char **argv)
{
    enum { GROUP_RUN = 1, GROUP_REPLAY, GROUP_HPA, GROUP_SCALING };
    const struct argp_option fixed[] = {
        {.doc = "The simulation:", .group = GROUP_RUN},
        {"policy", FLAG_POLICY, "NAME", 0,
         "Policy to simulate, see below; repeat the flag to compare several (default headroom)", GROUP_RUN},
        {"startup-delay", FLAG_DELAY, "TIME", 0, "Time from ordering a node until it is ready (default 120s)",
         GROUP_RUN},
        {"from", FLAG_FROM, "TIME", 0, "Begin this far into the trace, with nothing known of what was before",
         GROUP_RUN},
        {"first", FLAG_FIRST, "TIME", 0, "Stop after this much of the trace", GROUP_RUN},
        {"signal-age", FLAG_SIGNAL_AGE, "TIME", 0,
         "Age of the signal that the policy signal sees, such as 30s (default 0s); without --policy, simulate that "
         "policy",
         GROUP_RUN},
        {"json", FLAG_JSON, NULL, 0, "Print one JSON object per line, for each trace and policy", GROUP_RUN},
        {"steps", FLAG_STEPS, "FILE", 0, "Write each step to FILE as CSV; requires exactly one trace", GROUP_RUN},
        {"svg", FLAG_SVG, "FILE", 0, "Draw demand, nodes and violations to FILE; requires exactly one trace",
         GROUP_RUN},
        {"skip-bad", FLAG_SKIP_BAD, NULL, 0, "Skip invalid lines, and report their number", GROUP_RUN},
        {.doc = "The replay:", .group = GROUP_REPLAY},
        {"nodes", FLAG_NODES, "N", 0, "Number of nodes that carry the 99 % quantile of demand at 70 % (default 40)",
         GROUP_REPLAY},
        {"speed", FLAG_SPEED, "N", 0, "Speed of the replay, as a multiple (default 1, or the manifest's)",
         GROUP_REPLAY},
        {"noise", FLAG_NOISE, "SHARE", 0,
         "Standard deviation of the noise on each step, such as 0.03 (default 0, or the manifest's)", GROUP_REPLAY},
        {"seed", FLAG_SEED, "N", 0, "Seed of the noise (default 1)", GROUP_REPLAY},
        {"interp", FLAG_INTERP, "linear|hold", 0, "Between two samples, interpolate or hold the first (default linear)",
         GROUP_REPLAY},
        {.doc = "The policies hpa, phpa and keda-cron:", .group = GROUP_HPA},
        {"hpa-target", FLAG_HPA_TARGET, "SHARE", 0, "Target utilisation (default 70%)", GROUP_HPA},
        {"hpa-tolerance", FLAG_HPA_TOLERANCE, "SHARE", 0, "Deviation that changes nothing (default 10%)", GROUP_HPA},
        {"hpa-window", FLAG_HPA_WINDOW, "TIME", 0, "Stabilization window before a scale-in (default 5m)", GROUP_HPA},
        {.doc = "The scaler:", .group = GROUP_SCALING},
        {.doc = "This program:", .group = -1},
        FLAGS_STANDARD,
    };
    enum { FIXED_COUNT = sizeof fixed / sizeof *fixed };
    struct argp_option options[FIXED_COUNT + COLLECTOR_SETTING_COUNT + 1] = {{0}};
    size_t count = FIXED_COUNT;

    memcpy(options, fixed, sizeof fixed);
    for (int i = 0; i < COLLECTOR_SETTING_COUNT; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        if (is_wanted(setting))
            options[count++] = setting_flags_option(setting, FLAG_SETTING + i, GROUP_SCALING);
    }
    struct flags flags = {.program = "headroom-scaler simulate",
                          .about = about,
                          .options = options,
                          .help = help,
                          .on_flag = on_flag,
                          .operands = "TRACE...",
                          .on_operand = on_operand,
                          .arg = s};
    return flags_parse(&flags, argc, argv, s->error, s->error_size);
}

static bool is_given(const struct simulate_flags *s, const char *name)
{
    return s->given[index_of(name)];
}

static int check_output(struct simulate_flags *s, const char *flag, const char *path)
{
    char manifest[PATH_MAX];

    for (size_t i = 0; i < s->trace_count; i++) {
        if (paths_are_same(path, s->traces[i]))
            return error_text_set(s->error, s->error_size, -EINVAL,
                                  "--%s: %s is the trace itself and would be overwritten", flag, path);
        if (trace_file_manifest(s->traces[i], manifest, sizeof manifest) && paths_are_same(path, manifest))
            return error_text_set(s->error, s->error_size, -EINVAL,
                                  "--%s: %s is the manifest of the trace; choose another name", flag, path);
    }
    return 0;
}

static int check_outputs(struct simulate_flags *s)
{
    int rc = s->steps_path != NULL ? check_output(s, "steps", s->steps_path) : 0;

    if (rc == 0 && s->svg_path != NULL)
        rc = check_output(s, "svg", s->svg_path);
    if (rc == 0 && s->steps_path != NULL && s->svg_path != NULL && paths_are_same(s->steps_path, s->svg_path))
        return error_text_set(s->error, s->error_size, -EINVAL, "--steps and --svg: both name %s", s->svg_path);
    return rc;
}

/* Fills in the defaults, and checks the combination. */
static int complete(struct simulate_flags *s)
{
    char reason[256];

    if (s->trace_count == 0)
        return error_text_set(s->error, s->error_size, -EINVAL,
                              "a trace is missing: name its file, or several; see --help");
    if (s->trace_count > 1 && (s->steps_path != NULL || s->svg_path != NULL))
        return error_text_set(s->error, s->error_size, -EINVAL,
                              "--steps and --svg need exactly one trace; %zu are given", s->trace_count);
    for (size_t i = 0; i < s->policy_count; i++)
        if (simulate_flags_is_clairvoyant(s->policies[i]) && (s->steps_path != NULL || s->svg_path != NULL))
            return error_text_set(s->error, s->error_size, -EINVAL,
                                  "--policy clairvoyant is a bound: it has no steps for --steps and --svg");
    if (s->policy_count == 0)
        s->policies[s->policy_count++] = &policies[s->has_signal ? POLICY_SIGNAL : POLICY_HEADROOM];
    if (!is_given(s, "lead-time"))
        s->settings.lead_time_ms = s->delay_ms;
    if (!is_given(s, "max"))
        s->settings.nodes_max = (unsigned)fmin(NODES_MAX, fmax(NODES_MOST, NODES_TIMES * s->replay.nodes));
    s->settings.tick_ms = REPLAY_STEP_MS;
    if (scaler_settings_check(&s->settings, reason, sizeof reason) != 0)
        return error_text_set(s->error, s->error_size, -EINVAL, "flags: %s", reason);
    return check_outputs(s);
}

int simulate_flags_read(struct simulate_flags *flags, int argc, char **argv, char *error, size_t error_size)
{
    *flags = (struct simulate_flags){.replay = REPLAY_DEFAULT,
                                     .delay_ms = 120000,
                                     .settings = SCALER_SETTINGS_DEFAULT,
                                     .hpa = HPA_SETTINGS_DEFAULT,
                                     .error = error,
                                     .error_size = error_size};
    flags->replay.speed = NAN;
    flags->replay.noise = NAN;
    flags->traces = calloc((size_t)argc, sizeof *flags->traces);
    if (flags->traces == NULL)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    int rc = read_flags(flags, argc, argv);
    if (rc == 0)
        rc = complete(flags);
    if (rc != 0)
        simulate_flags_deinit(flags);
    return rc;
}

void simulate_flags_deinit(struct simulate_flags *flags)
{
    free(flags->traces);
    flags->traces = NULL;
}
