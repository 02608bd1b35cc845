#include "offline/replay_command.h"

#include "common/flags.h"
#include "offline/decisions_file.h"
#include "offline/fleet.h"
#include "offline/json_line.h"
#include "offline/replay_input.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ERROR_MAX 512
#define TIME_MAX  32
#define HOUR_MS   3600000.0
#define MINUTE_MS INT64_C(60000)

/* What came of one group. */
struct tally {
    bool decided;
    struct decision last;
    bool begun;         /* on the first decision from data */
    struct fleet fleet; /* that there would have been, had all been carried out in the lead time */
    unsigned desired;   /* of the last change */
    size_t ticks;
    size_t seen;  /* of them, those with a reading of cpu */
    size_t above; /* of those, above high: in the recording, and in that fleet */
    size_t fleet_above;
    double node_ticks;
    double fleet_node_ticks;
    size_t actions;
    size_t replay_input_actions;
    unsigned replay_input_desired;
};

struct replay_run {
    struct replay_input recorded;
    const char *decisions_path; /* NULL: decisions.csv beside the first file, if there is one */
    bool decisions_known;
    struct decisions_file decisions;
    size_t decision; /* the next of them */
    bool json;
    bool all;
    struct tally *tallies; /* by group */
    char error[ERROR_MAX];
};

__attribute__((format(printf, 3, 4))) static int fail(struct replay_run *run, int result, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(run->error, sizeof run->error, format, args);
    va_end(args);
    return result;
}

/* ---- flags ---- */

enum { FLAG_JSON = FLAG_OWN, FLAG_ALL, FLAG_DECISIONS, FLAG_RECORDED };

static const char about[] =
    "Runs the scaler over recorded metrics, and prints each of its decisions with its reason, beside those that were "
    "recorded, and what came of it: how long cpu was above high, node-hours, and actions."
    "\vA FILE is a metrics.csv of the collector; of several, the oldest comes first. The scaler sees the fleet as it "
    "was recorded, whatever it decides. What is said of a replayed fleet is what its nodes would have had to carry, "
    "had each order been carried out after --lead-time. The files don't tell cores and memory, so all nodes weigh the "
    "same, nor goodbyes, so that a node that left is missed until --gone-after.\n\n"
    "A TIME is a number with its unit: 250ms, 90s, 1.5h, 7d.";

static int on_flag(int key, const char *value, void *arg)
{
    struct replay_run *run = arg;

    switch (key) {
    case FLAG_JSON:
        run->json = true;
        return 0;
    case FLAG_ALL:
        run->all = true;
        return 0;
    case FLAG_DECISIONS:
        run->decisions_path = value;
        return 0;
    default:
        return replay_input_on_flag(&run->recorded, key - FLAG_RECORDED, value);
    }
}

static int on_file(int key, const char *value, void *arg)
{
    return replay_input_on_file(key, value, &((struct replay_run *)arg)->recorded);
}

static char *help(int key, const char *text, void *arg)
{
    (void)arg;
    return replay_input_help(key - FLAG_RECORDED, text);
}

static int read_flags(struct replay_run *run, int argc, char **argv)
{
    enum { GROUP_RUN = 1, GROUP_SETTINGS };
    const struct argp_option fixed[] = {
        {.doc = "The replay:", .group = GROUP_RUN},
        {"all", FLAG_ALL, NULL, 0, "Print the decision of each tick, not only those that say something new", GROUP_RUN},
        {"decisions", FLAG_DECISIONS, "FILE", 0,
         "What was decided (default: decisions.csv beside the first FILE, if there is one)", GROUP_RUN},
        {"json", FLAG_JSON, NULL, 0, "Print an object a line: decisions, and then each group's totals", GROUP_RUN},
        {.doc = "The scaler:", .group = GROUP_SETTINGS},
        {.doc = "This program:", .group = -1},
        FLAGS_STANDARD,
    };
    enum { FIXED_COUNT = sizeof fixed / sizeof *fixed };
    struct argp_option options[FIXED_COUNT + REPLAY_INPUT_OPTIONS_MAX + 1] = {{0}};

    memcpy(options, fixed, sizeof fixed);
    (void)replay_input_options(options + FIXED_COUNT, FLAG_RECORDED, GROUP_RUN);
    struct flags flags = {.program = "headroom-scaler replay",
                          .about = about,
                          .options = options,
                          .help = help,
                          .on_flag = on_flag,
                          .operands = "FILE...",
                          .on_operand = on_file,
                          .arg = run};
    return flags_parse(&flags, argc, argv, run->error, sizeof run->error);
}

/* ---- decisions ---- */

static void format_time(int64_t time_ms, char *text, size_t size)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, size, "?");
}

