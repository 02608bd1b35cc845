#include "offline/replay_command.h"

#include "common/error_text.h"
#include "common/flags.h"
#include "common/format.h"
#include "offline/decisions_file.h"
#include "offline/fleet.h"
#include "offline/json_line.h"
#include "offline/recorded_signals.h"
#include "offline/replay_input.h"
#include "offline/scale_in_safety.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_MAX  32
#define HOUR_MS   3600000.0
#define MINUTE_MS INT64_C(60000)

/* The outcome of one group. */
struct tally {
    bool decided;
    struct decision last;
    bool begun;         /* on the first decision from data */
    struct fleet fleet; /* the replayed fleet: every decision carried out after the lead time */
    struct scale_in_safety safety;
    unsigned desired; /* at the last change */
    size_t ticks;
    size_t seen;        /* ticks with a cpu reading */
    size_t above;       /* of these, ticks above high: in the recording, */
    size_t fleet_above; /* and in the replayed fleet */
    double node_ticks;
    double fleet_node_ticks;
    size_t actions;
    size_t recorded_actions;
    unsigned recorded_desired;
};

struct replay_run {
    struct replay_input input;
    const char *decisions_path; /* NULL: decisions.csv in the folder of the first file, if it exists */
    bool decisions_known;
    struct decisions_file decisions;
    size_t decision; /* the next of them */
    struct recorded_signals signals;
    size_t signal_row; /* the next of them, as far as their signals go */
    bool json;
    bool all;
    struct tally *tallies; /* by group */
};

/* ---- flags ---- */

enum { FLAG_JSON = FLAG_OWN, FLAG_ALL, FLAG_DECISIONS };

static const char about[] =
    "Runs the scaler on recorded metrics. Prints each decision with its reason, next to the recorded decisions, and "
    "the totals: the time with cpu above high, node-hours, and actions. Then, whether mode full would have been safe: "
    "each "
    "scale-in after which utilisation would have been above high within 10 minutes."
    "\vA FILE is a metrics.csv of the collector; give several from oldest to newest, or the FOLDER that contains them, "
    "compressed or not. The scaler sees the fleet as "
    "recorded, regardless of its own decisions. The replayed totals show the load that the nodes would have had to "
    "carry if each order had been carried out after --lead-time. The files do not contain cores and memory, so all "
    "nodes have the same weight. They do not contain Goodbyes either, so a node that left counts as silent until "
    "--gone-after.\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

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
        return -EINVAL;
    }
}

static int read_flags(struct replay_run *run, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"all", FLAG_ALL, NULL, 0, "Print the decisions of all ticks, not only changes", 0},
        {"decisions", FLAG_DECISIONS, "FILE", 0,
         "File with the recorded decisions (default: decisions.csv in the directory of the first FILE, if present)", 0},
        {"json", FLAG_JSON, NULL, 0, "Print one JSON object per line: the decisions, then the totals of each group", 0},
    };
    const struct replay_input_command command = {.program = "headroom-scaler replay",
                                                 .about = about,
                                                 .title = "The replay:",
                                                 .options = options,
                                                 .option_count = sizeof options / sizeof *options,
                                                 .on_flag = on_flag,
                                                 .arg = run};

    return replay_input_read_flags(&run->input, &command, argc, argv);
}

/* ---- decisions ---- */

static void format_time(int64_t time_ms, char *text, size_t size)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(text, size, "?");
}

static int print_decision(const struct replay_run *run, int64_t now_ms, const char *group, const struct decision *d)
{
    char why[DECISION_SENTENCE_MAX], time[TIME_MAX];

    decision_sentence(d, group, why, sizeof why);
    format_time(now_ms, time, sizeof time);
    if (!run->json) {
        (void)printf("%s replayed  %s\n", time, why);
        return 0;
    }
    return json_line_put(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:o, s:s}", "record", "replayed",
                                   "time", time, "group", group, "action", action_names[d->action], "current",
                                   (int)d->current, "raw", (int)d->raw, "desired", (int)d->desired, "rule",
                                   rule_names[d->rule], "resource", decision_resource_name(d, d->resource), "guard",
                                   guard_names[d->guard], "cpu_percent",
                                   json_line_number(100.0 * d->utilisation[RESOURCE_CPU]), "why", why),
                         stdout);
}

/* The tally of a group by name; NULL: not replayed. */
static struct tally *find_tally(const struct replay_run *run, const char *name)
{
    const struct group *group = registry_find_group(&run->input.player.registry, name);

