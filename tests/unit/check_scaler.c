#include "scaler/scaler.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

#define TICK_MS 15000
#define CALM    120 /* ticks of one load, and nothing is left of a forecast's first margin */
#define NONE    NAN /* a resource that no node reports */

/* What one tick sees: nodes of 4 cores and 16 GB, all equally loaded. */
struct scene {
    unsigned live;
    double cpu;
    double memory;
    unsigned missing;
    unsigned unreported;
};

#define FLEET(n, c, m)                                                                                                 \
    {                                                                                                                  \
        .live = (n), .cpu = (c), .memory = (m)                                                                         \
    }
#define PARTLY_SILENT(n, c, m, s)                                                                                      \
    {                                                                                                                  \
        .live = (n), .cpu = (c), .memory = (m), .missing = (s)                                                         \
    }
#define PARTLY_UNREPORTED(n, c, m, u)                                                                                  \
    {                                                                                                                  \
        .live = (n), .cpu = (c), .memory = (m), .unreported = (u)                                                      \
    }
#define NO_NODES FLEET(0, NONE, NONE)

/* What differs from the default settings; 0: nothing. */
struct change {
    unsigned nodes_min;
    unsigned nodes_max;
    int64_t stabilization_ms;
    double low_cpu;
};

static struct group_observation observe(struct scene scene)
{
    struct group_observation observed = {.live = scene.live, .missing = scene.missing, .unreported = scene.unreported};
    double n = scene.live;

    if (!isnan(scene.cpu) && scene.live > 0)
        observed.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = scene.cpu * 4.0 * n, .capacity = 4.0 * n, .nodes = scene.live};
    if (!isnan(scene.memory) && scene.live > 0)
        observed.resource[RESOURCE_MEMORY] =
            (struct resource_observation){.demand = scene.memory * 16e9 * n, .capacity = 16e9 * n, .nodes = scene.live};
    return observed;
}

static struct scaler *scaler;
static struct scaler_settings settings;
static int64_t now_ms;

static void setup(void)
{
    scaler = scaler_new();
    ck_assert_ptr_nonnull(scaler);
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    now_ms = 1000000;
}

static void teardown(void)
{
    scaler_free(scaler);
}

static void apply(const struct change *change)
{
    settings.thresholds[RESOURCE_CPU].low = change->low_cpu;
    if (change->nodes_min > 0)
        settings.nodes_min = change->nodes_min;
    if (change->nodes_max > 0)
        settings.nodes_max = change->nodes_max;
    if (change->stabilization_ms > 0)
        settings.stabilization_ms = change->stabilization_ms;
}

static struct decision tick(struct scene scene)
{
    struct group_observation observed = observe(scene);

    now_ms += TICK_MS;
    return scaler_step(scaler, &settings, now_ms, &observed);
}

/* ticks times the same scene. Returns the last decision. */
static struct decision repeat(unsigned ticks, struct scene scene)
{
    struct decision last = {0};

    for (unsigned i = 0; i < ticks; i++)
        last = tick(scene);
    return last;
}

static void expect(const struct decision *d, enum scale_action action, unsigned desired, enum scale_guard guard)
{
    char text[256];

    decision_sentence(d, "web", text, sizeof text);
    ck_assert_msg(d->action == action && d->desired == desired && d->guard == guard,
                  "%s, guard %s; expected %s to %u, guard %s", text, guard_names[d->guard], action_names[action],
                  desired, guard_names[guard]);
}

