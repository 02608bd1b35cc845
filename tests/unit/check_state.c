#include "scaler/state.h"

#include "common/hash.h"
#include "common/random.h"
#include "scaler/scaler.h"
#include "support/sanitized.h"
#include "support/suite.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS   15000
#define START_MS  INT64_C(50000000)
#define WALL_MS   INT64_C(1764000000000)
#define SEEDS     (SANITIZED ? 2 : 10)
#define TICKS     300
#define FORGED    8192
#define LONG_TEXT 262144

static struct state_text out;
static struct state_moment now;

static void setup(void)
{
    now = (struct state_moment){.boot = "boot-1", .mono_ms = START_MS, .wall_ms = WALL_MS};
}

static void teardown(void)
{
    free(out.text);
    out = (struct state_text){0};
}

/* ---- scalers and what they see ---- */

/* A fleet of which a random number alone decides. */
struct fleet {
    uint64_t random;
    unsigned live;
    double cpu;
    struct scaler_settings settings;
    bool has_signals;
    unsigned turn; /* of their places */
};

static struct fleet fleet_of(uint64_t seed)
{
    return (struct fleet){
        .random = seed, .live = 8, .cpu = 0.5, .settings = SCALER_SETTINGS_DEFAULT, .has_signals = seed % 2 == 1};
}

static double random_share(uint64_t *random)
{
    return (double)random_below(random, 100001) / 100000.0;
}

static void change_settings(struct fleet *fleet)
{
    static const int64_t ticks_ms[] = {1000, 5000, 15000, 60000};
    struct scaler_settings *s = &fleet->settings;
    char error[256];

    if (random_below(&fleet->random, 50) != 0)
        return;
    s->nodes_min = 1 + (unsigned)random_below(&fleet->random, 5);
    s->tick_ms = ticks_ms[random_below(&fleet->random, 4)];
    s->stabilization_ms = (int64_t)random_below(&fleet->random, 600000);
    s->lead_time_ms = (int64_t)random_below(&fleet->random, 600000);
    s->forecast[RESOURCE_MEMORY] = random_below(&fleet->random, 2) == 0;
    s->forecast[RESOURCE_APP] = random_below(&fleet->random, 2) == 0;
    ck_assert_msg(scaler_settings_check(s, error, sizeof error) == 0, "%s", error);
}

/* Three signals, which change their places now and then. */
static void observe_signals(struct fleet *fleet, struct group_observation *observed)
{
    static const char *const names[] = {"requests", "gpu", "latency"};

    if (!fleet->has_signals)
        return;
    if (random_below(&fleet->random, 30) == 0)
        fleet->turn++;
    for (unsigned kind = 0; kind < SIGNAL_KIND_COUNT; kind++) {
        struct signal_observation *s = &observed->signal[(kind + fleet->turn) % SIGNALS_OF_GROUP_MAX];
        *s =
            (struct signal_observation){.kind = kind,
                                        .state = random_below(&fleet->random, 8) == 0 ? SIGNAL_MISSING : SIGNAL_PRESENT,
                                        .value = fleet->cpu * (kind == SIGNAL_LOAD ? 2000.0 : 1.0),
                                        .age_ms = (int64_t)random_below(&fleet->random, 60000),
                                        .per_node = 100.0,
                                        .limit = 0.9,
                                        .high = 0.8,
                                        .target = 0.7,
                                        .forecast = kind == SIGNAL_LOAD,
                                        .has_nodes = true,
                                        .nodes = fleet->live};
        memcpy(s->name, names[kind], strlen(names[kind]) + 1);
    }
}

static struct group_observation next_observation(struct fleet *fleet)
{
    static const double weights[RESOURCE_COUNT] = {4.0, 16e9, 1.0, 250.0};
    uint64_t *random = &fleet->random;

    change_settings(fleet);
    fleet->cpu = fmin(fmax(fleet->cpu + 0.1 * (random_share(random) - 0.5), 0.0), 1.0);
    if (random_below(random, 20) == 0)
        fleet->live = (unsigned)random_below(random, 20);

    struct group_observation observed = {.live = fleet->live};
    observed.missing = random_below(random, 30) == 0 ? (unsigned)random_below(random, 10) : 0;
    observed.unreported = random_below(random, 30) == 0;
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (random_below(random, 10) != 0)
            observed.resource[r] = (struct resource_observation){.demand = fleet->cpu * weights[r] * fleet->live,
                                                                 .capacity = weights[r] * fleet->live,
                                                                 .nodes = fleet->live};
    observe_signals(fleet, &observed);
    observed.joined = random_below(random, 5) == 0 ? (unsigned)random_below(random, 4) : 0;
    observed.left = random_below(random, 5) == 0 ? (unsigned)random_below(random, 4) : 0;
    observed.moved = random_below(random, 40) == 0 ? (unsigned)random_below(random, 4) : 0;
    return observed;
}

static struct decision step(struct scaler *scaler, struct fleet *fleet)
{
    struct group_observation observed = next_observation(fleet);

    now.mono_ms += fleet->settings.tick_ms - 20 + (int64_t)random_below(&fleet->random, 40);
    struct decision d = scaler_step(scaler, &fleet->settings, now.mono_ms, &observed);
    if (d.action != ACTION_HOLD)
        scaler_ordered(scaler, &d);
    if (random_below(&fleet->random, 20) == 0)
        scaler_withdrawn(scaler, now.mono_ms - 10 * fleet->settings.tick_ms);
    return d;
}

/* Nodes of 4 cores, all live and equally busy, at the next tick. */
static struct decision tick(struct scaler *scaler, unsigned live, double cpu)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct group_observation observed = {.live = live};

    now.mono_ms += TICK_MS;
    now.wall_ms += TICK_MS;
    observed.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = cpu * 4.0 * live, .capacity = 4.0 * live, .nodes = live};
    return scaler_step(scaler, &settings, now.mono_ms, &observed);
}