    return group != NULL ? &run->tallies[group->index] : NULL;
}

static int print_recorded(struct replay_run *run, const struct recorded_decision *decision)
{
    char time[TIME_MAX];
    struct tally *tally = find_tally(run, decision->group);

    if (tally == NULL)
        return 0;
    if (decision->acts && decision->desired != tally->recorded_desired)
        tally->recorded_actions++;
    tally->recorded_desired = decision->desired;
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

/* Prints the recorded decisions up to now, from the first sample on. */
static int catch_up(struct replay_run *run, int64_t now_ms)
{
    int rc = 0;

    while (rc == 0 && run->decision < run->decisions.count) {
        const struct recorded_decision *decision = &run->decisions.decisions[run->decision];
        if (decision->time_ms > now_ms)
            break;
        run->decision++;
        if (decision->time_ms >= metrics_player_first_ms(&run->input.player))
            rc = print_recorded(run, decision);
    }
    return rc;
}

/* ---- signals ---- */

static void replay_command_on_observe(const struct group *group, int64_t now_ms, const struct scaler_settings *settings,
                                      struct group_observation *observed, void *arg)
{
    struct replay_run *run = arg;

    for (; run->signal_row < run->decisions.count; run->signal_row++) {
        const struct recorded_decision *row = &run->decisions.decisions[run->signal_row];
        if (row->time_ms > now_ms)
            break;
        if (row->signals != NULL)
            recorded_signals_take(&run->signals, row->signals, row->time_ms);
    }
    recorded_signals_observe(&run->signals, group->name, settings, now_ms, observed);
}

/* Without recorded values, the groups are scaled as if they had no signals. */
static int begin_signals(struct replay_run *run)
{
    if (!run->decisions_known || run->input.config.signal_count == 0)
        return 0;
    int rc = recorded_signals_init(&run->signals, &run->input.config, metrics_player_first_ms(&run->input.player));
    if (rc < 0)
        return error_text_set(run->input.error, sizeof run->input.error, rc, "out of memory");
    run->input.on_observe = replay_command_on_observe;
    return 0;
}

/* ---- the tally ---- */

static void begin(struct tally *tally, const struct decision *d)
{
    unsigned delay = (unsigned)((d->settings.lead_time_ms + d->settings.tick_ms - 1) / d->settings.tick_ms);

    fleet_init(&tally->fleet, d->current, delay > 0 ? delay : 1);
    tally->begun = true;
    tally->desired = d->current;
}

/* What the nodes of the replayed fleet have to carry, for the scale-ins before. */
static void see(struct tally *tally, const struct decision *d, int64_t now_ms)
{
    struct scale_in_view view = {
        .now_ms = now_ms, .ready = tally->fleet.nodes.ready, .thresholds = d->settings.thresholds};

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        view.demand[r] = d->utilisation[r] * d->observed.live;
    scale_in_safety_see(&tally->safety, &view);
}

/* Carries out a decision in the replayed fleet. */
static int carry_out(struct tally *tally, const struct decision *d, int64_t now_ms)
{
    unsigned ready = tally->fleet.nodes.ready;

    fleet_scale(&tally->fleet, d->desired > 0 ? d->desired : 1);
    return tally->fleet.left > 0 ? scale_in_safety_note(&tally->safety, now_ms, ready, ready - tally->fleet.left) : 0;
}

static int count(struct tally *tally, const struct decision *d, int64_t now_ms)
{
    double utilisation = d->utilisation[RESOURCE_CPU], high = d->settings.thresholds[RESOURCE_CPU].high;

    if (!tally->begun) {
        if (d->observed.live == 0)
            return 0;
        begin(tally, d);
    }
    fleet_begin_step(&tally->fleet);
    tally->ticks++;
    tally->node_ticks += d->current;
    tally->fleet_node_ticks += tally->fleet.nodes.ready + tally->fleet.nodes.pending;
    if (!isnan(utilisation)) {
        tally->seen++;
        tally->above += utilisation > high;
        tally->fleet_above += utilisation * d->observed.live / tally->fleet.nodes.ready > high;
    }
    see(tally, d, now_ms);
    if (d->action != ACTION_HOLD && d->desired != tally->desired) {
        tally->actions++;
        tally->desired = d->desired;
    }
    return carry_out(tally, d, now_ms);
}

static int on_decision(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg)
{
    struct replay_run *run = arg;
    struct tally *tally = &run->tallies[group->index];
    bool print = run->all || !tally->decided || !decision_same(&tally->last, decision);

    int rc = count(tally, decision, now_ms);
    if (rc != 0)
        return error_text_set(run->input.error, sizeof run->input.error, rc, "out of memory");
    rc = catch_up(run, now_ms);
    tally->decided = true;
    tally->last = *decision;
    if (rc == 0 && print)
        rc = print_decision(run, now_ms, group->name, decision);
    return rc == 0 ? 0 : error_text_set(run->input.error, sizeof run->input.error, rc, "can't write the decisions");
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

/* A scale-in after which the replayed fleet was above high. */
static int print_scale_in(const struct replay_run *run, const char *group, const struct scale_in_record *record)
{
    const char *resource = resource_names[record->resource];
    char time[TIME_MAX], later[TIME_MAX];

    format_time(record->time_ms, time, sizeof time);
    if (run->json)
        return json_line_put(json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:s, s:f, s:f, s:f}", "record", "scale-in-above",
                                       "time", time, "group", group, "from", (int)record->from, "to", (int)record->to,
                                       "after_s", (double)(record->worst_ms - record->time_ms) / 1000.0, "resource",
                                       resource, "high", record->high, "utilisation", record->utilisation,
                                       "utilisation_without", record->before),
                             stdout);
    format_duration(record->worst_ms - record->time_ms, later, sizeof later);
    (void)printf("    %s  %u -> %u: %s %.0f %% %s later (%.0f %% with %u nodes)\n", time, record->from, record->to,
                 resource, 100.0 * record->utilisation, later, 100.0 * record->before, record->from);
    return 0;
}