/* The default stabilization window is 20 ticks; in 40 nothing of the start is left in it. */
static const struct {
    unsigned ticks; /* of the past */
    struct scene past;
    struct scene now;
    struct change change;
    enum scale_action action;
    unsigned desired;
    enum scale_guard guard;
} table[] = {
    /* the votes */
    {CALM, FLEET(10, 0.40, 0.40), FLEET(10, 0.40, 0.40), {0}, ACTION_DOWN, 5, GUARD_NONE},
    {CALM, FLEET(10, 0.80, 0.40), FLEET(10, 0.80, 0.40), {0}, ACTION_HOLD, 10, GUARD_NONE},
    {CALM, FLEET(10, 0.84, 0.40), FLEET(10, 0.84, 0.40), {0}, ACTION_UP, 11, GUARD_NONE},
    {0, {0}, FLEET(10, 0.84, 0.40), {0}, ACTION_UP, 15, GUARD_NONE} /* no errors yet: a margin that is assumed */,
    {0, {0}, FLEET(10, 0.40, 0.91), {0}, ACTION_UP, 13, GUARD_NONE},
    {0, {0}, FLEET(10, 0.40, 0.40), {0}, ACTION_HOLD, 10, GUARD_STABILIZATION},

    /* silence */
    {CALM, FLEET(70, 0.40, 0.40), PARTLY_SILENT(69, 28.0 / 69, 0.40, 1), {0}, ACTION_DOWN, 37, GUARD_MISSING_NODES},
    {CALM, PARTLY_SILENT(69, 0.90, 0.40, 1), PARTLY_SILENT(69, 0.90, 0.40, 1), {0}, ACTION_UP, 78, GUARD_NONE},
    {CALM, FLEET(10, 0.60, 0.40), PARTLY_SILENT(0, NONE, NONE, 10), {0}, ACTION_UP, 10, GUARD_MINIMUM},
    {CALM, PARTLY_SILENT(5, 0.60, 0.40, 5), PARTLY_SILENT(5, 0.60, 0.40, 5), {0}, ACTION_HOLD, 10, GUARD_MISSING_NODES},
    {CALM, FLEET(10, 0.80, 0.40), PARTLY_SILENT(4, 0.99, 0.40, 6), {0}, ACTION_UP, 10, GUARD_NONE},
    {0, {0}, NO_NODES, {0}, ACTION_UP, 1, GUARD_MINIMUM},
    {0, {0}, NO_NODES, {.nodes_min = 3}, ACTION_UP, 3, GUARD_MINIMUM},
    {0, {0}, PARTLY_UNREPORTED(1, 0.99, 0.40, 5), {0}, ACTION_UP, 6, GUARD_NONE},
    {3, PARTLY_UNREPORTED(1, 0.40, 0.40, 5), FLEET(6, 0.40, 0.40), {0}, ACTION_HOLD, 6, GUARD_STABILIZATION},
    {CALM, FLEET(8, 0.80, 0.40), PARTLY_UNREPORTED(8, 0.80, 0.40, 1), {0}, ACTION_HOLD, 8, GUARD_ROLL_CALL},

    /* small and uniform fleets */
    {CALM, FLEET(1, 0.20, 0.20), FLEET(1, 0.20, 0.20), {0}, ACTION_HOLD, 1, GUARD_NONE},
    {CALM, FLEET(1, 0.20, 0.20), FLEET(1, 0.90, 0.20), {0}, ACTION_UP, 2, GUARD_NONE},
    {CALM, FLEET(4, 0.0, 0.0), FLEET(4, 0.0, 0.0), {0}, ACTION_DOWN, 2, GUARD_STEP},
    {CALM, FLEET(2, 0.0, 0.0), FLEET(2, 0.0, 0.0), {0}, ACTION_DOWN, 1, GUARD_NONE},
    {CALM, FLEET(3, 0.95, 0.40), FLEET(3, 0.95, 0.40), {.nodes_min = 3, .nodes_max = 3}, ACTION_HOLD, 3, GUARD_MAXIMUM},
    {CALM, FLEET(3, 0.10, 0.40), FLEET(3, 0.10, 0.40), {.nodes_min = 3, .nodes_max = 3}, ACTION_HOLD, 3, GUARD_MINIMUM},
    {CALM, FLEET(2, 0.50, 0.40), FLEET(2, 0.50, 0.40), {.nodes_min = 3, .nodes_max = 3}, ACTION_UP, 3, GUARD_MINIMUM},
    {0, {0}, FLEET(1, 0.50, 0.40), {.nodes_min = 3}, ACTION_UP, 3, GUARD_MINIMUM},
    {0, {0}, FLEET(9, 0.50, 0.40), {.nodes_max = 4}, ACTION_HOLD, 9, GUARD_STABILIZATION},

    /* cpu at its limit, absent */
    {CALM, FLEET(4, 0.50, 0.40), FLEET(4, 1.00, 0.40), {0}, ACTION_UP, 6, GUARD_NONE},
    {CALM, FLEET(60, 0.50, 0.40), FLEET(60, 0.99, 0.40), {0}, ACTION_UP, 90, GUARD_NONE},
    {0, {0}, FLEET(90, 1.00, 0.40), {.nodes_max = 100}, ACTION_UP, 100, GUARD_MAXIMUM},
    {CALM, FLEET(10, NONE, 0.40), FLEET(10, NONE, 0.40), {0}, ACTION_HOLD, 10, GUARD_NONE},
    {CALM, FLEET(10, NONE, NONE), FLEET(10, NONE, NONE), {0}, ACTION_HOLD, 10, GUARD_NONE},
    {CALM, FLEET(10, 0.80, 0.40), FLEET(10, NONE, 0.40), {0}, ACTION_HOLD, 10, GUARD_NONE},
    {CALM, FLEET(10, 0.80, 0.40), FLEET(10, NAN, -0.40), {0}, ACTION_HOLD, 10, GUARD_NONE},
    {CALM, FLEET(10, 0.80, 0.40), FLEET(10, INFINITY, INFINITY), {0}, ACTION_HOLD, 10, GUARD_NONE},

    /* the other guards of scale-in */
    {7, FLEET(10, 0.40, 0.40), FLEET(10, 0.40, 0.40), {0}, ACTION_HOLD, 10, GUARD_STABILIZATION}, /* 2 of 5 min */
    {2, FLEET(10, 0.40, 0.40), FLEET(10, 0.40, 0.40), {.stabilization_ms = 1}, ACTION_DOWN, 8, GUARD_NONE},
    {CALM, FLEET(70, 49.3 / 70, 0.40), FLEET(70, 49.3 / 70, 0.40), {0}, ACTION_HOLD, 70, GUARD_DEAD_BAND},
    {CALM, FLEET(70, 48.7 / 70, 0.40), FLEET(70, 48.7 / 70, 0.40), {0}, ACTION_DOWN, 61, GUARD_NONE},
    {CALM, FLEET(10, 0.40, 0.60), FLEET(10, 0.40, 0.60), {0}, ACTION_DOWN, 8, GUARD_PROJECTION},
    {CALM, FLEET(10, 0.40, 0.78), FLEET(10, 0.40, 0.78), {0}, ACTION_HOLD, 10, GUARD_PROJECTION},
    {CALM, FLEET(10, 0.40, 0.40), FLEET(10, 0.40, 0.40), {.low_cpu = 0.30}, ACTION_HOLD, 10, GUARD_LOW},
    {CALM, FLEET(10, 0.20, 0.20), FLEET(10, 0.20, 0.20), {.low_cpu = 0.30}, ACTION_DOWN, 5, GUARD_STEP},
    {CALM, FLEET(10, 0.70, 0.40), FLEET(10, 1.00, 0.40), {.nodes_max = 12}, ACTION_UP, 12, GUARD_MAXIMUM},
    {CALM, FLEET(1, 0.70, 0.40), FLEET(1, 7.00, 0.40), {0}, ACTION_UP, 5, GUARD_STEP},
};

START_TEST(test_decides)
{
    apply(&table[_i].change);
    repeat(table[_i].ticks, table[_i].past);
    struct decision d = tick(table[_i].now);
    expect(&d, table[_i].action, table[_i].desired, table[_i].guard);
}
END_TEST

START_TEST(test_a_rising_load_is_met_before_it_crosses_high)
{
    struct decision d = {0};
    double cpu = 0.40;

    repeat(CALM, (struct scene)FLEET(10, cpu, 0.40));
    while (d.action != ACTION_UP && cpu < 1.0) {
        cpu += 0.01;
        d = tick((struct scene)FLEET(10, cpu, 0.40));
    }
    ck_assert_int_eq(d.rule, RULE_FORECAST);
    ck_assert_double_lt(d.utilisation[RESOURCE_CPU], 0.75);
    ck_assert_double_gt(decision_forecast_utilisation(&d, RESOURCE_CPU), 0.80);
}
END_TEST

/* Demand is what it was when the fleet was smaller: nodes that join do not make it fall. */
START_TEST(test_nodes_that_join_are_no_change_of_demand)
{
    struct decision before = repeat(CALM, (struct scene)FLEET(4, 0.75, 0.40));
    struct decision d = tick((struct scene)FLEET(6, 0.50, 0.40));

    ck_assert_double_eq_tol(d.forecast[RESOURCE_CPU].slope, 0.0, 1e-9);
    ck_assert_double_eq_tol(d.forecast[RESOURCE_CPU].expected, 12.0, 0.1);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], before.vote_forecast[RESOURCE_CPU]);
}
END_TEST

START_TEST(test_one_outlier_moves_nothing)
{
    for (unsigned i = 0; i < 60; i++) {
        struct decision d = tick((struct scene)FLEET(10, i == 30 ? 0.60 : 0.50, 0.40));
        ck_assert_int_ne(d.action, ACTION_UP);
        if (i >= 30 && i < 38)
            ck_assert_uint_ge(d.desired, 8); /* and it is remembered for a window */
    }
}
END_TEST