static struct decision tick_with_memory(struct scaler *scaler, unsigned live, double share)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct group_observation observed = {.live = live};

    now.mono_ms += TICK_MS;
    for (unsigned r = 0; r < RESOURCE_DISK; r++)
        observed.resource[r] =
            (struct resource_observation){.demand = share * 4.0 * live, .capacity = 4.0 * live, .nodes = live};
    return scaler_step(scaler, &settings, now.mono_ms, &observed);
}

static bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_forecast(const struct forecast *a, const struct forecast *b)
{
    const double of_a[] = {a->expected, a->low, a->high, a->bound, a->above, a->price, a->promised, a->paid, a->slope};
    const double of_b[] = {b->expected, b->low, b->high, b->bound, b->above, b->price, b->promised, b->paid, b->slope};

    return a->valid == b->valid && a->horizon_ms == b->horizon_ms && a->forecaster == b->forecaster &&
           a->scored == b->scored && a->window_ms == b->window_ms && memcmp(of_a, of_b, sizeof of_a) == 0 &&
           (same_double(a->coverage, b->coverage) || (isnan(a->coverage) && isnan(b->coverage)));
}

static void assert_same(const struct decision *a, const struct decision *b)
{
    char texts[2][256];

    decision_sentence(a, "web", texts[0], sizeof texts[0]);
    decision_sentence(b, "web", texts[1], sizeof texts[1]);
    ck_assert_str_eq(texts[0], texts[1]);
    ck_assert(decision_same(a, b));
    ck_assert_uint_eq(a->raw, b->raw);
    ck_assert(a->pending == b->pending && a->removing == b->removing && a->expired == b->expired);
    ck_assert(a->lead_ms == b->lead_ms && a->lead_seen == b->lead_seen && a->window_ms == b->window_ms);
    ck_assert(a->futile == b->futile && a->overdue == b->overdue && a->before == b->before);
    ck_assert(a->to == b->to && a->adding == b->adding && a->order_number == b->order_number);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        ck_assert(same_forecast(&a->forecast[r], &b->forecast[r]));
}

/* ---- there and back ---- */

static void save(struct scaler *scaler)
{
    struct state_group group = {.name = "web", .scaler = scaler};

    state_begin(&out, &now);
    state_add(&out, &group);
    ck_assert_int_eq(state_end(&out), 0);
}

/* The only group of the text. */
static struct scaler *load(void)
{
    struct state_reader reader;
    struct state_group group = {.scaler = NULL};

    ck_assert_int_eq(state_open(&reader, out.text, out.len, &now), 0);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    ck_assert_int_eq(state_next(&reader, &group), 0);
    ck_assert_str_eq(group.name, "web");
    return group.scaler;
}

static struct scaler *restart(struct scaler *scaler)
{
    save(scaler);
    scaler_free(scaler);
    return load();
}

/* Whatever the tick at which it is restarted, it decides as one that never was. */
START_TEST(test_a_restart_changes_no_decision)
{
    for (unsigned k = 0; k < TICKS; k += 23) {
        struct fleet fleet = fleet_of((uint64_t)_i);
        struct fleet same = fleet;
        struct scaler *whole = scaler_new();
        struct scaler *broken = scaler_new();
        ck_assert(whole != NULL && broken != NULL);

        now.mono_ms = START_MS;
        for (unsigned i = 0; i < TICKS; i++) {
            int64_t before_ms = now.mono_ms;
            struct decision expected = step(whole, &fleet);
            now.mono_ms = before_ms;
            if (i == k || i == k + 40)
                broken = restart(broken);
            struct decision decision = step(broken, &same);
            assert_same(&expected, &decision);
        }
        scaler_free(whole);
        scaler_free(broken);
    }
}
END_TEST

/* Neither a restart nor a long outage makes the scaler restore a group whose last node was moved to another one. */
START_TEST(test_a_group_that_was_emptied_by_moves_stays_so)
{
    static const int64_t outages_ms[] = {TICK_MS, INT64_C(172800000)};
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    const struct group_observation moved = {.moved = 3, .regrouped = 3};
    const struct group_observation none = {.live = 0};
    struct scaler *scaler = scaler_new();

    settings.actuator = ACTUATOR_HOOK;
    (void)tick(scaler, 3, 0.5);
    now.mono_ms += TICK_MS;
    (void)scaler_step(scaler, &settings, now.mono_ms, &moved);
    save(scaler);
    scaler_free(scaler);
    now.mono_ms += outages_ms[_i];
    now.wall_ms += outages_ms[_i];
    scaler = load();
    struct decision d = scaler_step(scaler, &settings, now.mono_ms + TICK_MS, &none);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    ck_assert_uint_eq(d.desired, 0);
    scaler_free(scaler);
}
END_TEST

START_TEST(test_what_is_read_is_written_again)
{
    struct fleet fleet = fleet_of(7);
    struct scaler *scaler = scaler_new();
    static char text[LONG_TEXT];

    for (unsigned i = 0; i < TICKS; i++) {
        save(scaler);
        ck_assert_uint_lt(out.len, sizeof text);
        memcpy(text, out.text, out.len);
        size_t len = out.len;
        scaler = restart(scaler);
        save(scaler);
        ck_assert_uint_eq(out.len, len);
        ck_assert_mem_eq(out.text, text, len);
        step(scaler, &fleet);
    }
    scaler_free(scaler);
}
END_TEST

