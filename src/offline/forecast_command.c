#include "offline/forecast_command.h"

#include "collector/fleet/node_outlook.h"
#include "collector/fleet/node_weight.h"
#include "collector/fleet/observe.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/format.h"
#include "common/limits.h"
#include "offline/json_line.h"
#include "offline/replay_input.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HORIZON_MS 60000

struct forecast_run {
    struct replay_input input;
    struct decision *decisions; /* the last of each group, by its index */
    int64_t horizon_ms;
    unsigned nodes; /* how many of the groups are --node */
    bool json;
};

/* ---- flags ---- */

enum { FLAG_JSON = FLAG_OWN, FLAG_NODE, FLAG_HORIZON };

static const char about[] =
    "Predicts the utilisation after the end of recorded metrics, with a prediction interval. The forecast assumes "
    "that the nodes stay the same."
    "\vA FILE is a metrics.csv of the collector; give several from oldest to newest, or the FOLDER that contains them, "
    "compressed or not. Without --group and --node, the "
    "command forecasts all groups. The files do not contain cores and memory, so all nodes have the same weight.\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

static int on_flag(int key, const char *value, void *arg)
{
    struct forecast_run *run = arg;

    switch (key) {
    case FLAG_JSON:
        run->json = true;
        return 0;
    case FLAG_NODE:
        run->nodes++;
        return replay_input_add_node(&run->input, value);
    case FLAG_HORIZON:
        if (parse_duration_ms(value, &run->horizon_ms) == 0 && run->horizon_ms >= 100 &&
            run->horizon_ms <= FORECAST_MS_MAX)
            return 0;
        return error_text_set(run->input.error, sizeof run->input.error, -EINVAL,
                              "--horizon: \"%.40s\" is not a time of 100ms to 1d, for example 60s", value);
    default:
        return -EINVAL;
    }
}

static int read_flags(struct forecast_run *run, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"node", FLAG_NODE, "NODE", 0, "Forecast only this node; may be repeated", 0},
        {"horizon", FLAG_HORIZON, "TIME", 0, "How far to look ahead (default 60s)", 0},
        {"json", FLAG_JSON, NULL, 0, "Print one JSON object per line", 0},
    };
    const struct replay_input_command command = {.program = "headroom-scaler forecast",
                                                 .about = about,
                                                 .title = "The forecast:",
                                                 .options = options,
                                                 .option_count = sizeof options / sizeof *options,
                                                 .on_flag = on_flag,
                                                 .arg = run};

    return replay_input_read_flags(&run->input, &command, argc, argv);
}

/* ---- printing ---- */

/* One line of output, in percent; NAN: unknown. */
struct forecast_row {
    const char *kind; /* group or node */
    const char *name;
    enum resource resource;
    double horizon_s;
    double now;
    bool valid; /* false: the rest is unknown */
    double expected;
    double low;
    double high;
    const char *forecaster;
    double until_s; /* until a node's limit, see outlook.h */
};

static int print_json(const struct forecast_row *row)
{
    return json_line_put(json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", row->kind, row->name,
                                   "resource", resource_names[row->resource], "horizon_s", row->horizon_s,
                                   "now_percent", json_line_number(row->now), "expected_percent",
                                   json_line_number(row->expected), "low_percent", json_line_number(row->low),
                                   "high_percent", json_line_number(row->high), "confidence",
                                   row->valid ? json_real(FORECAST_CONFIDENCE) : json_null(), "forecaster",
                                   row->valid ? json_string(row->forecaster) : json_null(), "until_limit_s",
                                   json_line_number(row->until_s)),
                         stdout);
}

static int print_row(const struct forecast_run *run, const struct forecast_row *row, const char *remark)
{
    if (run->json)
        return print_json(row);
    if (!row->valid)
        (void)printf("%-20s %-8s %7.1f %%  too few samples\n", row->name, resource_names[row->resource], row->now);
    else
        (void)printf("%-20s %-8s %7.1f %%  %8.1f %%  %5.1f to %5.1f %%  %s%s%s\n", row->name,
                     resource_names[row->resource], row->now, row->expected, row->low, row->high, row->forecaster,
                     remark[0] != '\0' ? "  " : "", remark);
    return 0;
}

/* ---- groups ---- */

static int on_decision(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg)
{
    struct forecast_run *run = arg;
    (void)now_ms;

    run->decisions[group->index] = *decision;
    return 0;
}

static int print_group(const struct forecast_run *run, const char *name, const struct decision *d)
{
    int rc = 0;

    if (d->observed.live == 0)
        (void)fprintf(stderr, "headroom-scaler: %s: no node of this group sent samples at the end of the recording\n",
                      name);
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT && rc == 0; r++) {
        const struct forecast *f = &d->forecast[r];
        const struct resource_observation *o = &d->observed.resource[r];
        double percent = f->valid ? 100.0 * o->nodes / (o->capacity * d->observed.live) : NAN;
        if (d->observed.live == 0 || o->nodes == 0)
            continue;
        rc = print_row(run,
                       &(struct forecast_row){.kind = "group",
                                              .name = name,
                                              .resource = r,
                                              .horizon_s = (double)run->horizon_ms / 1000.0,
                                              .now = 100.0 * d->utilisation[r],
                                              .valid = f->valid,
                                              .expected = f->expected * percent,
                                              .low = f->low * percent,
                                              .high = f->high * percent,
                                              .forecaster = forecaster_names[f->forecaster],
                                              .until_s = NAN},
                       "");
    }
    return rc;
}