static struct decision tick_and_order(struct scene scene)
{
    struct decision d = tick(scene);

    if (d.action != ACTION_HOLD)
        scaler_ordered(scaler, &d);
    return d;
}

/* So many of the nodes were absent before. */
static struct decision join(struct scene scene, unsigned joined)
{
    struct group_observation observed = observe(scene);

    observed.joined = joined;
    now_ms += TICK_MS;
    return scaler_step(scaler, &settings, now_ms, &observed);
}

START_TEST(test_a_group_appears_and_disappears)
{
    struct decision d =
        tick_and_order((struct scene)NO_NODES); /* the minimum is ordered, also of what was never seen */
    expect(&d, ACTION_UP, 1, GUARD_MINIMUM);
    d = join((struct scene)FLEET(4, 0.50, 0.40), 4);
    expect(&d, ACTION_HOLD, 4, GUARD_NONE);
    repeat(10, (struct scene)FLEET(4, 0.50, 0.40));
    d = tick_and_order((struct scene)PARTLY_SILENT(0, NONE, NONE, 4));
    expect(&d, ACTION_UP, 4, GUARD_MINIMUM);
    d = repeat(8, (struct scene)NO_NODES);
    expect(&d, ACTION_HOLD, 4, GUARD_NO_DATA); /* on order */
    d = repeat(2, (struct scene)NO_NODES);
    expect(&d, ACTION_UP, 4, GUARD_MINIMUM); /* overdue: stated again */

    /* The first node comes back: the forecast covers its need, and nothing is ordered. */
    d = tick((struct scene)FLEET(1, 0.40, 0.40));
    expect(&d, ACTION_HOLD, 4, GUARD_STABILIZATION); /* of those that may still come */
    ck_assert_int_eq(d.rule, RULE_FORECAST);
    d = tick((struct scene)FLEET(4, 0.10, 0.40));
    expect(&d, ACTION_HOLD, 4, GUARD_STABILIZATION);
}
END_TEST

START_TEST(test_a_lower_maximum_is_a_scale_in_like_another)
{
    repeat(CALM, (struct scene)FLEET(8, 0.78, 0.40));
    settings.nodes_max = 6;
    struct decision d = tick((struct scene)FLEET(8, 0.50, 0.40));
    expect(&d, ACTION_HOLD, 8, GUARD_STABILIZATION);
    d = repeat(2 * CALM, (struct scene)FLEET(8, 0.72, 0.40)); /* which 6 nodes do not carry */
    expect(&d, ACTION_HOLD, 8, GUARD_PROJECTION);
    d = repeat(CALM, (struct scene)FLEET(8, 0.40, 0.40));
    ck_assert_int_eq(d.action, ACTION_DOWN);
    ck_assert_uint_le(d.desired, 6);
    settings.nodes_max = 8;
    d = repeat(2, (struct scene)FLEET(8, 0.95, 0.40));
    expect(&d, ACTION_HOLD, 8, GUARD_MAXIMUM); /* it caps a scale-out at once */
}
END_TEST

START_TEST(test_before_the_first_data_no_known_node_is_given_up)
{
    struct decision d = tick((struct scene)PARTLY_UNREPORTED(0, NONE, NONE, 6));
    expect(&d, ACTION_HOLD, 6, GUARD_NO_DATA);
    d = tick((struct scene)PARTLY_UNREPORTED(2, 0.40, 0.40, 1));
    expect(&d, ACTION_HOLD, 6, GUARD_NONE);
    ck_assert(d.observed.roll_call_blind); /* a reader gets no number yet */
    d = tick((struct scene)PARTLY_SILENT(2, 0.40, 0.40, 3));
    ck_assert_int_ne(d.action, ACTION_DOWN);
    ck_assert_uint_eq(d.desired, 6);
}
END_TEST

START_TEST(test_silence_is_not_recorded)
{
    repeat(CALM, (struct scene)FLEET(10, 0.80, 0.40));
    repeat(3, (struct scene)PARTLY_SILENT(4, 0.80, 0.40, 6));
    struct decision d = tick((struct scene)FLEET(10, 0.80, 0.40));

    ck_assert_double_eq_tol(d.forecast[RESOURCE_CPU].slope, 0.0, 1e-9);
    ck_assert_double_eq_tol(d.forecast[RESOURCE_CPU].expected, 32.0, 0.1);
}
END_TEST

START_TEST(test_a_long_pause_starts_the_window_anew)
{
    repeat(CALM, (struct scene)FLEET(10, 0.80, 0.40));
    now_ms += INT64_C(7) * 86400000;
    struct decision d = tick((struct scene)FLEET(10, 0.40, 0.20));

    expect(&d, ACTION_HOLD, 10, GUARD_STABILIZATION);
    ck_assert_double_eq(d.forecast[RESOURCE_CPU].slope, 0.0); /* no line reaches over it */
    d = repeat(3, (struct scene)FLEET(10, 0.40, 0.20));
    expect(&d, ACTION_HOLD, 10, GUARD_STABILIZATION);
    d = repeat(CALM, (struct scene)FLEET(10, 0.40, 0.20));
    expect(&d, ACTION_DOWN, 5, GUARD_NONE);
}
END_TEST

/* Twenty ticks are remembered when it is made longer. */
START_TEST(test_a_longer_window_has_to_be_seen)
{
    unsigned ticks = 1;

    repeat(CALM, (struct scene)FLEET(10, 0.40, 0.40));
    settings.stabilization_ms = 80 * TICK_MS;
    struct decision d = tick((struct scene)FLEET(10, 0.40, 0.40));
    for (; d.action == ACTION_HOLD && ticks < 100; ticks++) {
        expect(&d, ACTION_HOLD, 10, GUARD_STABILIZATION);
        d = tick((struct scene)FLEET(10, 0.40, 0.40));
    }
    expect(&d, ACTION_DOWN, 5, GUARD_NONE);
    ck_assert(d.window_ms == 80 * TICK_MS || d.window_ms == 32 * TICK_MS);
    ck_assert_int_eq(ticks, d.window_ms / TICK_MS - 20);
}
END_TEST