/* So many points follow the line of that name. */
static void assert_window(const char *text, const char *name, unsigned count)
{
    char line[32];
    unsigned times = 0;

    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(text, line);
    ck_assert_ptr_nonnull(at);
    at = strchr(at + 1, '\n');
    ck_assert_int_eq(sscanf(at, "\ntimes %u ", &times), 1);
    ck_assert_uint_eq(times, count);
}

START_TEST(test_only_the_windows_are_written)
{
    struct scaler *scaler = scaler_new();

    for (unsigned i = 0; i < 2000; i++)
        tick_with_memory(scaler, 6, 0.80);
    save(scaler);
    assert_window(out.text, "memory", 9);
    assert_window(out.text, "disk", 0);
    assert_window(out.text, "recommendations", 21);
    ck_assert_ptr_nonnull(strstr(out.text, "\npredictor cpu "));
    ck_assert_ptr_null(strstr(out.text, "\npredictor memory "));
    ck_assert_ptr_null(strstr(out.text, "app")); /* as texts were before there was this resource */
    scaler_free(scaler);
}
END_TEST

START_TEST(test_groups_keep_their_names_and_what_was_said)
{
    struct state_group web = {.name = "web", .scaler = scaler_new(), .has_said = true, .said_ms = START_MS - 5};
    struct state_group db = {.name = "d.b-2", .scaler = scaler_new()};
    struct state_group group;
    struct state_reader reader;

    web.said = (struct decision){
        .action = ACTION_HOLD, .desired = 6, .rule = RULE_FORECAST, .guard = GUARD_STABILIZATION, .raw = 4};
    state_begin(&out, &now);
    state_add(&out, &web);
    state_add(&out, &db);
    ck_assert_int_eq(state_end(&out), 0);
    scaler_free(web.scaler);
    scaler_free(db.scaler);

    ck_assert_int_eq(state_open(&reader, out.text, out.len, &now), 0);
    ck_assert_str_eq(reader.taken.boot, "boot-1");
    ck_assert_int_eq(reader.taken.mono_ms, START_MS);
    ck_assert_int_eq(reader.taken.wall_ms, WALL_MS);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    ck_assert_str_eq(group.name, "web");
    ck_assert(group.has_said && group.said_ms == START_MS - 5 && decision_same(&group.said, &web.said));
    scaler_free(group.scaler);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    ck_assert_str_eq(group.name, "d.b-2");
    ck_assert(!group.has_said);
    scaler_free(group.scaler);
    ck_assert_int_eq(state_next(&reader, &group), 0);
}
END_TEST

START_TEST(test_no_groups)
{
    struct state_reader reader;
    struct state_group group;

    state_begin(&out, &now);
    ck_assert_int_eq(state_end(&out), 0);
    ck_assert_int_eq(state_open(&reader, out.text, out.len, &now), 0);
    ck_assert_int_eq(state_next(&reader, &group), 0);
}
END_TEST

START_TEST(test_too_long_a_text_is_refused)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct state_group group = {.name = "web", .scaler = scaler_new()};
    struct group_observation observed = {.live = 3,
                                         .resource = {{.demand = 1.1, .capacity = 3, .nodes = 3},
                                                      {.demand = 1.1, .capacity = 3, .nodes = 3},
                                                      {.demand = 1.1, .capacity = 3, .nodes = 3}}};

    settings.tick_ms = 100;
    settings.stabilization_ms = 400000;
    for (unsigned i = 0; i < 5000; i++)
        scaler_step(group.scaler, &settings, START_MS + i * 100, &observed);
    state_begin(&out, &now);
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        state_add(&out, &group);
    ck_assert_int_eq(state_end(&out), -EFBIG);
    ck_assert_uint_le(out.size, STATE_LEN_MAX);
    state_begin(&out, &now);
    state_add(&out, &group);
    ck_assert_int_eq(state_end(&out), 0);
    scaler_free(group.scaler);
}
END_TEST

/* ---- time ---- */

#define CALM   120 /* ticks of one load, and nothing is left of a forecast's first margin */
#define BEFORE 6   /* fewer ticks than the shorter window has */

/* After a calm time, `BEFORE` ticks of a load that allows a scale-in, with a restart of `missed` ticks after them.
 * Returns how many ticks there were until it came, the missed ones among them, and the window that was in force
 * then. */
static unsigned ticks_to_scale_in(unsigned missed, bool reboot, int64_t wall_error_ms, unsigned *window)
{
    struct scaler *scaler = scaler_new();
    struct decision d = {.action = ACTION_HOLD};
    unsigned ticks = 0;

    setup();
    for (unsigned i = 0; i < CALM; i++)
        tick(scaler, 10, 0.80);
    for (; ticks < BEFORE; ticks++) {
        d = tick(scaler, 10, 0.40);
        ck_assert_uint_eq(d.desired, 10);
    }
    save(scaler);
    scaler_free(scaler);
    now.mono_ms += (int64_t)missed * TICK_MS;
    now.wall_ms += (int64_t)missed * TICK_MS + wall_error_ms;
    if (reboot) {
        strcpy(now.boot, "boot-2");
        now.mono_ms = 1000;
    }
    scaler = load();
    for (ticks += missed; d.action != ACTION_DOWN && ticks < BEFORE + missed + 1000; ticks++) {
        d = tick(scaler, 10, 0.40);
        ck_assert(d.action == ACTION_DOWN ? d.desired < 10 : d.desired == 10);
    }
    ck_assert_int_eq(d.action, ACTION_DOWN);
    *window = (unsigned)(d.window_ms / TICK_MS);
    scaler_free(scaler);
    return ticks;
}

/* The same as without a restart. */
static void assert_goes_on(unsigned missed, bool reboot)
{
    unsigned window = 0;
    unsigned whole = ticks_to_scale_in(0, false, 0, &window);

    ck_assert_uint_eq(whole, window + 1);
    ck_assert_uint_eq(ticks_to_scale_in(missed, reboot, 0, &window), whole);
}

