#include "offline/simulate_command.h"

#include "common/error_text.h"
#include "common/format.h"
#include "offline/clairvoyant.h"
#include "offline/paths.h"
#include "offline/picture.h"
#include "offline/progress.h"
#include "offline/simulate.h"
#include "offline/simulate_flags.h"
#include "offline/simulate_report.h"
#include "offline/trace_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 512

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

struct simulation {
    struct simulate_flags flags;
    struct simulate_result *results;
    struct picture *picture; /* NULL: not requested */
    FILE *steps;             /* NULL: not requested */
    struct progress progress;
    char error[ERROR_MAX];
};

struct simulation_observer {
    struct simulation *simulation;
    const struct sim_setup *setup;
    const char *policy;
};

static void on_step(const struct simulate_step *step, void *arg)
{
    const struct simulation_observer *observer = arg;
    struct simulation *s = observer->simulation;

    if (step->step % 4096 == 0)
        progress_at(&s->progress, step->step, observer->setup->steps);
    if (s->picture != NULL)
        picture_step(s->picture, step);
    if (s->steps != NULL)
        (void)fprintf(s->steps, "%s,%zu,%zu,%.9g,%u,%u,%.9g,%.9g,%u,%s\n", observer->policy, step->step,
                      step->step * (REPLAY_STEP_MS / 1000), step->demand, step->ready, step->pending, step->utilisation,
                      step->move.recommendation, step->desired, step->move.reason != NULL ? step->move.reason : "");
}

static struct sim_policy make_policy(const struct simulate_policy *policy, struct peer *peer, struct live_policy *live)
{
    if (policy->live != NULL)
        return policy->live(live);
    return policy->peer != NULL ? policy->peer(peer) : policy->baseline(&peer->hpa);
}

static int run_policy(struct simulation *s, const struct simulate_policy *policy, const struct sim_setup *setup,
                      double optimum, struct simulate_result *result)
{
    struct simulation_observer observer = {.simulation = s, .setup = setup, .policy = policy->name};
    struct peer peer = {.hpa = {.hpa = s->flags.hpa}};
    struct live_policy live = {0};
    struct sim_policy simulated;
    char line[PICTURE_TEXT_MAX];

    if (policy->live != NULL && live_policy_init(&live, &s->flags.settings, s->flags.signal_age_ms) != 0)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    simulated = make_policy(policy, &peer, &live);
    snprintf(line, sizeof line, "%.60s, %s", result->trace, policy->name);
    progress_begin(&s->progress, line);
    if (s->picture != NULL)
        (void)picture_begin_panel(s->picture, policy->name);

    result->score = simulate_run(setup, optimum, &simulated, on_step, &observer);
    result->coverage = calibration_coverage(&live.calibration);
    result->price_promised = calibration_promised(&live.calibration);
    result->price_paid = calibration_paid(&live.calibration);

    simulate_report_line(&result->score, line, sizeof line);
    if (s->picture != NULL)
        picture_end_panel(s->picture, line);
    progress_end(&s->progress);
    live_policy_deinit(&live);
    return 0;
}

/* --price is in mean fleets: here, those of the optimum. */
static int run_clairvoyant(struct simulation *s, const struct sim_setup *setup, double optimum,
                           struct simulate_result *result)
{
    unsigned ready = score_nodes(setup->demand[0], SCORE_TARGET, setup->nodes_min, setup->nodes_max);
    double price = s->flags.settings.price * optimum / (double)setup->steps;

    result->score.optimum = optimum;
    result->coverage = result->price_promised = result->price_paid = NAN;
    if (clairvoyant_score(setup, ready, price, &result->score) != 0)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    return 0;
}

static void begin_picture(struct simulation *s, const struct sim_setup *setup, const char *trace)
{
    char text[PICTURE_TEXT_MAX], delay[32];

    format_duration(s->flags.delay_ms, delay, sizeof delay);
    snprintf(text, sizeof text, "a node takes %s to start", delay);
    picture_init(s->picture, setup->steps, trace, text);
}

/* If no policy could do well, the figures tell little about any. */
static void warn_of_demand(const struct sim_setup *setup, const char *trace)
{
    size_t above = 0;

    for (size_t k = 0; k < setup->steps; k++)
        above += setup->demand[k] > SCORE_VIOLATION * setup->nodes_max;
    if (above > 0)
        (void)fprintf(stderr,
                      "headroom-scaler: %s: even all %u nodes of --max would be above %.0f %% for %.3g %% of the time, "
                      "with any policy\n",
                      trace, setup->nodes_max, 100.0 * SCORE_VIOLATION, 100.0 * (double)above / (double)setup->steps);
}

static int run_policies(struct simulation *s, const struct sim_setup *setup, const char *trace,
                        struct simulate_result *results)
{
    double optimum;

