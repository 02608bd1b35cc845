#include "offline/tune.h"

#include "offline/live_policy.h"
#include "offline/simulate.h"
#include "offline/trace.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

#define RUNS_MAX       ((size_t)2 * TUNE_CANDIDATES_MAX) /* each candidate is played on both parts at most */
#define SETTINGS       4U                                /* that a search changes */
#define SIMPLER        0.8                               /* share of the surest gain that is enough for fewer changes */
#define BEST           3U                                /* candidates that are varied further */
#define TUNING_ERRORS  2.0  /* standard errors that a gain must exceed in the tuning part, */
#define CHECK_ERRORS   1.0  /* and in the rest, in which only the chosen candidate is judged */
#define FALL           0.8  /* of the time above the limit, from one shown candidate to the next */
#define HIGH_MAX       0.98 /* not tried above, */
#define HIGH_MIN       0.30 /* nor below */
#define STEPS_PER_HOUR (3600.0 / REPLAY_STEP_S)
#define LENGTH(table)  (sizeof(table) / sizeof *(table))

/* Multiples of the present setting; for high, differences. */
static const double prices[] = {0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0};
static const double highs[] = {-0.10, -0.05, 0.05, 0.10};
static const double prices_of_highs[] = {0.25, 0.5, 1.0, 2.0}; /* tried with each of these */
static const double windows[] = {0.2, 0.4, 2.0, 4.0};
static const double leads[] = {0.5, 2.0};

static_assert(LENGTH(prices) + LENGTH(prices_of_highs) * LENGTH(highs) + BEST * (LENGTH(windows) + LENGTH(leads)) <
                  TUNE_CANDIDATES_MAX,
              "a search has a place for each candidate");

/* ---- one simulation ---- */

/* Sums over a part, while it is played. */
struct tally {
    size_t steps;
    size_t above;
    size_t actions;
    double node_steps;
};

struct play {
    double limit;
    size_t from; /* steps before it are not counted */
    size_t block_steps;
    struct tally whole;
    struct tally block[TUNE_BLOCKS];
};

static void count(struct tally *tally, const struct simulate_step *step, double limit)
{
    tally->steps++;
    tally->above += step->demand > limit * step->ready;
    tally->actions += step->desired != step->ready + step->pending;
    tally->node_steps += step->ready + step->pending;
}

static void on_step(const struct simulate_step *step, void *arg)
{
    struct play *play = arg;

    if (step->step < play->from)
        return;
    size_t block = (step->step - play->from) / play->block_steps;
    count(&play->whole, step, play->limit);
    count(&play->block[block < TUNE_BLOCKS ? block : TUNE_BLOCKS - 1], step, play->limit);
}

static struct tune_score score_of(const struct tune_search *search, const struct tally *tally, double fleet)
{
    double steps = (double)tally->steps;
    double nodes = tally->node_steps / steps, above = (double)tally->above / steps;

    return (struct tune_score){.nodes = nodes,
                               .above = above,
                               .actions_per_hour = (double)tally->actions / steps * STEPS_PER_HOUR,
                               .cost = nodes / fleet + search->present.price * above};
}

/* Plays the first `steps` of the load, and counts those from `from` on. */
static int simulate(const struct tune_search *search, const struct tune_candidate *candidate, size_t from, size_t steps,
                    struct play *play)
{
    struct scaler_settings settings = tune_settings(search, candidate);
    struct sim_setup setup = search->load.setup;
    struct live_policy live;

    *play = (struct play){.limit = search->load.limit, .from = from, .block_steps = (steps - from) / TUNE_BLOCKS};
    if (play->block_steps == 0)
        play->block_steps = 1;
    setup.steps = steps;
    if (live_policy_init(&live, &settings, 0) != 0)
        return -ENOMEM;
    struct sim_policy policy = live_policy_headroom(&live);
    (void)simulate_run(&setup, 1.0, &policy, on_step, play);
    live_policy_deinit(&live);
    return 0;
}

struct scaler_settings tune_settings(const struct tune_search *search, const struct tune_candidate *candidate)
{
    struct scaler_settings settings = search->present;
    struct thresholds *cpu = &settings.thresholds[RESOURCE_CPU];

    cpu->target *= candidate->high / cpu->high;
    cpu->high = candidate->high;
    cpu->low = fmin(cpu->low, cpu->target);
    settings.price = candidate->price;
    settings.stabilization_ms = candidate->stabilization_ms;
    settings.lead_time_ms = candidate->lead_time_ms;
    return settings;
}