static int forecast_groups(struct forecast_run *run)
{
    const struct registry *registry = &run->input.player.registry;

    run->decisions = calloc(registry->group_count, sizeof *run->decisions);
    if (run->decisions == NULL)
        return error_text_set(run->input.error, sizeof run->input.error, -ENOMEM, "out of memory");
    int rc = replay_input_run(&run->input, true, on_decision, run);
    for (unsigned i = 0; i < registry->group_count && rc == 0; i++) {
        rc = print_group(run, registry->groups[i]->name, &run->decisions[i]);
        if (rc != 0)
            return error_text_set(run->input.error, sizeof run->input.error, rc, "can't write the forecast");
    }
    return rc;
}

/* ---- nodes ---- */

static int print_node(const struct forecast_run *run, const struct node *node)
{
    struct scaler_settings settings = replay_input_settings(&run->input, node->group);
    char remark[128];
    int rc = 0;

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT && rc == 0; r++) {
        struct outlook outlook = node_outlook(node, &settings, r, node->seen_ms);
        double mean = ring_mean(&node->ring, observe_metric[r], node->seen_ms - settings.tick_ms);
        double now = 100.0 * node_weight_share(node, r, mean);
        if (isnan(now))
            continue;
        struct outlook_interval interval = {NAN, NAN};
        if (outlook.valid)
            interval = outlook_interval(&outlook);
        remark[0] = '\0';
        if (outlook.valid && isfinite(outlook.until_s))
            node_outlook_sentence(node, &settings, r, &outlook, remark, sizeof remark);
        rc = print_row(run,
                       &(struct forecast_row){.kind = "node",
                                              .name = node->id,
                                              .resource = r,
                                              .horizon_s = (double)run->horizon_ms / 1000.0,
                                              .now = now,
                                              .valid = outlook.valid,
                                              .expected = outlook.valid ? 100.0 * outlook.at : NAN,
                                              .low = 100.0 * interval.low,
                                              .high = 100.0 * interval.high,
                                              .forecaster = "line",
                                              .until_s = outlook.until_s},
                       remark);
    }
    return rc;
}

/* Each node at its last sample. */
static int forecast_nodes(struct forecast_run *run)
{
    const struct registry *registry = &run->input.player.registry;

    int rc = metrics_player_play(&run->input.player, metrics_player_last_ms(&run->input.player));
    if (rc != 0)
        return error_text_set(run->input.error, sizeof run->input.error, rc, "out of memory");
    for (unsigned i = 0; i < registry->node_count && rc == 0; i++) {
        rc = print_node(run, registry->nodes[i]);
        if (rc != 0)
            return error_text_set(run->input.error, sizeof run->input.error, rc, "can't write the forecast");
    }
    return rc;
}

/* ---- the whole ---- */

/* The horizon may not exceed the length of the recording. The default is always allowed. */
static int check_horizon(struct forecast_run *run)
{
    const struct metrics_player *player = &run->input.player;
    int64_t held_ms = (metrics_player_last_ms(player) - metrics_player_first_ms(player)) / 1000 * 1000;
    int64_t most_ms = held_ms > HORIZON_MS ? held_ms : HORIZON_MS;
    char held[32], most[32];

    if (run->horizon_ms <= most_ms)
        return 0;
    format_duration(held_ms, held, sizeof held);
    format_duration_value(most_ms, most, sizeof most);
    return error_text_set(run->input.error, sizeof run->input.error, -ERANGE,
                          "the files cover only %s: --horizon can be at most %s", held, most);
}

static int forecast(struct forecast_run *run, bool *usage)
{
    if (run->nodes > 0 && run->nodes < run->input.filter.count)
        return error_text_set(run->input.error, sizeof run->input.error, -EINVAL,
                              "--node and --group exclude each other");
    run->input.horizon_ms = run->horizon_ms;
    int rc = replay_input_read(&run->input, usage);
    if (rc != 0)
        return rc;
    rc = check_horizon(run);
    if (rc != 0) {
        *usage = true;
        return rc;
    }
    if (!run->json)
        (void)printf("%-20s %-8s %9s  %10s  %-15s  by\n", run->nodes > 0 ? "node" : "group", "resource", "now",
                     "expected", "90 % interval");
    rc = run->nodes > 0 ? forecast_nodes(run) : forecast_groups(run);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        return error_text_set(run->input.error, sizeof run->input.error, -EIO, "can't write the forecast: %s",
                              strerror(errno));
    return rc;
}

int forecast_command(int argc, char **argv)
{
    static struct forecast_run run = {.horizon_ms = HORIZON_MS};
    bool usage = true;

    int rc = replay_input_init(&run.input, argc);
    if (rc == 0)
        rc = read_flags(&run, argc, argv);
    if (rc == 0)
        rc = forecast(&run, &usage);
    if (rc != 0)
        (void)fprintf(stderr, "headroom-scaler: %s\n", run.input.error);
    free(run.decisions);
    replay_input_deinit(&run.input);
    return rc == 0 ? EXIT_SUCCESS : usage ? 2 : EXIT_FAILURE;
}
