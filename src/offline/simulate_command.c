#include "offline/simulate_command.h"

#include "common/error_text.h"
#include "common/format.h"
#include "offline/clairvoyant.h"
#include "offline/loads.h"
#include "offline/picture.h"
#include "offline/progress.h"
#include "offline/simulate.h"
#include "offline/simulate_flags.h"
#include "offline/simulate_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 512

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

struct simulation {
    struct simulate_flags flags;
    struct loads loads;
    struct scaler_settings settings; /* for the present load */
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

    if (policy->live != NULL && live_policy_init(&live, &s->settings, s->flags.signal_age_ms) != 0)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    live.age_ms = s->flags.age_ms;
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
    double price = s->settings.price * optimum / (double)setup->steps;

    result->score.optimum = optimum;
    result->coverage = result->price_promised = result->price_paid = NAN;
    if (clairvoyant_score(setup, ready, price, &result->score) != 0)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    return 0;
}

static void begin_picture(struct simulation *s, const struct sim_setup *setup, const char *trace)
{
    char text[PICTURE_TEXT_MAX], delay[32];

    format_duration(s->flags.load.delay_ms, delay, sizeof delay);
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
            .trace = trace, .policy = s->flags.policies[p]->name, .delay_ms = s->flags.load.delay_ms};
        int rc = simulate_flags_is_clairvoyant(s->flags.policies[p])
                     ? run_clairvoyant(s, setup, optimum, &results[p])
                     : run_policy(s, s->flags.policies[p], setup, optimum, &results[p]);
        if (rc != 0)
            return rc;
        if (s->flags.load.json && simulate_report_json(&results[p], stdout) != 0)
            return error_text_set(s->error, sizeof s->error, -EIO, "can't write the results");
    }
    return 0;
}

static int run_load(struct simulation *s, const struct load *load, struct simulate_result *results)
{
    struct load_play play;

    int rc = load_flags_play(&s->flags.load, load, &play);
    if (rc != 0)
        return rc;
    s->settings = play.settings;
    rc = run_policies(s, &play.setup, load->name, results);
    load_play_deinit(&play);
    return rc;
}

static int open_outputs(struct simulation *s)
{
    if (s->flags.load.svg_path != NULL) {
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
    FILE *file = fopen(s->flags.load.svg_path, "we");

    if (file == NULL)
        return error_text_set(s->error, sizeof s->error, -errno, "%s: can't be written: %s", s->flags.load.svg_path,
                              strerror(errno));
    picture_write(s->picture, &(struct svg){.on_text = on_text, .arg = file});
    return close_output(s, file, s->flags.load.svg_path);
}

static int read_loads(struct simulation *s)
{
    int rc = load_flags_read_loads(&s->flags.load, &s->loads);

    if (rc == 0 && s->flags.steps_path != NULL && s->loads.count > 1)
        return error_text_set(s->error, sizeof s->error, -EINVAL,
                              "--steps needs exactly one trace or group; %zu are given", s->loads.count);
    return rc;
}

static int run(struct simulation *s)
{
    size_t policies = s->flags.policy_count;
    int rc = read_loads(s);

    if (rc != 0)
        return rc;
    s->results = calloc(s->loads.count * policies, sizeof *s->results);
    if (s->results == NULL)
        return error_text_set(s->error, sizeof s->error, -ENOMEM, "out of memory");
    rc = open_outputs(s);
    for (size_t l = 0; l < s->loads.count && rc == 0; l++)
        rc = run_load(s, &s->loads.loads[l], &s->results[l * policies]);
    if (s->steps != NULL) {
        int closed = close_output(s, s->steps, s->flags.steps_path);
        rc = rc != 0 ? rc : closed;
    }
    if (rc == 0 && s->picture != NULL)
        rc = write_picture(s);
    if (rc == 0 && !s->flags.load.json)
        simulate_report_table(s->results, s->loads.count, policies, stdout);
    if (rc == 0 && fflush(stdout) != 0)
        rc = error_text_set(s->error, sizeof s->error, -errno, "can't write the results: %s", strerror(errno));
    return rc;
}

int simulate_command(int argc, char **argv)
{
    struct simulation s = {0};
    int status = STATUS_USAGE;

    if (simulate_flags_read(&s.flags, argc, argv, s.error, sizeof s.error) == 0) {
        status = run(&s) == 0 ? STATUS_OK : STATUS_FAILED;
        load_flags_deinit(&s.flags.load);
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "headroom-scaler: %s\n", s.error);
    loads_deinit(&s.loads);
    free(s.results);
    free(s.picture);
    return status;
}