/* Nothing of what was before it is part of the window, which may have become shorter while it lasted. */
static void assert_begins_anew(unsigned missed, bool reboot, int64_t wall_error_ms)
{
    unsigned window = 0;
    unsigned ticks = ticks_to_scale_in(missed, reboot, wall_error_ms, &window);

    ck_assert_uint_ge(ticks, BEFORE + missed + window + 1);
}

START_TEST(test_the_window_goes_on_over_a_short_gap)
{
    assert_goes_on(1, false);
    assert_goes_on(2, false);
}
END_TEST

START_TEST(test_the_window_begins_anew_after_a_long_gap)
{
    assert_begins_anew(3, false, 0);
    assert_begins_anew(30, false, 0);
}
END_TEST

START_TEST(test_a_reboot_is_translated_by_the_wall_clock)
{
    assert_goes_on(2, true);
    assert_begins_anew(3, true, 0);
}
END_TEST

/* Nobody knows how long it took, so nothing of the window is believed. */
START_TEST(test_a_wall_clock_that_went_back_begins_anew)
{
    assert_begins_anew(2, true, -3600000);
    assert_begins_anew(2, true, -WALL_MS);
}
END_TEST

START_TEST(test_after_more_than_a_day_only_the_count_is_left)
{
    assert_begins_anew(2, true, INT64_C(90000000));
    assert_begins_anew(2, true, WALL_MS);
    assert_begins_anew(6000, false, 0);
}
END_TEST

/* What a restart is mostly followed by: nodes that have not reported yet. */
START_TEST(test_the_count_is_held_until_the_nodes_are_back)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct group_observation unreported = {.unreported = 4};
    struct scaler *scaler = scaler_new();

    struct decision d = tick(scaler, 4, 0.95);
    const unsigned wanted = d.desired;
    ck_assert_uint_gt(wanted, 4);
    scaler_ordered(scaler, &d);
    scaler = restart(scaler);
    now.mono_ms += TICK_MS;
    d = scaler_step(scaler, &settings, now.mono_ms, &unreported);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    ck_assert_uint_eq(d.desired, wanted);
    d = tick(scaler, 4, 0.95);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    ck_assert_uint_eq(d.desired, wanted);
    scaler_withdrawn(scaler, START_MS);
    ck_assert_uint_eq(tick(scaler, 4, 0.40).desired, 4); /* what was desired before is known too */
    scaler_free(scaler);
}
END_TEST

/* Between then and now anybody may have added nodes. */
START_TEST(test_an_old_count_gives_way_to_more_nodes)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct group_observation unreported = {.unreported = 12};
    static const int64_t away_ms[] = {120000, 120001, 86400001};

    for (unsigned i = 0; i < 3; i++) {
        struct scaler *scaler = scaler_new();
        setup();
        ck_assert_uint_eq(tick(scaler, 4, 0.40).desired, 4);
        const unsigned held = i == 0 ? 4 : 12;
        save(scaler);
        scaler_free(scaler);
        now.mono_ms += away_ms[i];
        scaler = load();
        ck_assert_uint_eq(scaler_step(scaler, &settings, now.mono_ms, &unreported).desired, held);
        unreported.unreported = 2;
        ck_assert_uint_eq(scaler_step(scaler, &settings, now.mono_ms, &unreported).desired, held);
        unreported.unreported = 12;
        scaler_free(scaler);
    }
}
END_TEST

static void order(struct scaler *scaler, struct decision *d)
{
    *d = tick(scaler, 4, 0.95);
    scaler_ordered(scaler, d);
    scaler_withdrawn(scaler, d->now_ms);
}

/* Numbers that were given since the state was saved are lost; their epoch is not. */
START_TEST(test_no_id_of_an_order_is_given_twice)
{
    struct scaler *scaler = scaler_new();
    struct decision d;

    scaler_begin(scaler, 1764000000);
    order(scaler, &d);
    ck_assert(d.order_epoch == 1764000000 && d.order_number == 1);
    save(scaler);
    order(scaler, &d);
    ck_assert(d.order_epoch == 1764000000 && d.order_number == 2);
    scaler_free(scaler);
    scaler = load();
    scaler_begin(scaler, 1763000000); /* a clock that went back */
    order(scaler, &d);
    ck_assert(d.order_epoch == 1764000001 && d.order_number == 1);
    scaler_free(scaler);
}
END_TEST

START_TEST(test_lines_of_the_caller_come_back)
{
    struct state_group web = {.name = "web", .scaler = scaler_new()};
    struct state_reader reader;
    struct state_group group;
    struct state_line line;

    state_begin(&out, &now);
    state_put(&out, "node web-1 leaving\n");
    state_put(&out, "node web-2 moved\n");
    state_add(&out, &web);
    ck_assert_int_eq(state_end(&out), 0);
    ck_assert_int_eq(state_open(&reader, out.text, out.len, &now), 0);
    ck_assert(state_next_node(&reader, &line));
    ck_assert_str_eq(line.words[1], "web-1");
    ck_assert_str_eq(line.words[2], "leaving");
    ck_assert(state_next_node(&reader, &line));
    ck_assert(!state_next_node(&reader, &line));
    ck_assert_int_eq(state_next(&reader, &group), 1);
    ck_assert_int_eq(state_next(&reader, &web), 0);
    scaler_free(group.scaler);
    scaler_free(web.scaler);
}
END_TEST