START_TEST(test_a_slower_tick_is_no_gap)
{
    repeat(4 * CALM, (struct scene)FLEET(10, 0.40, 0.40));
    settings.tick_ms = 4 * TICK_MS;
    struct decision d = {0};
    for (unsigned i = 0; i < 3; i++) {
        now_ms += 3 * TICK_MS;
        d = tick((struct scene)FLEET(10, 0.40, 0.40));
        expect(&d, ACTION_DOWN, 5, GUARD_NONE);
    }
    settings.tick_ms = TICK_MS;
    now_ms += 3 * TICK_MS;
    d = tick((struct scene)FLEET(10, 0.40, 0.40));
    ck_assert_int_eq(d.action, ACTION_DOWN); /* how far: of such steps too little is known by now */
    ck_assert_int_eq(d.guard, GUARD_NONE);
}
END_TEST

START_TEST(test_a_peak_holds_scale_in_for_the_window)
{
    repeat(CALM, (struct scene)FLEET(10, 0.60, 0.40));
    struct decision d = tick((struct scene)FLEET(10, 0.85, 0.40));
    expect(&d, ACTION_UP, 11, GUARD_NONE);
    int64_t ticks = 0;
    do {
        d = tick((struct scene)FLEET(11, 6.0 / 11, 0.40));
        ticks++;
    } while (d.action != ACTION_DOWN && ticks < 100);
    ck_assert_int_gt(ticks, d.window_ms / TICK_MS);
    ck_assert_int_le(ticks, d.window_ms / TICK_MS + 12); /* a line or a peak may have to forget it as well */
}
END_TEST

START_TEST(test_a_memory_vote_may_be_a_leak)
{
    char text[256];
    struct decision d = tick((struct scene)FLEET(4, 0.40, 0.91));

    decision_sentence(&d, "web", text, sizeof text);
    ck_assert_str_eq(text, "web: scale up 4 -> 6 (memory 91% now, high 80%; more load or a leak)");
}
END_TEST

/* Random fleets: counts that walk, readings that jump, and now and then something that cannot be. */
static double random_share(uint64_t *random)
{
    return (double)random_below(random, 10001) / 10000.0;
}

static double random_reading(uint64_t *random, double last)
{
    static const double odd[] = {NAN, INFINITY, -1.0, 0.0, 1.0, 1e300, 5e-324, 1e-300};

    switch (random_below(random, 40)) {
    case 0:
        return odd[random_below(random, sizeof odd / sizeof odd[0])];
    case 1:
        return random_share(random);
    default:
        return fmin(fmax(last + 0.04 * (random_share(random) - 0.5), 0.0), 1.0);
    }
}

static unsigned random_walk(uint64_t *random, unsigned last, unsigned max)
{
    unsigned step = (unsigned)random_below(random, 3);

    if (random_below(random, 200) == 0)
        return (unsigned)random_below(random, max + 1);
    return last + step > max + 1 ? max : last + step < 1 ? 0 : last + step - 1;
}

struct random_fleet {
    uint64_t random;
    unsigned live;
    unsigned missing;
    unsigned unreported;
    double utilisation[RESOURCE_COUNT];
};

static struct group_observation next_observation(struct random_fleet *fleet)
{
    static const double weights[RESOURCE_COUNT] = {4.0, 16e9, 1.0};
    uint64_t *random = &fleet->random;

    fleet->live = random_walk(random, fleet->live, 120);
    fleet->missing = random_below(random, 3) == 0 ? random_walk(random, fleet->missing, 20) : fleet->missing / 2;
    fleet->unreported = random_below(random, 50) == 0 ? 3 : fleet->unreported / 2;

    struct group_observation observed = {
        .live = fleet->live, .missing = fleet->missing, .unreported = fleet->unreported};
    for (int r = 0; r < RESOURCE_NODE_COUNT; r++) {
        double reading = random_reading(random, fleet->utilisation[r]);
        unsigned nodes = random_below(random, 10) == 0 ? (unsigned)random_below(random, fleet->live + 1) : fleet->live;
        if (reading >= 0.0 && reading <= 1.0)
            fleet->utilisation[r] = reading;
        observed.resource[r] = (struct resource_observation){
            .demand = reading * weights[r] * nodes, .capacity = weights[r] * nodes, .nodes = nodes};
    }
    return observed;
}

static void next_settings(uint64_t *random, struct scaler_settings *s)
{
    char error[256];

    if (random_below(random, 500) != 0)
        return;
    s->nodes_min = 1 + (unsigned)random_below(random, 10);
    s->nodes_max = s->nodes_min + (unsigned)random_below(random, 150);
    s->thresholds[RESOURCE_CPU].low = random_below(random, 2) ? 0.3 : 0.0;
    s->stabilization_ms = (int64_t)random_below(random, 40) * TICK_MS;
    s->lead_time_ms = (int64_t)random_below(random, 600000);
    ck_assert_msg(scaler_settings_check(s, error, sizeof error) == 0, "%s", error);
}

static void check_numbers(const struct decision *d)
{
    for (int r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct forecast *f = &d->forecast[r];
        ck_assert_int_eq(isfinite(d->utilisation[r]) != 0, d->observed.resource[r].nodes > 0);
        ck_assert(isfinite(f->expected) && isfinite(f->slope) && isfinite(f->high) && isfinite(f->bound));
        ck_assert(isfinite(f->price) && isfinite(f->promised) && isfinite(f->paid));
        ck_assert(0.0 <= f->low && f->low <= f->expected && f->expected <= f->high && f->bound >= 0.0);
        ck_assert(isnan(f->coverage) || (f->coverage >= 0.0 && f->coverage <= 1.0));
        ck_assert_int_eq(isfinite(decision_forecast_utilisation(d, (enum resource)r)) != 0, f->valid);
    }
}

/* Whoever leaves, the rest carries the load within `high`, with the silent nodes counted as busy. */
static void check_scale_in(const struct decision *d)
{
    ck_assert_uint_gt(d->observed.live, 0);
    ck_assert_uint_eq(d->observed.unreported, 0);
    for (int r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct resource_observation *o = &d->observed.resource[r];
        if (o->nodes == 0)
            continue;
        double nodes = o->demand / o->capacity * d->observed.live + d->observed.missing;
        ck_assert_double_le(nodes, d->desired * d->settings.thresholds[r].high + 1e-6);
        ck_assert(d->settings.thresholds[r].low == 0.0 || d->utilisation[r] <= d->settings.thresholds[r].low);
    }
}

