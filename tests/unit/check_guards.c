/* What must not happen to a fleet, each with the guard that prevents it. More of them: a counter that was reset
 * (check_rates.c), a clock that was set (check_state.c, check_node_clock.c), what was ordered and by whom
 * (check_group.c, check_policy.c), a hook that fails (check_hook_queue.c). */
#include "scaler/scaler.h"

#include "common/random.h"
#include "scaler/sizing.h"
#include "support/sanitized.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 15000
#define CALM    120 /* ticks of one load, and nothing is left of a forecast's first margin */
#define STEPS   5

/* ---- one thing that happens ---- */

enum order { NOTHING, ORDERED, FAILED }; /* what becomes of a decision to act */

/* That many ticks of it; nodes of 4 cores and 16 GB. */
struct phase {
    unsigned ticks;
    unsigned live;
    double cpu, memory;
    unsigned missing, warming, joined;
    enum order order;
    int64_t pause_ms; /* before it */
    bool unrecorded;
};

struct scenario {
    const char *name;
    struct phase phases[STEPS];
    enum scale_mode mode;
    unsigned nodes_min, nodes_max;
    bool stop_futile;
    /* at the last tick */
    enum scale_action action;
    unsigned desired;
    enum scale_guard guard;
    const char *says; /* part of the sentence */
};

#define AT(n, l, c, m) .ticks = (n), .live = (l), .cpu = (c), .memory = (m)