START_TEST(test_a_gap_in_one_run_is_a_gap_as_well)
{
    struct scaler *scaler = scaler_new();

    for (unsigned i = 0; i < 40; i++)
        tick(scaler, 10, 0.40);
    ck_assert_int_eq(tick(scaler, 10, 0.40).action, ACTION_DOWN);
    now.mono_ms += 3 * TICK_MS;
    ck_assert_int_eq(tick(scaler, 10, 0.40).guard, GUARD_STABILIZATION);
    scaler_free(scaler);
}
END_TEST

/* ---- damage ---- */

static bool is_refused(const char *text, size_t len)
{
    struct state_group group;
    struct state_reader reader;
    int rc = state_open(&reader, text, len, &now);

    while (rc == 0 && (rc = state_next(&reader, &group)) == 1) {
        scaler_free(group.scaler);
        rc = 0;
        if (reader.left == 0)
            return state_next(&reader, &group) < 0;
    }
    return rc < 0;
}

static void save_some(bool forecasts)
{
    struct fleet fleet = fleet_of(4);
    struct scaler *scaler = scaler_new();

    for (unsigned i = 0; i < 12; i++) {
        fleet.settings.forecast[RESOURCE_CPU] = forecasts;
        fleet.settings.forecast[RESOURCE_APP] = forecasts;
        step(scaler, &fleet);
    }
    save(scaler);
    scaler_free(scaler);
    ck_assert(!is_refused(out.text, out.len));
}

static void flip_bits(size_t stride)
{
    for (size_t i = 0; i < out.len; i += stride) {
        for (unsigned bit = 0; bit < 8; bit++) {
            out.text[i] = (char)(out.text[i] ^ (1 << bit));
            ck_assert_msg(is_refused(out.text, out.len), "byte %zu, bit %u", i, bit);
            out.text[i] = (char)(out.text[i] ^ (1 << bit));
        }
    }
}

/* With forecasts the text is long: then a sample of them. */
START_TEST(test_every_flipped_bit_is_seen)
{
    save_some(false);
    flip_bits(1);
    save_some(true);
    flip_bits(61);
}
END_TEST

START_TEST(test_every_cut_is_seen)
{
    save_some(false);
    for (size_t len = 0; len < out.len; len++) {
        ck_assert(is_refused(out.text, len));
        ck_assert(is_refused(out.text + out.len - len, len));
    }
}
END_TEST

START_TEST(test_more_than_the_whole_is_refused)
{
    char longer[FORGED];

    save_some(false);
    ck_assert_uint_lt(out.len, sizeof longer);
    memcpy(longer, out.text, out.len);
    for (int byte = 0; byte < 256; byte++) {
        longer[out.len] = (char)byte;
        ck_assert(is_refused(longer, out.len + 1));
    }
}
END_TEST

/* With a right checksum, and yet not what is ever written. */
#define HEAD                    "headroom-scaler-state 4\ntaken b 9 9\n"
#define OLD                     "headroom-scaler-state 3\ntaken b 9 9\n"
#define NAMED                   "group web\nsaid -\n"
#define UNORDERED               "unordered 0 \nnodes 0 \n"
#define NEW                     "orders 1764000000 12 0\n" UNORDERED "intentions 0 \nnodes 0 \n"
#define GROUP                   NAMED "desired 6 decided\ntick 9 1000 120000\n" NEW
#define NONE                    " 0 \nstated 0 \nnodes 0 \n"
#define NO_HELP                 "helping 0 0 0 0 0 0 0\nvalues 4 " ZERO ZERO ZERO ZERO "\n"
#define NOT_UNDONE              "undone 0 0 0 0 0 cpu\nvalues 4 " ZERO ZERO ZERO ZERO "\n"
#define ALL_MET                 "unmet 0 0\ntimes 0 \nepochs 0 \nnumbers 0 \n"
#define HELPS                   NO_HELP NO_HELP NO_HELP NOT_UNDONE ALL_MET
#define QUIET                   "scale-ins 0 \noverload 0 0 0\nutilisation 1 0000000000000000\n"
#define NO_ORDERS               "arriving" NONE "leaving" NONE "leads 0 \n" QUIET HELPS
#define OLD_ORDERS(kept, leads) "arriving 1 " NINE "\nnodes 1 00000002\nleaving 0 \nnodes 0 \n" kept leads QUIET
#define KEPT                    "taken-back 1 " NINE "\nordered 1 " NINE "\nnodes 1 " NINE "\n"
#define ZERO                    "0000000000000000"
#define NINE                    "0000000000000009"
#define TEN                     "000000000000000a"
#define HALF                    "3fe0000000000000"
#define NO_LINE                 "trend 0 0 0\nsums 6 " ZERO ZERO ZERO ZERO ZERO ZERO "\n"
#define NO_CPU                  "cpu -\ntimes 0 \nvalues 0 \n" NO_LINE
#define NO_LOAD                 "memory -\ntimes 0 \nvalues 0 \n" NO_LINE "disk -\ntimes 0 \nvalues 0 \n" NO_LINE
#define REST                    NO_LOAD "recommendations -\ntimes 0 \nvalues 0 \ndone\n"
#define MOVED(x)                HEAD GROUP NO_ORDERS NO_CPU NO_LOAD "recommendations -\ntimes 0 \nvalues 0 \n" x "done\nend 1 "
#define UNSEEN                  "signal-undone 1 " ZERO "\nsignal-demand -\ntimes 0 \nvalues 0 \n" NO_LINE
#define WHOLE                   HEAD GROUP NO_ORDERS "cpu 8\ntimes 1 " NINE "\nvalues 1 " HALF "\n" NO_LINE REST
#define CPU(x)                  HEAD GROUP NO_ORDERS "cpu " x NO_LINE REST "end 1 "
#define SAID(x)                 HEAD "group web\n" x "desired 6 decided\ntick 9 1 0\n" NEW NO_ORDERS NO_CPU REST "end 1 "
#define GOAL(x)                 HEAD NAMED x NEW NO_ORDERS NO_CPU REST "end 1 "
#define MEANT(x)                HEAD NAMED "desired 6 decided\ntick 9 1 0\n" x NO_ORDERS NO_CPU REST "end 1 "
#define ORDER(x)                HEAD GROUP x HELPS NO_CPU REST "end 1 "
#define HELP(x)                 HEAD GROUP "arriving" NONE "leaving" NONE "leads 0 \n" QUIET x NO_CPU REST "end 1 "
#define FORMER(said, x)         OLD "group web\n" said "desired 6 decided\ntick 9 1 0\n" x NO_CPU REST "end 1 "
#define LINE(x)                 HEAD GROUP NO_ORDERS "cpu 8\ntimes 1 " NINE "\nvalues 1 " HALF "\n" x REST "end 1 "
#define COUNTS(x)                                                                                                      \
    HEAD GROUP NO_ORDERS NO_CPU NO_LOAD "recommendations -\ntimes 1 " NINE "\nvalues 1 " x "\ndone\nend 1 "

