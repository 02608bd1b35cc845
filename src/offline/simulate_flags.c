#include "offline/simulate_flags.h"

#include "common/error_text.h"
#include "common/parse.h"
#include "offline/paths.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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
    FLAG_AGE,
    FLAG_SIGNAL_AGE,
    FLAG_STEPS,
    FLAG_HPA_TARGET,
    FLAG_HPA_TOLERANCE,
    FLAG_HPA_WINDOW
};

static const char about[] =
    "Replays a recorded load on a simulated fleet that a policy scales, and reports the result: the share of time with "
    "utilisation above 90 %, the share of the load that was not served, the node-hours as a multiple of the optimum "
    "at 70 % with perfect knowledge of the future, and the number of scaling actions per hour."
    "\vA load is a trace: a CSV file with the columns timestamp_s and demand, in any unit, which is scaled so that its "
    "99 % quantile fills --nodes nodes to 70 %. If a manifest.json in the same directory names the file, its "
    "replay_speed and replay_noise are the defaults of --speed and --noise. Or it is a group of recorded metrics: of "
    "one "
    "metrics.csv of the collector, several from oldest to newest, or a FOLDER of them, compressed or not. All loads "
    "are "
    "replayed in steps of 15 s.\n\n"
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
                return error_text_set(s->load.error, s->load.error_size, -EINVAL, "--policy: %s is given twice", name);
        s->policies[s->policy_count++] = &policies[i];
        return 0;
    }
    return nearest != NULL ? error_text_set(s->load.error, s->load.error_size, -EINVAL,
                                            "--policy: unknown policy \"%.40s\"; did you mean %s?", name, nearest)
                           : error_text_set(s->load.error, s->load.error_size, -EINVAL,
                                            "--policy: unknown policy \"%.40s\"; --help lists them", name);
}

static int take_age(struct simulate_flags *s, const char *value)
{
    int64_t given;

    if (parse_duration_ms(value, &given) != 0 || given > REPLAY_STEP_MS)
        return error_text_set(s->load.error, s->load.error_size, -EINVAL,
                              "--age: \"%.40s\" is not a time from 0 to 15s, for example 5s", value);
    s->age_ms = given;
    return 0;
}

/* Gives the default policy its signal, too. */
static int take_signal_age(struct simulate_flags *s, const char *value)
{
    int64_t given;

    if (parse_duration_ms(value, &given) != 0 || given > LIVE_POLICY_AGE_MS)
        return error_text_set(s->load.error, s->load.error_size, -EINVAL,
                              "--signal-age: \"%.40s\" is not a time from 0 to 10m, for example 30s", value);
    s->signal_age_ms = given;
    s->has_signal = true;
    return 0;
}

static int take_window(struct simulate_flags *s, const char *value)
{
    int64_t window_ms = 0;
    int rc = load_flags_take_duration(&s->load, "hpa-window", value, (int64_t)BASELINES_WINDOW_MAX * REPLAY_STEP_MS,
                                      &window_ms);

    if (rc == 0)
        s->hpa.window = (unsigned)((window_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS);
    return rc;
}

static int on_flag(int key, const char *value, void *arg)
{
    struct simulate_flags *s = arg;

    switch (key) {
    case FLAG_POLICY:
        return take_policy(s, value);
    case FLAG_AGE:
        return take_age(s, value);
    case FLAG_SIGNAL_AGE:
        return take_signal_age(s, value);
    case FLAG_STEPS:
        s->steps_path = value;
        return 0;
    case FLAG_HPA_TARGET:
        return load_flags_take_share(&s->load, "hpa-target", value, false, &s->hpa.target);
    case FLAG_HPA_TOLERANCE:
        return load_flags_take_share(&s->load, "hpa-tolerance", value, true, &s->hpa.tolerance);
    default:
        return take_window(s, value);
    }
}

static int read_flags(struct simulate_flags *s, int argc, char **argv, char *error, size_t error_size)
{
    static const struct argp_option options[] = {
        {"policy", FLAG_POLICY, "NAME", 0,
         "Policy to simulate, see below; repeat the flag to compare several (default headroom)", LOAD_FLAGS_GROUP_RUN},
        {"age", FLAG_AGE, "TIME", 0,
         "Age of the samples of nodes that headroom, app, signal and reactive see, such as 5s (default 0s)",
         LOAD_FLAGS_GROUP_RUN},
        {"signal-age", FLAG_SIGNAL_AGE, "TIME", 0,
         "Age of the signal that the policy signal sees, such as 30s (default 0s); without --policy, simulate that "
         "policy",
         LOAD_FLAGS_GROUP_RUN},
        {"steps", FLAG_STEPS, "FILE", 0, "Write each step to FILE as CSV; requires exactly one load",
         LOAD_FLAGS_GROUP_RUN},
        {.doc = "The policies hpa, phpa and keda-cron:", .group = LOAD_FLAGS_GROUP_OWN},
        {"hpa-target", FLAG_HPA_TARGET, "SHARE", 0, "Target utilisation (default 70%)", LOAD_FLAGS_GROUP_OWN},
        {"hpa-tolerance", FLAG_HPA_TOLERANCE, "SHARE", 0, "Deviation that changes nothing (default 10%)",
         LOAD_FLAGS_GROUP_OWN},
        {"hpa-window", FLAG_HPA_WINDOW, "TIME", 0, "Stabilization window before a scale-in (default 5m)",
         LOAD_FLAGS_GROUP_OWN},
    };
    const struct load_flags_command command = {.program = "headroom-scaler simulate",
                                               .about = about,
                                               .options = options,
                                               .option_count = sizeof options / sizeof *options,
                                               .on_flag = on_flag,
                                               .arg = s};

    return load_flags_read(&s->load, &command, argc, argv, error, error_size);
}

static int check_outputs(struct simulate_flags *s)
{
    const char *steps = s->steps_path, *svg = s->load.svg_path;

    if (steps == NULL)
        return 0;
    if (svg != NULL && paths_are_same(steps, svg))
        return error_text_set(s->load.error, s->load.error_size, -EINVAL, "--steps and --svg: both name %s", svg);
    return load_flags_check_output(&s->load, "steps", steps);
}

/* Fills in the defaults, and checks the combination. */
static int complete(struct simulate_flags *s)
{
    for (size_t i = 0; i < s->policy_count; i++)
        if (simulate_flags_is_clairvoyant(s->policies[i]) && (s->steps_path != NULL || s->load.svg_path != NULL))
            return error_text_set(s->load.error, s->load.error_size, -EINVAL,
                                  "--policy clairvoyant is a bound: it has no steps for --steps and --svg");
    if (s->policy_count == 0)
        s->policies[s->policy_count++] = &policies[s->has_signal ? POLICY_SIGNAL : POLICY_HEADROOM];
    return check_outputs(s);
}

int simulate_flags_read(struct simulate_flags *flags, int argc, char **argv, char *error, size_t error_size)
{
    *flags = (struct simulate_flags){.hpa = HPA_SETTINGS_DEFAULT};
    int rc = read_flags(flags, argc, argv, error, error_size);
    if (rc != 0)
        return rc;
    rc = complete(flags);
    if (rc != 0)
        load_flags_deinit(&flags->load);
    return rc;
}