/* Whether mode full would have been safe. */
static int print_safety(const struct replay_run *run, const char *group, const struct tally *tally)
{
    const struct scale_in_safety *safety = &tally->safety;
    size_t above = scale_in_safety_count_above(safety);
    int rc = 0;

    if (!run->json && safety->count == 0)
        (void)printf("  In mode full, nothing would have been removed.\n");
    else if (!run->json)
        (void)printf(
            "  Mode full would %shave been safe: %zu of %zu scale-ins would have been followed by utilisation above "
            "high within 10 min%s\n",
            above > 0 ? "not " : "", above, safety->count, above > 0 ? ":" : ".");
    for (size_t i = 0; i < safety->count && rc == 0; i++)
        if (scale_in_safety_was_above(&safety->records[i]))
            rc = print_scale_in(run, group, &safety->records[i]);
    return rc;
}

static int print_totals(const struct replay_run *run, const char *group, const struct tally *tally)
{
    double hours = (double)run->input.config.settings.tick_ms / HOUR_MS;
    double above = share(tally->above, tally->seen), fleet_above = share(tally->fleet_above, tally->seen);
    double high = tally->last.settings.thresholds[RESOURCE_CPU].high;
    char span[TIME_MAX], actions[24];

    if (run->json)
        return json_line_put(
            json_pack("{s:s, s:s, s:I, s:f, s:f, s:o, s:o, s:f, s:f, s:o, s:I, s:I, s:I}", "record", "totals", "group",
                      group, "ticks", (json_int_t)tally->ticks, "hours", (double)tally->ticks * hours, "high", high,
                      "recorded_above_high_share", json_line_number(above), "above_high_share",
                      json_line_number(fleet_above), "recorded_node_hours", tally->node_ticks * hours, "node_hours",
                      tally->fleet_node_ticks * hours, "recorded_actions",
                      run->decisions_known ? json_integer((json_int_t)tally->recorded_actions) : json_null(), "actions",
                      (json_int_t)tally->actions, "scale_ins", (json_int_t)tally->safety.count, "scale_ins_above",
                      (json_int_t)scale_in_safety_count_above(&tally->safety)),
            stdout);
    int64_t span_ms = (int64_t)tally->ticks * run->input.config.settings.tick_ms;
    if (span_ms >= 10 * MINUTE_MS) /* whole minutes are exact enough */
        span_ms = (span_ms + MINUTE_MS / 2) / MINUTE_MS * MINUTE_MS;
    format_duration(span_ms, span, sizeof span);
    snprintf(actions, sizeof actions, run->decisions_known ? "%zu" : "-", tally->recorded_actions);
    (void)printf("\n%s: %s, %zu decisions\n", group, span, tally->ticks);
    (void)printf("                      recorded    replayed\n");
    (void)printf("  cpu above %3.0f %%  %10.2f %%%10.2f %%\n", high * 100.0, 100.0 * above, 100.0 * fleet_above);
    (void)printf("  node-hours      %14.2f%12.2f\n", tally->node_ticks * hours, tally->fleet_node_ticks * hours);
    (void)printf("  actions         %14s%12zu\n", actions, tally->actions);
    return 0;
}