static const struct scenario scenarios[] = {
    {.name = "one silent node of 70",
     .phases = {{AT(CALM, 70, 0.40, 0.20)}, {AT(1, 69, 28.0 / 69, 0.20), .missing = 1}},
     .action = ACTION_DOWN,
     .desired = 37,
     .guard = GUARD_MISSING_NODES,
     .says = "the 1 node that does not report counts as busy"},
    {.name = "one silent node of 70 stops no scale-out",
     .phases = {{AT(CALM, 70, 0.70, 0.20)}, {AT(1, 69, 0.95, 0.20), .missing = 1}},
     .nodes_max = 200,
     .action = ACTION_UP,
     .desired = 82,
     .guard = GUARD_NONE,
     .says = "high 80%"},
    {.name = "whole group silent",
     .phases = {{AT(CALM, 10, 0.70, 0.20)}, {AT(40, 0, NAN, NAN), .missing = 10}, {AT(100, 0, NAN, NAN)}},
     .action = ACTION_UP,
     .desired = 10, /* at least as many as were desired, and so harmless where they are there */
     .guard = GUARD_MINIMUM,
     .says = "no decision without data"},
    {.name = "half the group silent",
     .phases = {{AT(CALM, 10, 0.60, 0.20)}, {AT(40, 5, 0.60, 0.20), .missing = 5}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_MISSING_NODES,
     .says = "the 5 nodes that do not report count as busy"},
    {.name = "more than half silent",
     .phases = {{AT(CALM, 10, 0.75, 0.20)}, {AT(40, 4, 0.10, 0.20), .missing = 6}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_MISSING_NODES,
     .says = "the 6 nodes that do not report count as busy"},
    {.name = "more than half vanish, and the survivors are full",
     .phases = {{AT(CALM, 10, 0.75, 0.20)}, {AT(1, 4, 1.0, 0.20), .missing = 6}},
     .action = ACTION_UP,
     .desired = 10,
     .guard = GUARD_NONE,
     .says = "scale up to at least 10, 4 of them carry load"},
    {.name = "what was ordered for them does not come: they are there, and carry nothing",
     .phases = {{AT(CALM, 10, 0.75, 0.20)},
                {AT(1, 4, 1.0, 0.20), .missing = 6, .order = ORDERED},
                {AT(10, 4, 1.0, 0.20), .missing = 6}},
     .action = ACTION_UP,
     .desired = 12,
     .guard = GUARD_NONE,
     .says = "scale up to at least 12, 4 of them carry load"},
    {.name = "what comes back after a silence is not the whole window",
     .phases = {{AT(CALM, 10, 0.70, 0.20)}, {AT(40, 0, NAN, NAN), .missing = 10}, {AT(2, 10, 0.20, 0.20)}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_STABILIZATION,
     .says = "waits for the stabilization window"},
    {.name = "nodes that join have not brought load along",
     .phases = {{AT(CALM, 10, 0.60, 0.20)},
                {AT(1, 10, 0.82, 0.20), .order = ORDERED},
                {AT(1, 13, 0.82, 0.20), .warming = 3, .joined = 3}},
     .action = ACTION_HOLD,
     .desired = 11, /* one came unasked, and is kept for a window */
     .guard = GUARD_STABILIZATION,
     .says = "scale-in to 11 waits for the stabilization window"},
    {.name = "a node joins cold at 100 % cpu", /* its reading is not among the sums */
     .phases = {{AT(CALM, 10, 0.76, 0.20)}, {AT(1, 11, 0.76, 0.20), .warming = 1, .joined = 1}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_STABILIZATION,
     .says = "scale-in to 10 waits for the stabilization window"},
    {.name = "order on its way",
     .phases = {{AT(CALM, 10, 0.50, 0.40)}, {AT(1, 10, 0.50, 0.91), .order = ORDERED}, {AT(9, 10, 0.50, 0.91)}},
     .action = ACTION_HOLD,
     .desired = 13,
     .guard = GUARD_NONE,
     .says = "3 ordered and pending"},
    {.name = "order overdue", /* a lead time and a tick, and the same number is stated again */
     .phases = {{AT(CALM, 10, 0.50, 0.40)}, {AT(1, 10, 0.50, 0.91), .order = ORDERED}, {AT(10, 10, 0.50, 0.91)}},
     .action = ACTION_UP,
     .desired = 13,
     .guard = GUARD_NONE,
     .says = "3 overdue"},
    {.name = "order never fulfilled",
     .phases = {{AT(CALM, 10, 0.50, 0.40)}, {AT(1, 10, 0.50, 0.91), .order = ORDERED}, {AT(41, 10, 0.50, 0.91)}},
     .action = ACTION_UP,
     .desired = 13,
     .guard = GUARD_NONE,
     .says = "3 never joined and are no longer awaited"},
    {.name = "order fulfilled in part",
     .phases = {{AT(CALM, 10, 0.50, 0.40)},
                {AT(1, 10, 0.50, 0.91), .order = ORDERED},
                {AT(1, 12, 0.42, 0.91 * 10 / 12), .joined = 2}},
     .action = ACTION_HOLD,
     .desired = 13,
     .guard = GUARD_STABILIZATION,
     .says = "1 ordered and pending"},
    {.name = "hook fails five times",
     .phases = {{AT(CALM, 10, 0.50, 0.40)}, {AT(5, 10, 0.50, 0.91), .order = FAILED}, {AT(1, 10, 0.50, 0.91)}},
     .action = ACTION_UP,
     .desired = 13,
     .guard = GUARD_NONE,
     .says = "scale up 10 -> 13 (memory 91% now"},
    {.name = "load that does not fall with more nodes",
     .phases = {{AT(CALM, 10, 0.50, 0.40)},
                {AT(1, 10, 0.95, 0.40)},
                {AT(1, 14, 0.95, 0.40), .joined = 4},
                {AT(1, 18, 0.95, 0.40), .joined = 4},
                {AT(1, 22, 0.95, 0.40), .joined = 4}},
     .stop_futile = true,
     .action = ACTION_HOLD,
     .desired = 22,
     .guard = GUARD_FUTILE,
     .says = "have not helped, so no more"},
    {.name = "and only told unless it is to stop",
     .phases = {{AT(CALM, 10, 0.50, 0.40)},
                {AT(1, 10, 0.95, 0.40)},
                {AT(1, 14, 0.95, 0.40), .joined = 4},
                {AT(1, 18, 0.95, 0.40), .joined = 4},
                {AT(1, 22, 0.95, 0.40), .joined = 4}},
     .action = ACTION_UP,
     .desired = 27,
     .guard = GUARD_NONE,
     .says = "more nodes have not helped"},
    {.name = "level shift",
     .phases = {{AT(CALM, 10, 0.50, 0.20)}, {AT(1, 10, 0.72, 0.20)}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_DEAD_BAND,
     .says = "cpu 72% now"},
    {.name = "level shift, when it is the level",
     .phases = {{AT(CALM, 10, 0.50, 0.20)}, {AT(700, 10, 0.74, 0.20)}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_NONE,
     .says = "cpu 74% now, 74% within"},
    {.name = "single outlier",
     .phases = {{AT(CALM, 10, 0.60, 0.20)}, {AT(1, 10, 0.78, 0.20)}, {AT(1, 10, 0.60, 0.20)}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_DEAD_BAND,
     .says = "cpu 60% now"},
    {.name = "the machine stood still",
     .phases = {{AT(CALM, 10, 0.40, 0.20)}, {AT(1, 10, 0.40, 0.20), .pause_ms = 3600000}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_STABILIZATION,
     .says = "waits for the stabilization window"},
    {.name = "a tick at the same time",
     .phases = {{AT(CALM, 10, 0.70, 0.20)}, {AT(1, 10, 0.70, 0.20), .pause_ms = -TICK_MS}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_DEAD_BAND,
     .says = "too small a change"},
    {.name = "fleet of one",
     .phases = {{AT(CALM, 1, 0.10, 0.20)}},
     .action = ACTION_HOLD,
     .desired = 1,
     .guard = GUARD_NONE,
     .says = "hold 1"},
    {.name = "fleet of one that is full",
     .phases = {{AT(CALM, 1, 0.10, 0.20)}, {AT(1, 1, 0.90, 0.20)}},
     .action = ACTION_UP,
     .desired = 2,
     .guard = GUARD_NONE,
     .says = "scale up 1 -> 2"},
    {.name = "min = max, full",
     .phases = {{AT(CALM, 3, 0.95, 0.20)}},
     .nodes_min = 3,
     .nodes_max = 3,
     .action = ACTION_HOLD,
     .desired = 3,
     .guard = GUARD_MAXIMUM,
     .says = "the maximum"},
    {.name = "min = max, idle",
     .phases = {{AT(CALM, 3, 0.05, 0.20)}},
     .nodes_min = 3,
     .nodes_max = 3,
     .action = ACTION_HOLD,
     .desired = 3,
     .guard = GUARD_MINIMUM,
     .says = "the minimum"},
    {.name = "zero demand",
     .phases = {{AT(CALM, 8, 0.0, 0.0)}},
     .action = ACTION_DOWN,
     .desired = 4,
     .guard = GUARD_STEP,
     .says = "1 in several steps"},
    {.name = "zero demand, step by step",
     .phases = {{AT(CALM, 8, 0.0, 0.0)}, {AT(3, 8, 0.0, 0.0), .order = ORDERED}},
     .action = ACTION_HOLD,
     .desired = 4,
     .guard = GUARD_ORDERED,
     .says = "4 to be removed"},
    {.name = "nodes that are ordered away and stay",
     .phases = {{AT(CALM, 8, 0.0, 0.0)}, {AT(240, 8, 0.0, 0.0), .order = ORDERED}},
     .action = ACTION_HOLD,
     .desired = 4, /* they are capacity until they have left */
     .guard = GUARD_ORDERED,
     .says = "scale-in to 1 waits for the last order"},
    {.name = "saturated from the start",
     .phases = {{AT(1, 8, 1.0, 0.20)}},
     .action = ACTION_UP,
     .desired = 15,
     .guard = GUARD_NONE,
     .says = "saturated, so demand may be higher"},
    {.name = "saturated from the start, small",
     .phases = {{AT(1, 1, 1.0, 0.20)}},
     .action = ACTION_UP,
     .desired = 2,
     .guard = GUARD_NONE,
     .says = "saturated, so demand may be higher"},
    {.name = "a group appears",
     .phases = {{AT(3, 0, NAN, NAN)}},
     .nodes_min = 3,
     .action = ACTION_UP,
     .desired = 3,
     .guard = GUARD_MINIMUM,
     .says = "no nodes"},
    {.name = "a group disappears",
     .phases = {{AT(CALM, 4, 0.75, 0.20)}, {AT(20, 0, NAN, NAN), .missing = 4}, {AT(1000, 0, NAN, NAN)}},
     .action = ACTION_UP,
     .desired = 4, /* that many were desired */
     .guard = GUARD_MINIMUM,
     .says = "no nodes"},
    {.name = "memory forbids it",
     .phases = {{AT(CALM, 10, 0.20, 0.60)}},
     .action = ACTION_DOWN,
     .desired = 8,
     .guard = GUARD_PROJECTION,
     .says = "would bring memory above 80%"},
    {.name = "no log, no scale-in",
     .phases = {{AT(CALM, 10, 0.40, 0.20)}, {AT(1, 10, 0.40, 0.20), .unrecorded = true}},
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_UNRECORDED,
     .says = "decisions.csv can't be written"},
    {.name = "no log, but scale-out",
     .phases = {{AT(CALM, 10, 0.40, 0.20)}, {AT(1, 10, 0.40, 0.91), .unrecorded = true}},
     .action = ACTION_UP,
     .desired = 13,
     .guard = GUARD_NONE,
     .says = "memory 91% now"},
    {.name = "out only",
     .phases = {{AT(CALM, 10, 0.40, 0.20)}},
     .mode = MODE_OUT_ONLY,
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_MODE,
     .says = "mode out-only does not allow"},
    {.name = "off",
     .phases = {{AT(CALM, 10, 0.95, 0.95)}},
     .mode = MODE_OFF,
     .action = ACTION_HOLD,
     .desired = 10,
     .guard = GUARD_MODE,
     .says = "the mode is off"},
    {.name = "a step",
     .phases = {{AT(CALM, 1, 0.50, 0.20)}, {AT(1, 1, 0.50, 7.0)}},
     .action = ACTION_UP,
     .desired = 5,
     .guard = GUARD_STEP,
     .says = "10 in several steps"},
};

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

static struct group_observation observe(const struct phase *phase)
{
    struct group_observation o = {.live = phase->live,
                                  .missing = phase->missing,
                                  .warming = phase->warming,
                                  .joined = phase->joined,
                                  .unrecorded = phase->unrecorded};
    unsigned n = phase->live - phase->warming;

    if (n > 0) {
        o.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = phase->cpu * 4.0 * n, .capacity = 4.0 * n, .nodes = n};
        o.resource[RESOURCE_MEMORY] =
            (struct resource_observation){.demand = phase->memory * 16e9 * n, .capacity = 16e9 * n, .nodes = n};
    }
    return o;
}

static struct decision live_through(const struct phase *phase)
{
    struct group_observation observed = observe(phase);
    struct decision d = {0};

    now_ms += phase->pause_ms;
    for (unsigned i = 0; i < phase->ticks; i++) {
        now_ms += TICK_MS;
        d = scaler_step(scaler, &settings, now_ms, &observed);
        observed.joined = 0;
        if (d.action == ACTION_HOLD || phase->order == NOTHING)
            continue;
        if (i + 1 < phase->ticks || phase->order == FAILED || d.action == ACTION_UP)
            scaler_ordered(scaler, &d);
        if (phase->order == FAILED)
            scaler_withdrawn(scaler, d.now_ms);
    }
    return d;
}

START_TEST(test_what_must_not_happen)
{
    const struct scenario *s = &scenarios[_i];
    struct decision d = {0};
    char text[512];

    if (s->mode != MODE_OFF || strcmp(s->name, "off") == 0)
        settings.mode = s->mode;
    settings.nodes_min = s->nodes_min > 0 ? s->nodes_min : settings.nodes_min;
    settings.nodes_max = s->nodes_max > 0 ? s->nodes_max : settings.nodes_max;
    settings.stop_futile = s->stop_futile;
    for (unsigned i = 0; i < STEPS && s->phases[i].ticks > 0; i++)
        d = live_through(&s->phases[i]);
    decision_sentence(&d, "web", text, sizeof text);
    ck_assert_msg(d.action == s->action && d.desired == s->desired && d.guard == s->guard,
                  "%s: %s, guard %s; expected %s to %u, guard %s", s->name, text, guard_names[d.guard],
                  action_names[s->action], s->desired, guard_names[s->guard]);
    ck_assert_msg(strstr(text, s->says) != NULL, "%s: %s", s->name, text);
}
END_TEST

/* The nodes that were ordered away have left, and as many others have joined. */
static void settle(unsigned nodes)
{
    struct group_observation observed = {.live = 10, .joined = nodes, .left = nodes};

    observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 16.0, .capacity = 40.0, .nodes = 10};
    now_ms += TICK_MS;
    (void)scaler_step(scaler, &settings, now_ms, &observed);
}

/* So many scale-ins within an hour and no more, until the first of them is an hour old. */
START_TEST(test_churn)
{
    static const struct phase calm = {AT(CALM, 10, 0.40, 0.20)};
    unsigned orders = 0;
    struct decision d = live_through(&calm);

    settings.scale_ins_max = 3;
    for (int tick = 0; tick < 4 * 60 + 20; tick++) {
        static const struct phase one = {AT(1, 10, 0.40, 0.20)};
        d = live_through(&one);
        if (d.action == ACTION_DOWN) {
            orders++;
            scaler_ordered(scaler, &d);
            settle(d.current - d.desired); /* they go, and others come unasked */
            tick++;
        }
        if (tick == 70)
            ck_assert_int_eq(d.guard, GUARD_CHURN);
        if (tick < 4 * 60)
            ck_assert_uint_le(orders, 3);
    }
    ck_assert_uint_eq(orders, 4);
}
END_TEST

/* ---- silence that ends ---- */

static const struct {
    unsigned silent, ticks;
    bool moves; /* the others carry their load meanwhile */
} silences[] = {{1, 2, false},  {5, 2, false},   {5, 8, false}, {15, 2, false}, {15, 5, false}, {25, 2, false},
                {35, 5, false}, {35, 20, false}, {1, 2, true},  {5, 2, true},   {5, 8, true}};

START_TEST(test_silent_nodes_that_come_back_are_no_new_load)
{
    uint64_t random = (uint64_t)_i;
    unsigned silent = silences[_i].silent;

    settings.nodes_max = 200;
    for (unsigned tick = 0; tick < 400; tick++) {
        bool silence = tick >= 300 && tick < 300 + silences[_i].ticks;
        double noise = 0.01 * ((double)random_below(&random, 1001) / 1000.0 - 0.5);
        struct phase phase = {AT(1, silence ? 70 - silent : 70, 0.70 + noise, 0.20), .missing = silence ? silent : 0};
        if (silence && silences[_i].moves)
            phase.cpu *= 70.0 / (70 - silent);
        struct decision d = live_through(&phase);
        ck_assert_msg(tick < 300 || d.action != ACTION_UP, "tick %u: to %u", tick, d.desired);
        ck_assert_msg(tick < 300 || d.action != ACTION_DOWN || d.desired >= 60, "tick %u: to %u", tick, d.desired);
    }
}
END_TEST

/* ---- random fleets ---- */

#define COMING_MAX  512U
#define FLEET_TICKS (SANITIZED ? 2500U : 50000U)

/* What becomes of orders: nodes come and go after a random time, some never. */
struct world {
    uint64_t random;
    unsigned live, missing, unreported;
    unsigned lost; /* given up, and still running somewhere */
    double demand; /* in cores */
    unsigned coming, going;
    int64_t comes_ms[COMING_MAX];
    int64_t goes_ms[COMING_MAX];
    unsigned joined, left;
};

static int64_t delay(struct world *world)
{
    return settings.lead_time_ms * (int64_t)(30 + random_below(&world->random, 270)) / 100;
}

static void put(int64_t *times, unsigned *count, unsigned nodes, struct world *world)
{
    for (; nodes > 0 && *count < COMING_MAX; nodes--)
        if (random_below(&world->random, 10) != 0)
            times[(*count)++] = now_ms + delay(world);
}

static unsigned take_due(int64_t *times, unsigned *count)
{
    unsigned due = 0;

    for (unsigned i = 0; i < *count;) {
        if (times[i] > now_ms) {
            i++;
            continue;
        }
        times[i] = times[--*count];
        due++;
    }
    return due;
}

static void turn(struct world *world)
{
    uint64_t *random = &world->random;

    world->joined = take_due(world->comes_ms, &world->coming);
    world->left = take_due(world->goes_ms, &world->going);
    world->left = world->left < world->live ? world->left : world->live;
    if (random_below(random, 500) == 0 && world->live > 0)
        world->left = world->left < world->live ? world->left + 1 : world->left; /* a node dies */
    world->live += world->joined;
    world->live -= world->left;
    if (world->live == 0 && random_below(random, 50) == 0)
        world->live = world->joined = 1 + (unsigned)random_below(random, 5);
    if (world->missing > 0 && random_below(random, 10) == 0) { /* they are back, or given up */
        if (random_below(random, 4) != 0) {
            world->live += world->missing;
        } else {
            world->left += world->missing;
            world->lost += world->missing;
        }
        world->missing = 0;
    }
    if (world->lost > 0 && random_below(random, 50) == 0) { /* and back after all, unasked */
        world->live += world->lost;
        world->joined += world->lost;
        world->lost = 0;
    }
    if (world->live > 0 && random_below(random, 200) == 0) {
        unsigned silent = 1 + (unsigned)random_below(random, random_below(random, 3) == 0 ? world->live : 2);
        silent = silent < world->live ? silent : world->live;
        world->live -= silent;
        world->missing += silent;
    }
    world->unreported = random_below(random, 1000) == 0 ? 2 : world->unreported / 2;

    world->demand *= 1.0 + 0.04 * ((double)random_below(random, 1001) / 1000.0 - 0.5);
    if (random_below(random, 2000) == 0)
        world->demand = (double)random_below(random, 4 * settings.nodes_max);
    world->demand = fmin(fmax(world->demand, 0.01), 5.0 * settings.nodes_max);
}

static struct group_observation look(struct world *world)
{
    struct group_observation o = {.live = world->live,
                                  .missing = world->missing,
                                  .unreported = world->unreported,
                                  .joined = world->joined,
                                  .left = world->left};
    double nodes = world->live;
    double cpu = fmin(world->demand / (4.0 * (nodes + world->missing)), 1.0);

    if (random_below(&world->random, 3000) < 10)
        cpu = 0.0;
    o.unrecorded = random_below(&world->random, 300) == 0;
    if (world->live == 0)
        return o;
    o.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = cpu * 4.0 * nodes, .capacity = 4.0 * nodes, .nodes = world->live};
    o.resource[RESOURCE_MEMORY] =
        (struct resource_observation){.demand = (0.3 + 0.3 * cpu) * nodes, .capacity = nodes, .nodes = world->live};
    return o;
}

static void act(struct world *world, const struct decision *d)
{
    if (d->action == ACTION_HOLD)
        return;
    scaler_ordered(scaler, d);
    if (random_below(&world->random, 20) == 0) {
        scaler_withdrawn(scaler, d->now_ms); /* the hook failed */
        return;
    }
    if (d->action == ACTION_UP)
        put(world->comes_ms, &world->coming, d->adding, world);
    else
        put(world->goes_ms, &world->going, d->victims, world);
}

static void check_scale_in(const struct decision *d)
{
    ck_assert(d->observed.live > 0 && d->observed.unreported == 0);
    ck_assert(!d->observed.unrecorded);
    ck_assert_uint_ge(d->to, d->settings.nodes_min);
    ck_assert_uint_ge(2 * d->to, d->existing);
    ck_assert_uint_eq(d->to, d->existing - d->victims);
    ck_assert_uint_le(d->victims, d->observed.live);
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct resource_observation *o = &d->observed.resource[r];
        if (o->nodes == 0)
            continue;
        double busy = o->demand / o->capacity * d->observed.live + d->observed.missing;
        ck_assert_double_le(busy, d->to * d->settings.thresholds[r].high + 1e-6);
    }
}

/* What is pending counts: only what is needed beyond it is ordered. */
static void check_scale_out(const struct decision *d, const char *text)
{
    ck_assert_msg(d->to > d->carrying && d->desired >= d->before && d->adding > 0, "%s", text);
    ck_assert_msg(d->to <= scaler_settings_max(&d->settings), "%s", text);
    ck_assert_msg(d->rule == RULE_BOUNDS || d->raw > d->carrying, "%s", text);
}

static void check(const struct decision *d, unsigned last, const char *text)
{
    const struct forecast *f = &d->forecast[RESOURCE_CPU];

    ck_assert_msg(strstr(text, "nan") == NULL && strstr(text, "inf") == NULL, "%s", text);
    ck_assert(isfinite(f->expected) && isfinite(f->bound) && isfinite(f->price) && isfinite(f->paid));
    ck_assert(f->low >= 0.0 && f->low <= f->expected && f->expected <= f->high);
    if (d->observed.live == 0) {
        ck_assert_int_ne(d->action, ACTION_DOWN);
        ck_assert_uint_ge(d->desired, last);
        return;
    }
    if (d->action == ACTION_UP)
        check_scale_out(d, text);
    if (d->action == ACTION_DOWN)
        check_scale_in(d);
}

/* Runs that many ticks; returns a sum over all decisions. */
static uint64_t live_on(uint64_t seed, unsigned ticks, unsigned *actions)
{
    static const int64_t ticks_ms[] = {15000, 5000, 1000, 1000};
    struct world world = {.random = seed, .live = 8, .demand = 16.0};
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    unsigned last = 0;

    settings.tick_ms = ticks_ms[seed % 4];
    settings.lead_time_ms = seed % 3 == 0 ? 60000 : 120000;
    settings.nodes_min = 1 + (unsigned)seed % 3;
    settings.nodes_max = 20 + (unsigned)seed * 7 % 100;
    for (unsigned i = 0; i < ticks; i++) {
        char text[512];
        now_ms += settings.tick_ms;
        turn(&world);
        struct group_observation observed = look(&world);
        struct decision d = scaler_step(scaler, &settings, now_ms, &observed);
        decision_sentence(&d, "web", text, sizeof text);
        check(&d, last, text);
        actions[d.action]++;
        last = d.action == ACTION_HOLD ? d.desired : 0; /* an order may be withdrawn */
        act(&world, &d);
        for (const char *c = text; *c != '\0'; c++)
            sum = (sum ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    return sum;
}

START_TEST(test_random_fleets_keep_the_rules)
{
    unsigned actions[3] = {0};

    (void)live_on((uint64_t)_i, FLEET_TICKS, actions);
    if (SANITIZED)
        return; /* too short a life to count in */
    ck_assert_uint_gt(actions[ACTION_UP], FLEET_TICKS / 1000);
    ck_assert_uint_gt(actions[ACTION_DOWN], FLEET_TICKS / 1000);
    ck_assert_uint_gt(actions[ACTION_HOLD], FLEET_TICKS / 5 * 4);
}
END_TEST

START_TEST(test_the_same_again_is_the_same)
{
    unsigned actions[3] = {0};
    uint64_t first = live_on((uint64_t)_i, 5000, actions);

    teardown();
    setup();
    ck_assert_uint_eq(live_on((uint64_t)_i, 5000, actions), first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guards");
    TCase *tcase = tcase_create("guards");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_what_must_not_happen, 0, sizeof scenarios / sizeof scenarios[0]);
    tcase_add_test(tcase, test_churn);
    tcase_add_loop_test(tcase, test_silent_nodes_that_come_back_are_no_new_load, 0, sizeof silences / sizeof *silences);
    tcase_add_loop_test(tcase, test_random_fleets_keep_the_rules, 1, 11);
    tcase_add_loop_test(tcase, test_the_same_again_is_the_same, 1, 5);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