START_TEST(test_random_fleets_keep_the_rules)
{
    struct random_fleet fleet = {.random = (uint64_t)_i, .live = 10, .utilisation = {0.5, 0.4, 0.1}};
    struct scaler *twin = scaler_new();
    unsigned actions[3] = {0};

    ck_assert_ptr_nonnull(twin);
    for (unsigned i = 0; i < 25000; i++) {
        struct group_observation observed = next_observation(&fleet);
        char texts[2][256];
        next_settings(&fleet.random, &settings);
        now_ms += TICK_MS - 500 + (int64_t)random_below(&fleet.random, 1000);
        if (random_below(&fleet.random, 1000) == 0)
            now_ms += (int64_t)random_below(&fleet.random, 7200000);

        struct decision d = scaler_step(scaler, &settings, now_ms, &observed);
        struct decision same = scaler_step(twin, &settings, now_ms, &observed);
        decision_sentence(&d, "web", texts[0], sizeof texts[0]);
        decision_sentence(&same, "web", texts[1], sizeof texts[1]);
        ck_assert(decision_same(&d, &same));
        ck_assert_str_eq(texts[0], texts[1]);
        ck_assert(strstr(texts[0], "nan") == NULL && strstr(texts[0], "inf") == NULL);

        check_numbers(&d);
        ck_assert(d.action != ACTION_DOWN || (d.desired < d.existing && d.desired >= settings.nodes_min));
        ck_assert(d.action != ACTION_UP || (d.to > d.carrying && d.to <= scaler_settings_max(&settings)));
        ck_assert(d.action != ACTION_HOLD || d.desired >= d.before || d.rule != RULE_NONE);
        if (d.action == ACTION_DOWN)
            check_scale_in(&d);
        actions[d.action]++;
    }
    for (int action = 0; action < 3; action++)
        ck_assert_uint_gt(actions[action], 100);
    scaler_free(twin);
}
END_TEST

/* ---- intentions ---- */

/* An observation of nodes of 4 cores. */
static struct group_observation group_of(unsigned live, double cpu)
{
    return observe((struct scene)FLEET(live, cpu, 0.40));
}

static struct decision see(const struct group_observation *observed)
{
    now_ms += TICK_MS;
    return scaler_step(scaler, &settings, now_ms, observed);
}

static struct decision see_for(unsigned ticks, const struct group_observation *observed)
{
    struct decision d = {0};

    for (unsigned i = 0; i < ticks; i++)
        d = see(observed);
    return d;
}

START_TEST(test_a_withdrawn_order_restores_what_was_desired)
{
    struct group_observation busy = group_of(10, 0.90);

    repeat(CALM, (struct scene)FLEET(10, 0.70, 0.40));
    struct decision up = see(&busy);
    ck_assert_int_eq(up.action, ACTION_UP);
    ck_assert_uint_eq(up.before, 10);
    scaler_ordered(scaler, &up);
    struct decision d = see(&busy);
    ck_assert_uint_eq(d.desired, up.to);
    ck_assert_uint_eq(d.pending, up.to - 10);
    ck_assert_uint_eq(d.carrying, up.to);
    scaler_withdrawn(scaler, up.now_ms);
    d = see(&busy);
    ck_assert_uint_eq(d.before, 10);
    ck_assert_uint_eq(d.pending, 0);
    ck_assert_int_eq(d.action, ACTION_UP); /* at once, not a lead time later */
    ck_assert_uint_gt(d.order_number, up.order_number);
}
END_TEST

/* Nodes that leave or come without an order: what is desired stands. */
START_TEST(test_the_desired_count_is_not_a_count_of_nodes)
{
    struct group_observation fewer = group_of(8, 0.60);

    fewer.left = 2;
    settings.actuator = ACTUATOR_READER;
    repeat(CALM, (struct scene)FLEET(10, 0.70, 0.40));
    struct decision d = see(&fewer);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    ck_assert_uint_eq(d.desired, 10);
    d = join((struct scene)FLEET(12, 0.45, 0.40), 4);
    ck_assert_uint_eq(d.desired, 10);
    ck_assert_uint_eq(d.existing, 12);
}
END_TEST

START_TEST(test_an_intention_that_nothing_wants_ends_after_a_window)
{
    struct group_observation left = group_of(7, 0.70);

    repeat(CALM, (struct scene)FLEET(10, 0.49, 0.40));
    settings.actuator = ACTUATOR_READER;
    ck_assert_uint_eq(see_for(2 * CALM, &left).desired, 10); /* what a reader gets stands */
    settings.actuator = ACTUATOR_HOOK;
    ck_assert_uint_eq(see_for(CALM, &left).desired, 7);
}
END_TEST

START_TEST(test_what_is_wanted_and_exists_is_desired)
{
    struct group_observation observed = group_of(14, 0.75);

    repeat(CALM, (struct scene)FLEET(10, 0.70, 0.40));
    observed.joined = 4; /* without an order */
    struct decision d = see(&observed);
    observed.joined = 0;
    d = see_for(CALM, &observed);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    ck_assert_uint_eq(d.desired, 14);
}
END_TEST

/* A deployment with a surge: each node is kept for a window before it is too many. */
START_TEST(test_nodes_that_come_unasked_are_kept_for_a_window)
{
    struct group_observation surge = group_of(13, 0.75 * 10 / 13);
    unsigned ticks = 0;

    repeat(CALM, (struct scene)FLEET(10, 0.75, 0.40));
    surge.joined = 3;
    struct decision d = see(&surge);
    surge.joined = 0;
    for (; d.action != ACTION_DOWN && ticks < 2 * CALM; ticks++)
        d = see(&surge);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    ck_assert_uint_ge(ticks, (unsigned)(settings.stabilization_ms / TICK_MS));
}
END_TEST

/* Nodes are replaced one by one all the time. Only those that came within the window are kept: of 24 here at most six.
 */
START_TEST(test_steady_replacement_does_not_stop_a_scale_in)
{
    struct group_observation group = group_of(24, 0.10);
    struct decision d = {0};

    (void)see_for(CALM, &group);
    for (unsigned ticks = 0; d.action != ACTION_DOWN && ticks < CALM; ticks++) {
        group.joined = group.left = ticks % 4 == 0;
        d = see(&group);
    }
    ck_assert_int_eq(d.action, ACTION_DOWN);
    group.joined = group.left = 0;
    d = see_for(CALM, &group);
    group.joined = 18; /* more than the load needs */
    d = see(&group);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    ck_assert_uint_ge(d.to, 18 + 3);
}
END_TEST

/* ---- roll call ---- */

/* All twelve nodes that were read back from disk are lost, and what is ordered does not come either. */
START_TEST(test_orders_that_bring_nothing_do_not_grow)
{
    struct group_observation none = {.missing = 12};
    unsigned orders = 0;

    settings.nodes_min = 2;
    for (unsigned ticks = 0; ticks < CALM; ticks++) {
        struct decision d = see(&none);
        if (d.action == ACTION_HOLD)
            continue;
        ck_assert_uint_eq(d.to, 12);
        scaler_ordered(scaler, &d);
        orders++;
    }
    ck_assert_uint_ge(orders, 3);
    struct group_observation all = group_of(12, 0.50);
    all.missing = 12;
    ck_assert_uint_eq(see(&all).before, 12); /* they have come in place of those that are missing */
}
END_TEST