static const struct {
    const char *text;
    int rc;
} forged[] = {
    {WHOLE "end 1 ", 0},
    {HEAD "end 0 ", 0},
    {"headroom-scaler-state 2\ntaken b 9 9\nend 0 ", -ENOTSUP},
    {"headroom-scaler-state 5\ntaken b 9 9\nend 0 ", -ENOTSUP},
    {"headroom-scaler-state 40\ntaken b 9 9\nend 0 ", -ENOTSUP},
    {"", -EBADMSG},
    {"end 0 ", -EBADMSG},
    {"headroom-scaler-state 4\nend 0 ", -EBADMSG},
    {"headroom-scaler-state 4\ntaken  9 9\nend 0 ", -EBADMSG},
    {"headroom-scaler-state 4\ntaken b 9\nend 0 ", -EBADMSG},
    {"headroom-scaler-state 4\ntaken b 9 99999999999999999\nend 0 ", -EBADMSG},
    {"headroom-scaler-state 4\ntaken b 9 99999999999999999999999\nend 0 ", -EBADMSG},
    {WHOLE "end 0 ", -EBADMSG},
    {WHOLE "end 2 ", -EBADMSG},
    {WHOLE "end 1025 ", -EBADMSG},
    {WHOLE "end 01 ", -EBADMSG},
    {WHOLE "end 1 1 ", -EBADMSG},
    {WHOLE "\nend 1 ", -EBADMSG},
    {HEAD "group w/b\nsaid -\ndesired 6 decided\ntick 9 1 0\n" NEW NO_ORDERS NO_CPU REST "end 1 ", -EBADMSG},
    {HEAD "group web \nsaid -\ndesired 6 decided\ntick 9 1 0\n" NEW NO_ORDERS NO_CPU REST "end 1 ", -EBADMSG},
    {SAID("said\n"), -EBADMSG},
    {SAID("said 1 hold 6 none none\n"), 0},
    {SAID("said 1 hold 6 none futile\n"), 0},
    {SAID("said 1 sit 6 none none\n"), -EBADMSG},
    {SAID("said 1 hold 6 all none\n"), -EBADMSG},
    {SAID("said 1 hold 6 none all\n"), -EBADMSG},
    {GOAL("desired 6 assumed\ntick 9 1 0\n"), 0},
    {GOAL("desired -6 decided\ntick 9 1 0\n"), -EBADMSG},
    {GOAL("desired 1000001 decided\ntick 9 1 0\n"), -EBADMSG},
    {GOAL("desired 6 perhaps\ntick 9 1 0\n"), -EBADMSG},
    {GOAL("desired 6 decided\ntick 9 -1 0\n"), -EBADMSG},
    {GOAL("desired 6 decided\ntick 9 1 86400001\n"), -EBADMSG},
    {GOAL("desired 6 decided\ntick 9 1\n"), -EBADMSG},
    {CPU("8\ntimes 1 " NINE "\nvalues 1 " HALF "\n"), 0},
    {CPU("10\ntimes 0 \nvalues 0 \n"), -EBADMSG},               /* since when: after the last tick */
    {CPU("-\ntimes 1 " TEN "\nvalues 1 " HALF "\n"), -EBADMSG}, /* a point after the last tick */
    {CPU("-\ntimes 2 " NINE "0000000000000008\nvalues 2 " HALF HALF "\n"), -EBADMSG}, /* time runs back */
    {CPU("-\ntimes 2 " NINE "\nvalues 2 " HALF "\n"), -EBADMSG},                      /* fewer points than the count */
    {CPU("-\ntimes 1 " NINE "\nvalues 2 " HALF HALF "\n"), -EBADMSG},
    {CPU("-\ntimes 0 " NINE "\nvalues 0 " HALF "\n"), -EBADMSG},         /* more */
    {CPU("-\ntimes 2049 " NINE "\nvalues 2049 " HALF "\n"), -EBADMSG},   /* more than there is room for */
    {CPU("-\ntimes 1 " NINE "\nvalues 1 bfe0000000000000\n"), -EBADMSG}, /* -0.5 */
    {CPU("-\ntimes 1 " NINE "\nvalues 1 7ff8000000000000\n"), -EBADMSG}, /* NaN */
    {CPU("-\ntimes 1 " NINE "\nvalues 1 7ff0000000000000\n"), -EBADMSG}, /* infinity */
    {CPU("-\ntimes 1 " NINE "\nvalues 1 3FE0000000000000\n"), -EBADMSG}, /* not the way it is written */
    {CPU("-\ntimes 01 " NINE "\nvalues 1 " HALF "\n"), -EBADMSG},
    {CPU("-\ntimes 1  " NINE "\nvalues 1 " HALF "\n"), -EBADMSG},
    {LINE("trend 1 1 9\nsums 6 " ZERO ZERO ZERO ZERO ZERO ZERO "\n"), 0},
    {LINE("trend 2 1 9\nsums 6 " ZERO ZERO ZERO ZERO ZERO ZERO "\n"), -EBADMSG}, /* of more points than there are */
    {LINE("trend 1 1 9\nsums 5 " ZERO ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {LINE("trend 1 1 9\nsums 6 7ff8000000000000" ZERO ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {ORDER("arriving 1 " NINE "\nstated 1 " NINE "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET), 0},
    {ORDER("arriving 1 " ZERO "\nstated 1 " NINE "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET), 0},
    {ORDER("arriving 1 " TEN "\nstated 1 " TEN "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET),
     -EBADMSG}, /* ordered later than now */
    {ORDER("arriving 1 " NINE "\nstated 1 " TEN "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET),
     -EBADMSG}, /* stated later than now */
    {ORDER("arriving 1 " NINE "\nstated 1 " ZERO "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET),
     -EBADMSG}, /* stated before it was ordered */
    {ORDER("arriving 1 " NINE "\nstated 1 " NINE "\nnodes 1 00000000\nleaving" NONE "leads 0 \n" QUIET),
     -EBADMSG}, /* an order for nothing */
    {ORDER("arriving 1 " NINE "\nnodes 1 00000002\nleaving" NONE "leads 0 \n" QUIET), -EBADMSG},
    {ORDER("arriving" NONE "leaving" NONE "leads 33 \n" QUIET), -EBADMSG},
    {ORDER("arriving" NONE "leaving" NONE "leads 0 \nscale-ins 1 " ZERO "\noverload 0 0 0\nutilisation 1 " ZERO "\n"),
     -EBADMSG},
    {ORDER("arriving" NONE "leaving" NONE "leads 0 \nscale-ins 0 \noverload 2 0 0\nutilisation 1 " ZERO "\n"),
     -EBADMSG},
    {MEANT("orders 1 2 9\n" UNORDERED "intentions 1 " NINE "\nnodes 1 00000004\n"), 0},
    {MEANT("orders 1 2 10\n" UNORDERED "intentions 0 \nnodes 0 \n"), -EBADMSG}, /* later than now */
    {MEANT("orders -1 2 9\n" UNORDERED "intentions 0 \nnodes 0 \n"), -EBADMSG},
    {MEANT("orders 1 2\n" UNORDERED "intentions 0 \nnodes 0 \n"), -EBADMSG},
    {MEANT("orders 1 2 9\n" UNORDERED "intentions 1 " TEN "\nnodes 1 00000004\n"), -EBADMSG},
    {MEANT("orders 1 2 9\n" UNORDERED "intentions 1 " NINE "\nnodes 0 \n"), -EBADMSG},
    {MEANT("orders 1 2 9\n" UNORDERED "intentions 1 " NINE "\nnodes 1 ffffffff\n"), -EBADMSG},
    {MEANT("orders 1 2 9\nunordered 1 " NINE "\nnodes 1 00000004\nintentions 0 \nnodes 0 \n"), 0},
    {MEANT("orders 1 2 9\nunordered 1 " TEN "\nnodes 1 00000004\nintentions 0 \nnodes 0 \n"), -EBADMSG},
    {MEANT("orders 1 2 9\nunordered 1 " NINE "\nnodes 0 \nintentions 0 \nnodes 0 \n"), -EBADMSG},
    {MEANT("orders 1 2 9\nunordered 1 " NINE "\nnodes 1 ffffffff\nintentions 0 \nnodes 0 \n"), -EBADMSG},
    {MOVED("regrouped 9 1\n"), 0},
    {MOVED("regrouped 0 1\n"), 0},
    {MOVED("regrouped 10 1\n"), -EBADMSG}, /* later than now */
    {MOVED("regrouped 9 2\n"), -EBADMSG},
    {MOVED("regrouped 9\n"), -EBADMSG},
    {MOVED("signal 0 requests 0 0\n" UNSEEN), 0},
    {MOVED("signal 0 requests 3 9\n" UNSEEN "signal 2 gpu 0 0\n" UNSEEN "signal-nodes 7\nregrouped 9 1\n"), 0},
    {MOVED("signal 2 gpu 0 0\n" UNSEEN "signal 0 requests 0 0\n" UNSEEN), -EBADMSG},
    {MOVED("signal 0 gpu 0 0\n" UNSEEN "signal 0 requests 0 0\n" UNSEEN), -EBADMSG},
    {MOVED("signal 4 requests 0 0\n" UNSEEN), -EBADMSG},
    {MOVED("signal 0 re/quests 0 0\n" UNSEEN), -EBADMSG},
    {MOVED("signal 0 requests 3 10\n" UNSEEN), -EBADMSG}, /* later than now */
    {MOVED("signal 0 requests 0 0\n"), -EBADMSG},
    {MOVED("signal-nodes 100001\n"), -EBADMSG},
    {HELP(""), -EBADMSG},
    {HELP("helping 0 0 0 0 0 0 0\nvalues 4 " ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP), -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP "undone 10 0 0 0 0 cpu\nvalues 4 " ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP "undone 0 0 0 0 0 gpu\nvalues 4 " ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP "undone 9 6 3 9 6 memory\nvalues 4 " ZERO ZERO ZERO ZERO "\n" ALL_MET), 0},
    {HELP(NO_HELP NO_HELP NO_HELP NOT_UNDONE), -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP NOT_UNDONE "unmet 6 1\ntimes 1 " NINE "\nepochs 1 " NINE "\nnumbers 1 " NINE "\n"),
     0},
    {HELP(NO_HELP NO_HELP NO_HELP NOT_UNDONE "unmet 6 2\ntimes 1 " NINE "\nepochs 1 " NINE "\nnumbers 1 " NINE "\n"),
     -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP NOT_UNDONE "unmet 6 1\ntimes 1 " TEN "\nepochs 1 " NINE "\nnumbers 1 " NINE "\n"),
     -EBADMSG},
    {HELP(NO_HELP NO_HELP NO_HELP NOT_UNDONE "unmet 6 1\ntimes 1 " NINE "\nepochs 1 " NINE "\nnumbers 0 \n"), -EBADMSG},
    {HELP("helping 0 10 0 0 0 0 0\nvalues 4 " ZERO ZERO ZERO ZERO "\n"), -EBADMSG},
    {HEAD "node web-1 leaving 17\nnode web-2\n" GROUP NO_ORDERS NO_CPU REST "end 1 ", 0},
    {HEAD GROUP NO_ORDERS NO_CPU REST "node web-1\nend 1 ", 0},
    {HEAD "nodes web-1\n" GROUP NO_ORDERS NO_CPU REST "end 1 ", -EBADMSG},
    {FORMER("said -\n", OLD_ORDERS(KEPT, "leads 0 \n")), 0},
    {FORMER("said 1 hold 6 none starting\n", OLD_ORDERS(KEPT, "leads 0 \n")), 0},
    {FORMER("said 1 hold 6 none silent-nodes\n", OLD_ORDERS(KEPT, "leads 0 \n")), 0},
    {SAID("said 1 hold 6 none starting\n"), -EBADMSG},
    {FORMER("said -\n", OLD_ORDERS("", "leads 0 \n")), -EBADMSG},
    {FORMER("said -\n", OLD_ORDERS(KEPT, "leads 33 \n")), -EBADMSG},
    {FORMER("said -\n", NEW OLD_ORDERS(KEPT, "leads 0 \n")), -EBADMSG},
    {HEAD GROUP NO_ORDERS NO_LOAD "recommendations -\ntimes 0 \nvalues 0 \ndone\nend 1 ", -EBADMSG},
    {HEAD GROUP NO_ORDERS NO_CPU NO_LOAD "recommendations -\ntimes 0 \nvalues 0 \nend 1 ", -EBADMSG},
    {HEAD GROUP NO_ORDERS NO_CPU NO_LOAD "recommendations -\ntimes 0 \nvalues 0 \npredictor cpu \ndone\nend 1 ",
     -EBADMSG},
    {COUNTS("3ff0000000000000"), 0},
    {COUNTS("3ff8000000000000"), -EBADMSG}, /* 1.5 nodes */
    {COUNTS("412e848200000000"), -EBADMSG}, /* 1000001 */
};

START_TEST(test_what_was_never_written_is_refused)
{
    char text[FORGED];
    struct state_reader reader;
    struct state_group group;
    struct state_group untouched;
    size_t len = strlen(forged[_i].text);

    memcpy(text, forged[_i].text, len);
    len +=
        (size_t)snprintf(text + len, sizeof text - len, "%016" PRIx64 "\n", hash_fnv1a(hash_fnv1a_begin(), text, len));
    memset(&group, 0x5a, sizeof group);
    memset(&untouched, 0x5a, sizeof untouched);
    int rc = state_open(&reader, text, len, &now);
    while (rc == 0 && reader.left > 0) {
        rc = state_next(&reader, &group);
        if (rc == 1) {
            scaler_free(group.scaler);
            memset(&group, 0x5a, sizeof group);
            rc = 0;
        }
    }
    if (rc == 0)
        rc = state_next(&reader, &group);
    ck_assert_msg(rc == forged[_i].rc, "%s: %d", forged[_i].text, rc);
    ck_assert_mem_eq(&group, &untouched, sizeof group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *tcase = tcase_create("state");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 180);
    tcase_add_loop_test(tcase, test_a_restart_changes_no_decision, 1, SEEDS + 1);
    tcase_add_loop_test(tcase, test_a_group_that_was_emptied_by_moves_stays_so, 0, 2);
    tcase_add_test(tcase, test_what_is_read_is_written_again);
    tcase_add_test(tcase, test_only_the_windows_are_written);
    tcase_add_test(tcase, test_groups_keep_their_names_and_what_was_said);
    tcase_add_test(tcase, test_no_groups);
    tcase_add_test(tcase, test_too_long_a_text_is_refused);
    tcase_add_test(tcase, test_the_window_goes_on_over_a_short_gap);
    tcase_add_test(tcase, test_the_window_begins_anew_after_a_long_gap);
    tcase_add_test(tcase, test_a_reboot_is_translated_by_the_wall_clock);
    tcase_add_test(tcase, test_a_wall_clock_that_went_back_begins_anew);
    tcase_add_test(tcase, test_after_more_than_a_day_only_the_count_is_left);
    tcase_add_test(tcase, test_the_count_is_held_until_the_nodes_are_back);
    tcase_add_test(tcase, test_an_old_count_gives_way_to_more_nodes);
    tcase_add_test(tcase, test_no_id_of_an_order_is_given_twice);
    tcase_add_test(tcase, test_lines_of_the_caller_come_back);
    tcase_add_test(tcase, test_a_gap_in_one_run_is_a_gap_as_well);
    tcase_add_test(tcase, test_every_flipped_bit_is_seen);
    tcase_add_test(tcase, test_every_cut_is_seen);
    tcase_add_test(tcase, test_more_than_the_whole_is_refused);
    tcase_add_loop_test(tcase, test_what_was_never_written_is_refused, 0, sizeof forged / sizeof forged[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