static int print_decision(const struct replay_run *run, int64_t now_ms, const char *group, const struct decision *d)
{
    char why[DECISION_WHY_MAX], time[TIME_MAX];

    decision_sentence(d, group, why, sizeof why);
    format_time(now_ms, time, sizeof time);
    if (!run->json) {
        (void)printf("%s replayed  %s\n", time, why);
        return 0;
    }
    return json_line_put(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:o, s:s}", "record", "replayed",
                                   "time", time, "group", group, "action", action_names[d->action], "current",
                                   (int)d->current, "raw", (int)d->raw, "desired", (int)d->desired, "rule",
                                   rule_names[d->rule], "resource", resource_names[d->resource], "guard",
                                   guard_names[d->guard], "cpu_percent",
                                   json_line_number(100.0 * d->utilisation[RESOURCE_CPU]), "why", why),
                         stdout);
}

/* The tally of a group by name; NULL: it isn't replayed. */
static struct tally *find_tally(const struct replay_run *run, const char *name)
{
    const struct registry *registry = &run->recorded.recording.registry;
    const struct group *group = registry_find_group(registry, name);

    return group ? &run->tallies[group->index] : NULL;
}

static int print_recorded(struct replay_run *run, const struct replay_input_decision *decision)
{
    char time[TIME_MAX];
    struct tally *tally = find_tally(run, decision->group);

    if (tally == NULL)
        return 0;
    if (decision->acts && decision->desired != tally->replay_input_desired)
        tally->replay_input_actions++;
    tally->replay_input_desired = decision->desired;
    format_time(decision->time_ms, time, sizeof time);
    if (!run->json) {
        (void)printf("%s recorded  %s\n", time, decision->why);
        return 0;
    }
    return json_line_put(json_pack("{s:s, s:s, s:s, s:b, s:i, s:s}", "record", "recorded", "time", time, "group",
                                   decision->group, "acts", decision->acts, "desired", (int)decision->desired, "why",
                                   decision->why),
                         stdout);
}

/* Those up to now that were made while samples were recorded. */
static int catch_up(struct replay_run *run, int64_t now_ms)
{
    int rc = 0;

    while (rc == 0 && run->decision < run->decisions.count) {
        const struct replay_input_decision *decision = &run->decisions.decisions[run->decision];
        if (decision->time_ms > now_ms)
            break;
        run->decision++;
        if (decision->time_ms >= metrics_player_first_ms(&run->recorded.recording))
            rc = print_recorded(run, decision);
    }
    return rc;
}

/* ---- the tally ---- */

static void begin(struct tally *tally, const struct decision *d)
{
    unsigned delay = (unsigned)((d->settings.lead_time_ms + d->settings.tick_ms - 1) / d->settings.tick_ms);

    fleet_init(&tally->fleet, d->current, delay > 0 ? delay : 1);
    tally->begun = true;
    tally->desired = d->current;
}

static void count(struct tally *tally, const struct decision *d)
{
    double utilisation = d->utilisation[RESOURCE_CPU], high = d->settings.thresholds[RESOURCE_CPU].high;

    if (!tally->begun) {
        if (d->guard == GUARD_STARTING || d->guard == GUARD_NO_DATA)
            return;
        begin(tally, d);
    }
    fleet_begin_step(&tally->fleet);
    tally->ticks++;
    tally->node_ticks += d->current;
    tally->fleet_node_ticks += tally->fleet.ready + tally->fleet.pending;
    if (!isnan(utilisation)) {
        tally->seen++;
        tally->above += utilisation > high;
        tally->fleet_above += utilisation * d->observed.live / tally->fleet.ready > high;
    }
    if (d->action != ACTION_HOLD && d->desired != tally->desired) {
        tally->actions++;
        tally->desired = d->desired;
    }
    (void)fleet_scale(&tally->fleet, d->desired > 0 ? d->desired : 1);
}