START_TEST(test_nodes_that_do_not_report_are_not_assumed_to_be_wanted_above_the_maximum)
{
    struct group_observation group = {.missing = 12};

    settings.nodes_max = 8;
    struct decision d = see(&group);
    expect(&d, ACTION_UP, 8, GUARD_MINIMUM);
    group = group_of(10, 0.50);
    ck_assert_uint_eq(see(&group).before, 10);
}
END_TEST

START_TEST(test_a_roll_call_orders_more_but_not_fewer)
{
    struct group_observation part = group_of(2, 0.95);

    part.roll_call = part.roll_call_blind = true;
    struct decision d = see(&part);
    ck_assert_int_eq(d.action, ACTION_UP);
    ck_assert_uint_eq(d.to, 3);                 /* at least, and so harmless where twelve run */
    ck_assert(!d.forecast[RESOURCE_CPU].valid); /* of a part of the group nothing is forecast */
    scaler_ordered(scaler, &d);
    struct group_observation whole = group_of(12, 0.20);
    whole.roll_call = true;
    d = see_for(2 * CALM, &whole);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    whole.roll_call = false;
    unsigned ticks = 0;
    for (d = see(&whole); d.action != ACTION_DOWN && ticks < CALM; ticks++)
        d = see(&whole);
    ck_assert_uint_ge(ticks + 1, (unsigned)(d.window_ms / TICK_MS)); /* a whole window after it */
}
END_TEST

/* After a start without a state nobody knows how large the group of a reader is. */
START_TEST(test_a_reader_gets_no_number_until_its_group_is_known)
{
    struct group_observation group = group_of(2, 0.25);
    unsigned ticks = 0;

    settings.actuator = ACTUATOR_READER;
    settings.nodes_min = 4;
    struct decision d = see(&group);
    ck_assert(d.observed.roll_call_blind);
    for (; d.observed.roll_call_blind && ticks < CALM; ticks++)
        d = see(&group);
    ck_assert_int_eq(ticks, settings.lead_time_ms / TICK_MS + 1); /* nodes that start report by then */
    ck_assert(d.forecast[RESOURCE_CPU].valid);                    /* meanwhile the load is known */
    teardown();
    setup();
    settings.actuator = ACTUATOR_READER;
    group.counted = true;
    group.count = 7;
    d = see(&group);
    ck_assert(!d.observed.roll_call_blind);
    ck_assert_uint_eq(d.desired, 7);
}
END_TEST

/* It does not wait when those that report need help; before, nothing is ordered by a number that nobody gets. */
START_TEST(test_a_reader_whose_nodes_need_help_gets_a_number_after_roll_call)
{
    struct group_observation group = group_of(4, 0.95);

    settings.actuator = ACTUATOR_READER;
    group.roll_call = group.roll_call_blind = true;
    struct decision d = see_for(8, &group);
    expect(&d, ACTION_HOLD, 4, d.guard);
    group.roll_call = group.roll_call_blind = false;
    (void)see(&group);
    d = see(&group);
    ck_assert(!d.observed.roll_call_blind);
    ck_assert_int_eq(d.action, ACTION_UP);
    ck_assert_uint_gt(d.desired, 4);
}
END_TEST

/* After a restart with its state. The last recommendation stands until all nodes have reported. */
START_TEST(test_a_roll_call_of_several_ticks_is_no_gap)
{
    struct group_observation whole = group_of(10, 0.40);
    struct group_observation part = group_of(2, 0.10);

    settings.actuator = ACTUATOR_NONE;
    struct decision d = see_for(4 * CALM, &whole);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    part.unreported = 8;
    d = see_for(6, &part);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    d = see(&whole);
    expect(&d, ACTION_DOWN, 5, d.guard);
    whole.roll_call = true; /* many have returned: what was before is not known */
    d = see_for(2, &whole);
    whole.roll_call = false;
    d = see(&whole);
    expect(&d, ACTION_HOLD, 10, GUARD_STABILIZATION);
}
END_TEST

/* A deployment is rolled while the collector starts without a state: nodes that leave have been replaced. */
START_TEST(test_nodes_that_leave_are_not_assumed_to_be_desired)
{
    struct group_observation group = group_of(10, 0.45);

    settings.actuator = ACTUATOR_READER;
    group.leaving = 6;
    struct decision d = see(&group);
    ck_assert_uint_eq(d.existing, 16);
    for (unsigned ticks = 0; d.observed.roll_call_blind && ticks < CALM; ticks++)
        d = see(&group);
    ck_assert(!d.observed.roll_call_blind);
    expect(&d, ACTION_HOLD, 10, d.guard);
}
END_TEST

START_TEST(test_a_roll_call_does_not_restore_the_minimum)
{
    struct group_observation none = {.roll_call = true, .roll_call_blind = true};

    settings.nodes_min = 3;
    struct decision d = see(&none);
    expect(&d, ACTION_HOLD, 0, GUARD_NO_DATA);
    none.roll_call = none.roll_call_blind = false;
    d = see(&none);
    expect(&d, ACTION_UP, 3, GUARD_MINIMUM);
}
END_TEST

/* Five of six nodes move to another group one by one. Later, the group has had its minimum without them. */
START_TEST(test_nodes_that_changed_their_group_do_not_fulfil_the_minimum_for_ever)
{
    struct group_observation group = group_of(6, 0.45);

    settings.nodes_min = 5;
    (void)see(&group);
    for (unsigned moved = 1; moved <= 5; moved++) {
        group = group_of(6 - moved, 0.45);
        group.regrouped = moved;
        struct decision d = see(&group);
        ck_assert_int_eq(d.action, ACTION_HOLD);
    }
    group = group_of(5, 0.45);
    group.regrouped = 5;
    (void)see(&group);
    group = group_of(0, 0.45);
    group.missing = 5;
    group.regrouped = 5;
    struct decision d = see(&group);
    ck_assert_int_eq(d.action, ACTION_UP);
    ck_assert_int_eq(d.guard, GUARD_MINIMUM);
}
END_TEST

/* All nodes of a group move to another one, one at a tick. */
static struct decision move_all(unsigned nodes, bool configured)
{
    struct group_observation group = group_of(nodes, 0.7);
    struct decision d = see_for(CALM, &group);