/* ---- the candidates ---- */

/* The mean of what the blocks of a candidate save against those of the present settings, less `errors` of its standard
 * errors. */
static double gain_bound(const struct tune_score *present, const struct tune_score *candidate, double errors)
{
    double sum = 0.0, squares = 0.0;

    for (unsigned b = 0; b < TUNE_BLOCKS; b++) {
        double gain = present[b].cost - candidate[b].cost;
        sum += gain;
        squares += gain * gain;
    }
    double mean = sum / TUNE_BLOCKS;
    double variance = fmax(0.0, squares / TUNE_BLOCKS - mean * mean);
    return mean - errors * sqrt(variance / (TUNE_BLOCKS - 1));
}

static double tuning_gain(const struct tune_search *search, const struct tune_candidate *candidate)
{
    return gain_bound(search->candidates[0].tuning_block, candidate->tuning_block, TUNING_ERRORS);
}

static double check_gain(const struct tune_search *search, const struct tune_candidate *candidate)
{
    return gain_bound(search->candidates[0].check_block, candidate->check_block, CHECK_ERRORS);
}

/* What the candidate saves in one half of the tuning part. */
static double gain_in_half(const struct tune_search *search, const struct tune_candidate *candidate, unsigned half)
{
    double gain = 0.0;

    for (unsigned b = half * TUNE_BLOCKS / 2; b < (half + 1) * TUNE_BLOCKS / 2; b++)
        gain += search->candidates[0].tuning_block[b].cost - candidate->tuning_block[b].cost;
    return gain;
}

static bool is_better(const struct tune_search *search, const struct tune_candidate *candidate)
{
    return gain_in_half(search, candidate, 0) > 0.0 && gain_in_half(search, candidate, 1) > 0.0 &&
           tuning_gain(search, candidate) > 0.0;
}

static bool is_changed(double value, double other)
{
    return fabs(value - other) >= 1e-9;
}

static bool is_known(const struct tune_search *search, const struct tune_candidate *candidate)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct tune_candidate *other = &search->candidates[i];
        if (!is_changed(other->price, candidate->price) && !is_changed(other->high, candidate->high) &&
            other->stabilization_ms == candidate->stabilization_ms && other->lead_time_ms == candidate->lead_time_ms)
            return true;
    }
    return false;
}

struct searching {
    struct tune_search *search;
    tune_progress_cb *on_progress;
    void *arg;
    size_t done;
};

static void report(struct searching *searching)
{
    if (searching->on_progress != NULL)
        searching->on_progress(searching->done, RUNS_MAX, searching->arg);
    searching->done++;
}

/* Tries settings on the tuning part. Those that are out of range or known are left out. */
static int try(struct searching *searching, struct tune_candidate candidate)
{
    struct tune_search *search = searching->search;
    struct scaler_settings settings = tune_settings(search, &candidate);
    struct play play;
    char reason[256];

    if (is_known(search, &candidate) || candidate.high > HIGH_MAX || candidate.high < HIGH_MIN ||
        scaler_settings_check(&settings, reason, sizeof reason) != 0)
        return 0;
    report(searching);
    int rc = simulate(search, &candidate, 0, search->load.tuning_steps, &play);
    if (rc != 0)
        return rc;
    candidate.tuning = score_of(search, &play.whole, search->tuning_fleet);
    for (unsigned b = 0; b < TUNE_BLOCKS; b++)
        candidate.tuning_block[b] = score_of(search, &play.block[b], search->tuning_fleet);
    search->candidates[search->count++] = candidate;
    return 0;
}

static int try_prices(struct searching *searching, double high, const double *factors, size_t count)
{
    struct tune_candidate candidate = searching->search->candidates[0];
    double price = candidate.price;
    int rc = 0;

    candidate.high = round(high * 1e4) / 1e4;
    for (size_t i = 0; i < count && rc == 0; i++) {
        candidate.price = price * factors[i];
        rc = try(searching, candidate);
    }
    return rc;
}

static int try_highs(struct searching *searching)
{
    double high = searching->search->candidates[0].high;
    int rc = try_prices(searching, high, prices, LENGTH(prices));

    for (size_t i = 0; i < LENGTH(highs) && rc == 0; i++)
        rc = try_prices(searching, high + highs[i], prices_of_highs, LENGTH(prices_of_highs));
    return rc;
}