static int on_decision(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg)
{
    struct replay_run *run = arg;
    struct tally *tally = &run->tallies[group->index];
    bool news = run->all || !tally->decided || !decision_same(&tally->last, decision);

    int rc = catch_up(run, now_ms);
    count(tally, decision);
    tally->decided = true;
    tally->last = *decision;
    if (rc == 0 && news)
        rc = print_decision(run, now_ms, group->name, decision);
    return rc == 0 ? 0 : fail(run, rc, "can't write the decisions");
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static int print_totals(const struct replay_run *run, const char *group, const struct tally *tally)
{
    double hours = (double)run->recorded.config.settings.tick_ms / HOUR_MS;
    double above = share(tally->above, tally->seen), fleet_above = share(tally->fleet_above, tally->seen);
    double high = tally->last.settings.thresholds[RESOURCE_CPU].high;
    char span[TIME_MAX], actions[24];

    if (run->json)
        return json_line_put(
            json_pack("{s:s, s:s, s:I, s:f, s:f, s:o, s:o, s:f, s:f, s:o, s:I}", "record", "totals", "group", group,
                      "ticks", (json_int_t)tally->ticks, "hours", (double)tally->ticks * hours, "high", high,
                      "replay_input_above_high_share", json_line_number(above), "above_high_share",
                      json_line_number(fleet_above), "replay_input_node_hours", tally->node_ticks * hours, "node_hours",
                      tally->fleet_node_ticks * hours, "replay_input_actions",
                      run->decisions_known ? json_integer((json_int_t)tally->replay_input_actions) : json_null(),
                      "actions", (json_int_t)tally->actions),
            stdout);
    int64_t span_ms = (int64_t)tally->ticks * run->recorded.config.settings.tick_ms;
    if (span_ms >= 10 * MINUTE_MS) /* more exactly than that nobody wants to know it */
        span_ms = (span_ms + MINUTE_MS / 2) / MINUTE_MS * MINUTE_MS;
    format_duration(span_ms, span, sizeof span);
    (void)snprintf(actions, sizeof actions, run->decisions_known ? "%zu" : "-", tally->replay_input_actions);
    (void)printf("\n%s: %s, %zu decisions\n", group, span, tally->ticks);
    (void)printf("                      recorded    replayed\n");
    (void)printf("  cpu above %3.0f %%  %10.2f %%%10.2f %%\n", high * 100.0, 100.0 * above, 100.0 * fleet_above);
    (void)printf("  node-hours      %14.2f%12.2f\n", tally->node_ticks * hours, tally->fleet_node_ticks * hours);
    (void)printf("  actions         %14s%12zu\n", actions, tally->actions);
    return 0;
}

/* ---- the whole ---- */

static int read_decisions(struct replay_run *run)
{
    char beside[PATH_MAX];
    const char *first = run->recorded.files[0], *path = run->decisions_path;
    const char *slash = strrchr(first, '/');

    if (path == NULL) {
        int len = snprintf(beside, sizeof beside, "%.*sdecisions.csv", slash ? (int)(slash - first) + 1 : 0, first);
        if ((size_t)len >= sizeof beside)
            return 0;
        path = beside;
    }
    int rc = decisions_file_read(path, run->recorded.skip_bad, &run->decisions, run->error, sizeof run->error);
    run->decisions_known = rc == 0;
    return rc == -ENOENT && run->decisions_path == NULL ? 0 : rc;
}

static int check_lead_time(struct replay_run *run)
{
    const struct collector_config *config = &run->recorded.config;
    int64_t most_ms = FLEET_DELAY_MAX * config->settings.tick_ms;

    for (unsigned i = 0; i <= config->group_count; i++) {
        const struct scaler_settings *s = i < config->group_count ? &config->groups[i].settings : &config->settings;
        if (s->lead_time_ms > most_ms)
            return fail(run, -EINVAL,
                        "a lead time of more than %u ticks can't be replayed; --tick is shorter than needed",
                        FLEET_DELAY_MAX);
    }
    return 0;
}

static int replay(struct replay_run *run, bool *usage)
{
    const struct registry *registry = &run->recorded.recording.registry;

    int rc = replay_input_read(&run->recorded, usage);
    if (rc == 0)
        rc = check_lead_time(run);
    if (rc == 0)
        rc = read_decisions(run);
    if (rc != 0)
        return rc;
    run->tallies = calloc(registry->group_count, sizeof *run->tallies);
    if (run->tallies == NULL)
        return fail(run, -ENOMEM, "out of memory");
    rc = replay_input_run(&run->recorded, false, on_decision, run);
    if (rc == 0)
        rc = catch_up(run, metrics_player_last_ms(&run->recorded.recording));
    size_t replayed = 0;
    for (unsigned i = 0; i < registry->group_count && rc == 0; i++) {
        if (!run->tallies[i].begun)
            continue; /* nothing was decided */
        replayed++;
        rc = print_totals(run, registry->groups[i]->name, &run->tallies[i]);
    }
    if (rc == 0 && replayed == 0)
        return fail(run, -ENODATA,
                    "no tick lies between the first sample and the last; --tick is longer than the recording");
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        return fail(run, -EIO, "can't write the decisions: %s", strerror(errno));
    return rc;
}

int replay_command(int argc, char **argv)
{
    static struct replay_run run;
    bool usage = true;

    int rc = replay_input_init(&run.recorded, argc, run.error, sizeof run.error);
    if (rc == 0)
        rc = read_flags(&run, argc, argv);
    if (rc == 0)
        rc = replay(&run, &usage);
    if (rc != 0)
        (void)fprintf(stderr, "headroom-scaler: %s\n", run.error);
    free(run.tallies);
    decisions_file_deinit(&run.decisions);
    replay_input_deinit(&run.recorded);
    return rc == 0 ? EXIT_SUCCESS : usage ? 2 : EXIT_FAILURE;
}