    for (unsigned moved = 1; moved <= nodes; moved++) {
        group = group_of(nodes - moved, 0.7);
        group.configured = configured;
        group.regrouped = moved;
        group.moved = 1;
        d = see(&group);
        ck_assert_int_eq(d.action, ACTION_HOLD);
    }
    return d;
}

START_TEST(test_a_group_that_was_emptied_by_moves_is_not_restored)
{
    struct group_observation none = {.regrouped = 5}; /* the others have left the group that they moved to */

    struct decision d = move_all(10, false);
    expect(&d, ACTION_HOLD, 0, GUARD_NO_DATA);
    d = see(&none);
    expect(&d, ACTION_HOLD, 0, GUARD_NO_DATA);

    struct group_observation group = group_of(1, 0.7); /* it is in use again */
    (void)see(&group);
    none.regrouped = 0;
    d = see(&none);
    expect(&d, ACTION_UP, 1, GUARD_MINIMUM);
}
END_TEST

START_TEST(test_a_configured_group_that_was_emptied_by_moves_gets_its_minimum)
{
    const struct group_observation none = {.configured = true};

    settings.nodes_min = 2;
    (void)move_all(10, true);
    struct decision d = see(&none);
    expect(&d, ACTION_UP, 2, GUARD_MINIMUM);
}
END_TEST

START_TEST(test_an_order_taken_back_does_not_bring_back_what_was_moved)
{
    struct group_observation group = group_of(4, 0.45);

    (void)see_for(CALM, &group);
    group = group_of(4, 0.95);
    struct decision d = see(&group);
    ck_assert_int_eq(d.action, ACTION_UP);
    scaler_ordered(scaler, &d);
    group = group_of(1, 0.45);
    group.moved = group.regrouped = 3;
    scaler_withdrawn(scaler, see(&group).now_ms - 2 * TICK_MS);
    group.moved = 0;
    d = see(&group);
    ck_assert_uint_eq(d.before, 1);
}
END_TEST

START_TEST(test_the_forecast_adds_nothing_while_it_remembers_nodes_that_moved)
{
    struct group_observation group = group_of(10, 0.7);
    unsigned ticks = 1;

    ck_assert(!see_for(CALM, &group).is_regrouping);
    group = group_of(5, 0.7);
    group.regrouped = group.moved = 5;
    ck_assert(see(&group).is_regrouping);
    for (group.moved = 0; ticks < CALM && see(&group).is_regrouping; ticks++)
        continue;
    /* the past that forecasts look at, a lead time and 4 ticks */
    ck_assert_int_eq(ticks * TICK_MS, 120000 + settings.lead_time_ms + 4 * TICK_MS);
}
END_TEST

/* Once it has forgotten the time before, it orders again. */
START_TEST(test_the_forecast_votes_again_some_time_after_a_move)
{
    struct group_observation group = group_of(10, 0.6);
    struct decision d = see_for(CALM, &group);

    group = group_of(5, 0.6);
    group.regrouped = group.moved = 5;
    (void)see(&group);
    group.moved = 0;
    (void)see_for(CALM, &group);
    for (double load = 0.62; load < 0.79 && d.action != ACTION_UP; load += 0.02) {
        group = group_of(5, load);
        group.regrouped = 5;
        d = see(&group);
    }
    ck_assert_int_eq(d.action, ACTION_UP);
    ck_assert_int_eq(d.rule, RULE_FORECAST);
}
END_TEST

/* ---- orders ---- */

/* The minimum is restored while the network is away; then the nodes report again, which is no join. */
START_TEST(test_an_order_is_fulfilled_by_nodes_that_return)
{
    struct group_observation group = group_of(6, 0.45);
    struct group_observation away = {.missing = 6};

    settings.nodes_min = 2;
    (void)see_for(CALM, &group);
    struct decision d = see(&away);
    expect(&d, ACTION_UP, 6, GUARD_MINIMUM);
    scaler_ordered(scaler, &d);
    d = see(&away);
    ck_assert_uint_eq(d.pending, 6);
    d = see(&group);
    ck_assert_uint_eq(d.pending, 0);
    ck_assert_uint_eq(d.existing, 6);
}
END_TEST

/* Nodes that the actuator counts are on their way, however slow they start. */
START_TEST(test_counted_nodes_are_not_ordered_twice)
{
    struct group_observation busy = group_of(10, 0.90);

    repeat(CALM, (struct scene)FLEET(10, 0.70, 0.40));
    busy.counted = true;
    busy.count = 10;
    struct decision d = see(&busy);
    ck_assert_int_eq(d.action, ACTION_UP);
    scaler_ordered(scaler, &d);
    busy.count = d.to;
    d = see_for(20, &busy);
    ck_assert_uint_eq(d.overdue, 0);
    ck_assert_uint_le(d.desired, 14); /* one more is forecast by now */
    busy.count = 10;                  /* they are gone again */
    d = see(&busy);
    ck_assert_int_eq(d.action, ACTION_UP);
}
END_TEST

START_TEST(test_one_scale_in_a_lead_time)
{
    struct group_observation idle = group_of(16, 0.05);
    unsigned ticks = 0;

    struct decision d = see_for(CALM, &idle);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    ck_assert_uint_eq(d.to, 8);
    ck_assert_uint_eq(d.victims, 8);
    scaler_ordered(scaler, &d);
    idle = group_of(8, 0.10);
    idle.left = 8;
    d = see(&idle);
    expect(&d, ACTION_HOLD, 8, GUARD_ORDERED);
    idle.left = 0;
    for (; d.action != ACTION_DOWN && ticks < CALM; ticks++)
        d = see(&idle);
    ck_assert_uint_eq(ticks + 1, (unsigned)(settings.lead_time_ms / TICK_MS));
}
END_TEST

/* Victims are capacity until they leave. */
START_TEST(test_a_scale_in_that_nobody_carries_out_changes_nothing)
{
    struct group_observation idle = group_of(10, 0.40);

    struct decision d = see_for(CALM, &idle);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    scaler_ordered(scaler, &d);
    d = see(&idle);
    ck_assert_uint_eq(d.removing, 5);
    ck_assert_uint_eq(d.existing, 10);
    ck_assert_uint_eq(d.carrying, 10);
    d = see_for(9, &idle);
    ck_assert_uint_eq(d.removing, 0); /* it is dead, and decided afresh */
    ck_assert_int_eq(d.action, ACTION_DOWN);
}
END_TEST