/* In JSON, the totals are the last record of a group. */
static int print_group(const struct replay_run *run, const char *group, const struct tally *tally)
{
    int rc = run->json ? print_safety(run, group, tally) : print_totals(run, group, tally);

    if (rc != 0)
        return rc;
    return run->json ? print_totals(run, group, tally) : print_safety(run, group, tally);
}

/* ---- the whole ---- */

static int read_decisions(struct replay_run *run)
{
    char sibling[PATH_MAX];
    const char *first = run->input.files.paths[0], *path = run->decisions_path;
    const char *slash = strrchr(first, '/');

    if (path == NULL) {
        int len =
            snprintf(sibling, sizeof sibling, "%.*sdecisions.csv", slash != NULL ? (int)(slash - first) + 1 : 0, first);
        if ((size_t)len >= sizeof sibling)
            return 0;
        path = sibling;
    }
    int rc = decisions_file_read(path, run->input.skip_bad, &run->decisions, run->input.error, sizeof run->input.error);
    run->decisions_known = rc == 0;
    return rc == -ENOENT && run->decisions_path == NULL ? 0 : rc;
}

static int check_lead_time(struct replay_run *run)
{
    const struct collector_config *config = &run->input.config;
    int64_t most_ms = FLEET_DELAY_MAX * config->settings.tick_ms;

    for (unsigned i = 0; i <= config->group_count; i++) {
        const struct scaler_settings *s = i < config->group_count ? &config->groups[i].settings : &config->settings;
        if (s->lead_time_ms > most_ms)
            return error_text_set(run->input.error, sizeof run->input.error, -EINVAL,
                                  "a lead time of more than %u ticks can't be replayed; choose a longer --tick",
                                  FLEET_DELAY_MAX);
    }
    return 0;
}

static int replay(struct replay_run *run, bool *usage)
{
    const struct registry *registry = &run->input.player.registry;

    int rc = replay_input_read(&run->input, usage);
    if (rc == 0)
        rc = check_lead_time(run);
    if (rc == 0)
        rc = read_decisions(run);
    if (rc == 0)
        rc = begin_signals(run);
    if (rc != 0)
        return rc;
    run->tallies = calloc(registry->group_count, sizeof *run->tallies);
    if (run->tallies == NULL)
        return error_text_set(run->input.error, sizeof run->input.error, -ENOMEM, "out of memory");
    rc = replay_input_run(&run->input, false, on_decision, run);
    if (rc == 0)
        rc = catch_up(run, metrics_player_last_ms(&run->input.player));
    size_t replayed = 0;
    for (unsigned i = 0; i < registry->group_count && rc == 0; i++) {
        if (!run->tallies[i].begun)
            continue; /* no decision */
        replayed++;
        rc = print_group(run, registry->groups[i]->name, &run->tallies[i]);
    }
    if (rc == 0 && replayed == 0)
        return error_text_set(
            run->input.error, sizeof run->input.error, -ENODATA,
            "no tick lies between the first sample and the last; --tick is longer than the recording");
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        return error_text_set(run->input.error, sizeof run->input.error, -EIO, "can't write the decisions: %s",
                              strerror(errno));
    return rc;
}

int replay_command(int argc, char **argv)
{
    static struct replay_run run;
    bool usage = true;

    int rc = replay_input_init(&run.input, argc);
    if (rc == 0)
        rc = read_flags(&run, argc, argv);
    if (rc == 0)
        rc = replay(&run, &usage);
    if (rc != 0)
        (void)fprintf(stderr, "headroom-scaler: %s\n", run.input.error);
    for (unsigned i = 0; run.tallies != NULL && i < run.input.player.registry.group_count; i++)
        scale_in_safety_deinit(&run.tallies[i].safety);
    free(run.tallies);
    decisions_file_deinit(&run.decisions);
    recorded_signals_deinit(&run.signals);
    replay_input_deinit(&run.input);
    return rc == 0 ? EXIT_SUCCESS : usage ? 2 : EXIT_FAILURE;
}