/* The places of the candidates that cost least so far. */
static size_t find_best(const struct tune_search *search, size_t best[BEST])
{
    size_t count = 0;

    for (size_t i = 0; i < search->count; i++) {
        double cost = search->candidates[i].tuning.cost;
        size_t at = count < BEST ? count++ : BEST;
        for (; at > 0 && cost < search->candidates[best[at - 1]].tuning.cost; at--)
            if (at < BEST)
                best[at] = best[at - 1];
        if (at < BEST)
            best[at] = i;
    }
    return count;
}

static int64_t scaled(int64_t ms, double factor)
{
    return (int64_t)llround((double)ms * factor / 1000.0) * 1000;
}

/* Varies the stabilization window of the best, then the lead time of what is best then. */
static int try_times(struct searching *searching)
{
    const struct tune_search *search = searching->search;
    size_t best[BEST];
    int rc = 0;

    size_t count = find_best(search, best);
    for (size_t i = 0; i < count; i++) {
        for (size_t w = 0; w < LENGTH(windows) && rc == 0; w++) {
            struct tune_candidate candidate = search->candidates[best[i]];
            candidate.stabilization_ms = scaled(search->present.stabilization_ms, windows[w]);
            rc = try(searching, candidate);
        }
    }
    count = find_best(search, best);
    for (size_t i = 0; i < count; i++) {
        for (size_t l = 0; l < LENGTH(leads) && rc == 0; l++) {
            struct tune_candidate candidate = search->candidates[best[i]];
            candidate.lead_time_ms = scaled(search->present.lead_time_ms, leads[l]);
            rc = try(searching, candidate);
        }
    }
    return rc;
}

/* ---- the result ---- */

/* Whether one has no more nodes and no more time above the limit than the other, and less of one of them. */
static bool dominates(const struct tune_score *one, const struct tune_score *other)
{
    return one->nodes <= other->nodes && one->above <= other->above &&
           (one->nodes < other->nodes || one->above < other->above);
}

static bool is_on_frontier(const struct tune_search *search, const struct tune_candidate *candidate)
{
    for (size_t i = 0; i < search->count; i++)
        if (dominates(&search->candidates[i].tuning, &candidate->tuning))
            return false;
    return true;
}

/* The candidate on the frontier with the fewest nodes of those with at most that time above the limit; NULL: none. */
static struct tune_candidate *find_below(struct tune_search *search, double above)
{
    struct tune_candidate *found = NULL;

    for (size_t i = 0; i < search->count; i++) {
        struct tune_candidate *candidate = &search->candidates[i];
        if (candidate->tuning.above <= above && is_on_frontier(search, candidate) &&
            (found == NULL || candidate->tuning.nodes < found->tuning.nodes))
            found = candidate;
    }
    return found;
}

static void mark_shown(struct tune_search *search)
{
    struct tune_candidate *candidate = find_below(search, 1.0);

    while (candidate != NULL && !candidate->is_shown) {
        candidate->is_shown = true;
        candidate = find_below(search, FALL * candidate->tuning.above);
    }
    search->candidates[0].is_shown = true;
    search->candidates[search->chosen].is_shown = true;
}

/* How many of the present settings a candidate changes. */
static unsigned changes(const struct tune_search *search, const struct tune_candidate *candidate)
{
    const struct tune_candidate *present = &search->candidates[0];

    return (unsigned)is_changed(candidate->price, present->price) + is_changed(candidate->high, present->high) +
           (candidate->stabilization_ms != present->stabilization_ms) +
           (candidate->lead_time_ms != present->lead_time_ms);
}

/* The largest bound of a gain among those that are better, and at most that many changes; 0: there is none. */
static size_t find_surest(const struct tune_search *search, unsigned changes_max)
{
    size_t surest = 0;

    for (size_t i = 1; i < search->count; i++) {
        const struct tune_candidate *candidate = &search->candidates[i];
        if (changes(search, candidate) <= changes_max && is_better(search, candidate) &&
            (surest == 0 || tuning_gain(search, candidate) > tuning_gain(search, &search->candidates[surest])))
            surest = i;
    }
    return surest;
}

static size_t choose(const struct tune_search *search)
{
    size_t surest = find_surest(search, SETTINGS);
    double enough = surest != 0 ? SIMPLER * tuning_gain(search, &search->candidates[surest]) : 0.0;

    for (unsigned most = 1; surest != 0 && most < SETTINGS; most++) {
        size_t simpler = find_surest(search, most);
        if (simpler != 0 && tuning_gain(search, &search->candidates[simpler]) >= enough)
            return simpler;
    }
    return surest;
}