    if (score_optimum(setup->demand, setup->steps, setup->delay, setup->nodes_min, setup->nodes_max, &optimum) != 0)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    if (s->picture != NULL)
        begin_picture(s, setup, trace);
    warn_of_demand(setup, trace);
    for (size_t p = 0; p < s->flags.policy_count; p++) {
        results[p] = (struct simulate_result){
            .trace = trace, .policy = s->flags.policies[p]->name, .delay_ms = s->flags.delay_ms};
        int rc = simulate_flags_is_clairvoyant(s->flags.policies[p])
                     ? run_clairvoyant(s, setup, optimum, &results[p])
                     : run_policy(s, s->flags.policies[p], setup, optimum, &results[p]);
        if (rc != 0)
            return rc;
        if (s->flags.json && simulate_report_json(&results[p], stdout) != 0)
            return error_text_set(s->error, sizeof s->error, -EIO, "can't write the results");
    }
    return 0;
}

/* To what --from and --first name. False: nothing is left. */
static bool cut(const struct simulate_flags *flags, struct sim_setup *setup)
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

static int run_trace(struct simulation *s, const char *path, struct simulate_result *results)
{
    struct trace_file file;
    struct replay replay = s->flags.replay;
    struct sim_setup setup = {.delay = (unsigned)((s->flags.delay_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS),
                              .nodes_min = s->flags.settings.nodes_min,
                              .nodes_max = scaler_settings_max(&s->flags.settings)};
    double *demand = NULL;
    char reason[256];

    int rc = trace_file_read(path, s->flags.skip_bad, &file, s->error, sizeof s->error);
    if (rc != 0)
        return rc;
    if (isnan(replay.speed))
        replay.speed = file.speed;
    if (isnan(replay.noise))
        replay.noise = file.noise;
    rc = trace_replay(&file.trace, &replay, &demand, &setup.steps, reason, sizeof reason);
    trace_file_deinit(&file);
    if (rc != 0)
        return error_text_set(s->error, sizeof s->error, rc, "%s: %s", path, rc == -ENOMEM ? "out of memory" : reason);

    setup.demand = demand;
    if (cut(&s->flags, &setup))
        rc = run_policies(s, &setup, paths_name(path), results);
    else
        rc = error_text_set(s->error, sizeof s->error, -EINVAL, "%s: the trace ends before --from", path);
    free(demand);
    return rc;
}

static int open_outputs(struct simulation *s)
{
    if (s->flags.svg_path != NULL) {
        s->picture = calloc(1, sizeof *s->picture);
        if (s->picture == NULL)
            return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    }
    if (s->flags.steps_path != NULL) {
        s->steps = fopen(s->flags.steps_path, "we");
        if (s->steps == NULL)
            return error_text_set(s->error, sizeof s->error, -errno, "%s: can't be written: %s", s->flags.steps_path,
                                  strerror(errno));
        (void)fputs("policy,k,t_s,demand,ready,pending,utilisation,recommendation,desired,reason\n", s->steps);
    }
    return 0;
}

/* Closes a file that was written, and checks that all writes succeeded. */
static int close_output(struct simulation *s, FILE *file, const char *path)
{
    bool failed = ferror(file) != 0;

    if (fclose(file) != 0 || failed)
        return error_text_set(s->error, sizeof s->error, -EIO, "%s: can't be written: %s", path,
                              failed ? "a write failed" : strerror(errno));
    return 0;
}

/* Errors are found when the file is closed. */
static void on_text(const char *text, size_t len, void *arg)
{
    (void)fwrite(text, 1, len, arg);
}

static int write_picture(struct simulation *s)
{
    FILE *file = fopen(s->flags.svg_path, "we");

    if (file == NULL)
        return error_text_set(s->error, sizeof s->error, -errno, "%s: can't be written: %s", s->flags.svg_path,
                              strerror(errno));
    picture_write(s->picture, on_text, file);
    return close_output(s, file, s->flags.svg_path);
}

static int run(struct simulation *s)
{
    int rc = open_outputs(s);

    for (size_t t = 0; t < s->flags.trace_count && rc == 0; t++)
        rc = run_trace(s, s->flags.traces[t], &s->results[t * s->flags.policy_count]);
    if (s->steps != NULL) {
        int closed = close_output(s, s->steps, s->flags.steps_path);
        rc = rc != 0 ? rc : closed;
    }
    if (rc == 0 && s->picture != NULL)
        rc = write_picture(s);
    if (rc == 0 && !s->flags.json)
        simulate_report_table(s->results, s->flags.trace_count, s->flags.policy_count, stdout);
    if (rc == 0 && fflush(stdout) != 0)
        rc = error_text_set(s->error, sizeof s->error, -errno, "can't write the results: %s", strerror(errno));
    return rc;
}

int simulate_command(int argc, char **argv)
{
    struct simulation s = {0};
    int status = STATUS_USAGE;

    if (simulate_flags_read(&s.flags, argc, argv, s.error, sizeof s.error) == 0) {
        s.results = calloc(s.flags.trace_count * s.flags.policy_count, sizeof *s.results);
        int rc = s.results != NULL ? run(&s) : error_text_set(s.error, sizeof s.error, -ENOMEM, "out of memory");
        status = rc == 0 ? STATUS_OK : STATUS_FAILED;
        simulate_flags_deinit(&s.flags);
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "headroom-scaler: %s\n", s.error);
    free(s.results);
    free(s.picture);
    return status;
}