/* A person pins a number: it is reached in steps, it stands against the votes, and its end is an ordinary scale-in. */
START_TEST(test_a_pin_from_its_beginning_to_its_end)
{
    struct group_observation group = group_of(10, 0.60);

    see_for(CALM, &group);
    group.pin = 30;
    struct decision d = see(&group);
    expect(&d, ACTION_UP, 20, GUARD_STEP);
    scaler_ordered(scaler, &d);
    d = see(&group);
    expect(&d, ACTION_UP, 30, GUARD_NONE);
    scaler_ordered(scaler, &d);
    d = see(&group);
    expect(&d, ACTION_HOLD, 30, GUARD_NONE);
    group = group_of(30, 0.20);
    group.pin = 30;
    group.joined = 20;
    see(&group);
    group.joined = 0;
    d = see_for(2 * CALM, &group);
    expect(&d, ACTION_HOLD, 30, GUARD_NONE);
    group.paused = true;
    group.pin = 60;
    d = see(&group);
    expect(&d, ACTION_HOLD, 30, GUARD_PAUSED);
    group.paused = false;
    group.orders_elsewhere = true;
    d = see(&group);
    expect(&d, ACTION_HOLD, 30, GUARD_ELSEWHERE);
    group.orders_elsewhere = false;
    group.pin = 30;
    group.live = 33; /* three are there by hand */
    d = see(&group);
    expect(&d, ACTION_DOWN, 30, GUARD_NONE);
    group.live = 30;
    group.pin = 0;
    d = see(&group);
    ck_assert_int_eq(d.action, ACTION_DOWN);
    ck_assert_int_eq(d.rule, RULE_FORECAST);
    ck_assert_uint_ge(d.to, 15);
}
END_TEST

START_TEST(test_a_group_below_its_minimum_says_why_nothing_is_ordered)
{
    struct group_observation group = group_of(4, 0.60);

    settings.nodes_min = 6;
    group.orders_elsewhere = true;
    struct decision d = see(&group);
    expect(&d, ACTION_HOLD, 4, GUARD_ELSEWHERE);
    group.orders_elsewhere = false;
    group.paused = true;
    d = see(&group);
    expect(&d, ACTION_HOLD, 4, GUARD_PAUSED);
    group.paused = false;
    d = see(&group);
    expect(&d, ACTION_UP, 6, GUARD_MINIMUM);
}
END_TEST

START_TEST(test_where_nothing_is_ordered_the_count_is_what_the_votes_say)
{
    struct group_observation busy = group_of(10, 0.90);
    struct group_observation calm = group_of(10, 0.70);

    settings.actuator = ACTUATOR_NONE;
    see_for(CALM, &calm);
    ck_assert_uint_gt(see(&busy).desired, 10);
    see_for(CALM, &busy);
    ck_assert_uint_eq(see_for(CALM, &calm).desired, 10);
    ck_assert(!decision_acts(&(struct decision){.settings = settings}));
}
END_TEST

START_TEST(test_free_takes_null)
{
    scaler_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaler");
    TCase *tcase = tcase_create("group");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_decides, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tcase, test_a_rising_load_is_met_before_it_crosses_high);
    tcase_add_test(tcase, test_nodes_that_join_are_no_change_of_demand);
    tcase_add_test(tcase, test_one_outlier_moves_nothing);
    tcase_add_test(tcase, test_a_group_appears_and_disappears);
    tcase_add_test(tcase, test_a_lower_maximum_is_a_scale_in_like_another);
    tcase_add_test(tcase, test_before_the_first_data_no_known_node_is_given_up);
    tcase_add_test(tcase, test_silence_is_not_recorded);
    tcase_add_test(tcase, test_a_long_pause_starts_the_window_anew);
    tcase_add_test(tcase, test_a_longer_window_has_to_be_seen);
    tcase_add_test(tcase, test_a_slower_tick_is_no_gap);
    tcase_add_test(tcase, test_a_peak_holds_scale_in_for_the_window);
    tcase_add_test(tcase, test_a_memory_vote_may_be_a_leak);
    tcase_add_loop_test(tcase, test_random_fleets_keep_the_rules, 1, 5);
    tcase_add_test(tcase, test_a_withdrawn_order_restores_what_was_desired);
    tcase_add_test(tcase, test_the_desired_count_is_not_a_count_of_nodes);
    tcase_add_test(tcase, test_an_intention_that_nothing_wants_ends_after_a_window);
    tcase_add_test(tcase, test_what_is_wanted_and_exists_is_desired);
    tcase_add_test(tcase, test_nodes_that_come_unasked_are_kept_for_a_window);
    tcase_add_test(tcase, test_steady_replacement_does_not_stop_a_scale_in);
    tcase_add_test(tcase, test_orders_that_bring_nothing_do_not_grow);
    tcase_add_test(tcase, test_nodes_that_do_not_report_are_not_assumed_to_be_wanted_above_the_maximum);
    tcase_add_test(tcase, test_a_roll_call_orders_more_but_not_fewer);
    tcase_add_test(tcase, test_a_reader_gets_no_number_until_its_group_is_known);
    tcase_add_test(tcase, test_a_reader_whose_nodes_need_help_gets_a_number_after_roll_call);
    tcase_add_test(tcase, test_a_roll_call_of_several_ticks_is_no_gap);
    tcase_add_test(tcase, test_nodes_that_leave_are_not_assumed_to_be_desired);
    tcase_add_test(tcase, test_a_roll_call_does_not_restore_the_minimum);
    tcase_add_test(tcase, test_nodes_that_changed_their_group_do_not_fulfil_the_minimum_for_ever);
    tcase_add_test(tcase, test_a_group_that_was_emptied_by_moves_is_not_restored);
    tcase_add_test(tcase, test_a_configured_group_that_was_emptied_by_moves_gets_its_minimum);
    tcase_add_test(tcase, test_an_order_taken_back_does_not_bring_back_what_was_moved);
    tcase_add_test(tcase, test_the_forecast_adds_nothing_while_it_remembers_nodes_that_moved);
    tcase_add_test(tcase, test_the_forecast_votes_again_some_time_after_a_move);
    tcase_add_test(tcase, test_an_order_is_fulfilled_by_nodes_that_return);
    tcase_add_test(tcase, test_counted_nodes_are_not_ordered_twice);
    tcase_add_test(tcase, test_one_scale_in_a_lead_time);
    tcase_add_test(tcase, test_a_scale_in_that_nobody_carries_out_changes_nothing);
    tcase_add_test(tcase, test_a_pin_from_its_beginning_to_its_end);
    tcase_add_test(tcase, test_a_group_below_its_minimum_says_why_nothing_is_ordered);
    tcase_add_test(tcase, test_where_nothing_is_ordered_the_count_is_what_the_votes_say);
    tcase_add_test(tcase, test_free_takes_null);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