/* Plays the whole load, so that the scaler knows the past as it would, and counts the rest. */
static int check(struct searching *searching, struct tune_candidate *candidate)
{
    const struct tune_search *search = searching->search;
    const struct tune_load *load = &search->load;
    struct play play;

    report(searching);
    int rc = simulate(search, candidate, load->tuning_steps, load->setup.steps, &play);
    if (rc != 0)
        return rc;
    candidate->check = score_of(search, &play.whole, search->check_fleet);
    for (unsigned b = 0; b < TUNE_BLOCKS; b++)
        candidate->check_block[b] = score_of(search, &play.block[b], search->check_fleet);
    candidate->is_checked = true;
    return 0;
}

/* The present settings, but for the price. */
static bool is_priced(const struct tune_search *search, const struct tune_candidate *candidate)
{
    const struct tune_candidate *present = &search->candidates[0];

    return !is_changed(candidate->high, present->high) && candidate->stabilization_ms == present->stabilization_ms &&
           candidate->lead_time_ms == present->lead_time_ms;
}

/* On the rest: the time above the limit that the present settings would have with that many nodes, between the two
 * prices that come closest. NAN: no price that was tried leads to so few nodes. */
static double above_at(const struct tune_search *search, double nodes)
{
    const struct tune_score *fewer = NULL, *more = NULL;

    for (size_t i = 0; i < search->count; i++) {
        const struct tune_score *score = &search->candidates[i].check;
        if (!is_priced(search, &search->candidates[i]))
            continue;
        if (score->nodes <= nodes && (fewer == NULL || score->nodes > fewer->nodes))
            fewer = score;
        if (score->nodes > nodes && (more == NULL || score->nodes < more->nodes))
            more = score;
    }
    if (fewer == NULL || more == NULL)
        return fewer != NULL ? fewer->above : NAN;
    return fewer->above + (more->above - fewer->above) * (nodes - fewer->nodes) / (more->nodes - fewer->nodes);
}

static int check_all(struct searching *searching)
{
    struct tune_search *search = searching->search;
    int rc = 0;

    for (size_t i = 0; i < search->count && rc == 0; i++)
        if (search->candidates[i].is_shown || (search->chosen != 0 && is_priced(search, &search->candidates[i])))
            rc = check(searching, &search->candidates[i]);
    return rc;
}

static void judge(struct tune_search *search)
{
    const struct tune_candidate *chosen = &search->candidates[search->chosen];

    if (search->chosen == 0) {
        search->verdict = TUNE_NONE;
        return;
    }
    search->present_above = above_at(search, chosen->check.nodes);
    search->verdict =
        check_gain(search, chosen) > 0.0 && !(chosen->check.above > search->present_above) ? TUNE_BETTER : TUNE_REFUTED;
}

static int find_fleets(struct tune_search *search)
{
    const struct sim_setup *setup = &search->load.setup;
    size_t tuning = search->load.tuning_steps, rest = setup->steps - tuning;
    double of_tuning = 0.0, of_rest = 0.0;

    if (score_optimum(setup->demand, tuning, setup->delay, setup->nodes_min, setup->nodes_max, &of_tuning) != 0 ||
        score_optimum(setup->demand + tuning, rest, setup->delay, setup->nodes_min, setup->nodes_max, &of_rest) != 0)
        return -ENOMEM;
    search->tuning_fleet = of_tuning / (double)tuning;
    search->check_fleet = of_rest / (double)rest;
    return 0;
}

int tune_run(struct tune_search *search, const struct tune_load *load, const struct scaler_settings *present,
             tune_progress_cb *on_progress, void *arg)
{
    struct searching searching = {.search = search, .on_progress = on_progress, .arg = arg};

    assert(load->tuning_steps >= TUNE_BLOCKS && load->tuning_steps < load->setup.steps);
    *search = (struct tune_search){.load = *load, .present = *present};
    int rc = find_fleets(search);
    if (rc == 0)
        rc = try(&searching, (struct tune_candidate){.price = present->price,
                                                     .high = present->thresholds[RESOURCE_CPU].high,
                                                     .stabilization_ms = present->stabilization_ms,
                                                     .lead_time_ms = present->lead_time_ms});
    if (rc == 0)
        rc = try_highs(&searching);
    if (rc == 0)
        rc = try_times(&searching);
    if (rc != 0)
        return rc;
    search->chosen = choose(search);
    mark_shown(search);
    rc = check_all(&searching);
    if (rc == 0)
        judge(search);
    return rc;
}
