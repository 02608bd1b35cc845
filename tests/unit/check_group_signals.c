/* A group that is scaled by signals, tick by tick: what is decided, what is ordered, and which nodes come. */
#include "scaler/group_signals.h"

#include "scaler/scaler.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

#define TICK_MS   15000
#define DELAY_MAX 64
#define REQUESTS  0 /* places of signals */
#define OTHER     1

/* Nodes that become live `delay` ticks after their order, and leave at once; each order is carried out. */
static struct {
    struct scaler *scaler;
    struct scaler_settings settings;
    struct group_observation observed;
    struct decision d; /* of the last tick */
    int64_t now_ms;
    unsigned live, delay, arriving[DELAY_MAX], at;
    double cpu; /* utilisation; NaN: there are no agents */
} group;

static void begin(void)
{
    memset(&group, 0, sizeof group);
    group.scaler = scaler_new();
    ck_assert_ptr_nonnull(group.scaler);
    group.settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    group.settings.actuator = ACTUATOR_HOOK;
    group.settings.tick_ms = TICK_MS;
    group.now_ms = 1000000;
    group.live = 10;
    group.delay = 8;
    group.cpu = 0.40;
}

static void end(void)
{
    scaler_free(group.scaler);
}

static struct signal_observation *have(unsigned place, const char *name, enum signal_kind kind)
{
    struct signal_observation *s = &group.observed.signal[place];

    *s = (struct signal_observation){.kind = kind, .high = 0.90, .target = 0.80, .per_node = 100.0, .limit = 0.25};
    memcpy(s->name, name, strlen(name) + 1);
    return s;
}

static unsigned all_nodes(void)
{
    unsigned nodes = group.live;

    for (unsigned i = 0; i < DELAY_MAX; i++)
        nodes += group.arriving[i];
    return nodes;
}

static void carry_out(void)
{
    if (group.d.action == ACTION_HOLD)
        return;
    scaler_ordered(group.scaler, &group.d);
    if (group.d.action == ACTION_UP)
        group.arriving[(group.at + group.delay) % DELAY_MAX] += group.d.to > all_nodes() ? group.d.to - all_nodes() : 0;
    else
        group.live -= group.d.victims;
    group.observed.left = group.d.action == ACTION_DOWN ? group.d.victims : 0;
}

/* The next tick, at which the nodes arrive that are due. */
static void tick(void)
{
    struct group_observation *o = &group.observed;

    group.at = (group.at + 1) % DELAY_MAX;
    o->joined = group.arriving[group.at];
    group.arriving[group.at] = 0;
    group.live += o->joined;
    o->live = isnan(group.cpu) ? 0 : group.live;
    o->joined = isnan(group.cpu) ? 0 : o->joined;
    o->resource[RESOURCE_CPU] = (struct resource_observation){0};
    if (o->live > 0)
        o->resource[RESOURCE_CPU] = (struct resource_observation){
            .demand = group.cpu * group.live, .capacity = group.live, .nodes = group.live};
    group.now_ms += TICK_MS;
    group.d = scaler_step(group.scaler, &group.settings, group.now_ms, o);
    o->left = 0;
    carry_out();
}

static void ticks(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        tick();
}

static void expect_text(const char *part)
{
    char text[DECISION_SENTENCE_MAX];

    decision_sentence(&group.d, "web", text, sizeof text);
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in: %s", part, text);
}

/* ---- load ---- */

START_TEST(a_load_is_divided_by_what_a_node_carries)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->value = 500.0;
    tick();
    ck_assert_int_eq(group.d.action, ACTION_HOLD);
    ck_assert_double_eq(group.d.utilisation[RESOURCE_SIGNAL_0], 0.5);
    requests->value = 1410.0;
    tick();
    ck_assert_int_eq(group.d.action, ACTION_UP);
    ck_assert_uint_eq(group.d.desired, 18); /* 1410 / (0.8 x 100) */
    ck_assert_int_eq(group.d.rule, RULE_REACTIVE);
    ck_assert_int_eq(group.d.resource, RESOURCE_SIGNAL_0);
    expect_text("web: scale up 10 -> 18 (web-requests 1,410 of 1,000 now, high 90%");
}
END_TEST

/* The Kubernetes HPA, which does not count them, orders again and again while nodes start. */
START_TEST(nodes_that_start_count)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    group.delay = 60;
    requests->value = 1600.0;
    ticks(60);
    ck_assert_uint_eq(all_nodes(), 20);
}
END_TEST

START_TEST(the_largest_vote_wins)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    group.cpu = 0.90;
    requests->value = 1000.0;
    tick();
    ck_assert_uint_eq(group.d.vote_reactive[RESOURCE_CPU], 13);
    ck_assert_uint_eq(group.d.vote_reactive[RESOURCE_SIGNAL_0], 13);
    group.cpu = 0.50;
    requests->value = 1100.0;
    tick();
    ck_assert_uint_eq(group.d.raw, 14);
    ck_assert_int_eq(group.d.resource, RESOURCE_SIGNAL_0);
}
END_TEST

/* A load that rises and falls by the hour. */
START_TEST(the_forecast_of_a_signal_votes)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);
    unsigned ahead = 0; /* orders before `high` was crossed */

    requests->forecast = true;
    for (unsigned i = 0; i < 960; i++) {
        requests->value = 1200.0 - 800.0 * cos(i / 240.0 * 2.0 * 3.14159265358979);
        group.cpu = 0.2;
        tick();
        if (group.d.action != ACTION_UP || group.d.rule != RULE_FORECAST || group.d.resource != RESOURCE_SIGNAL_0)
            continue;
        ck_assert_double_le(group.d.utilisation[RESOURCE_SIGNAL_0], 0.90);
        expect_text(" within 135 s, high 90%");
        ahead++;
    }
    ck_assert_uint_ge(ahead, 8);
}
END_TEST

/* The other nodes carry what silent ones did: the demand is that of the group, not of the nodes that report. */
START_TEST(silence_of_nodes_is_no_change_of_a_load)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->forecast = true;
    requests->value = 700.0;
    ticks(40);
    group.live = 6;
    group.observed.missing = 4;
    tick();
    ck_assert_double_eq(group.d.demand[RESOURCE_SIGNAL_0], 700.0);
    ck_assert_double_eq(group.d.total[RESOURCE_SIGNAL_0], 700.0);
    ck_assert(!group.d.saturated[RESOURCE_SIGNAL_0]);
    ck_assert_uint_eq(group.d.vote_reactive[RESOURCE_SIGNAL_0], 9); /* the 6 are above `high` */
}
END_TEST

START_TEST(a_scale_in_keeps_what_a_load_needs)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    group.cpu = 0.10;
    requests->value = 600.0;
    ticks(40);
    ck_assert_uint_eq(group.live, 7); /* 600 / (0.9 x 100) */
    ck_assert_int_eq(group.d.guard_resource, RESOURCE_SIGNAL_0);
}
END_TEST

/* They may carry none of it. */
START_TEST(a_scale_in_counts_silent_nodes_as_lost)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    group.cpu = 0.0;
    group.live = 20;
    group.observed.missing = 2;
    requests->value = 900.0;
    ticks(40);
    ck_assert_uint_eq(group.live, 10);
}
END_TEST

/* ---- share ---- */

START_TEST(a_share_is_one_of_the_live_nodes)
{
    struct signal_observation *gpu = have(REQUESTS, "gpu", SIGNAL_SHARE);

    gpu->value = 0.95;
    tick();
    ck_assert_double_eq(group.d.demand[RESOURCE_SIGNAL_0], 9.5);
    ck_assert_uint_eq(group.d.desired, 12); /* 9.5 / 0.8 */
    expect_text("gpu 95% now, high 90%");
}
END_TEST

/* While the value is of the time before they came, new nodes bring no load with them. */
START_TEST(a_share_does_not_grow_with_the_nodes)
{
    struct signal_observation *gpu = have(REQUESTS, "gpu", SIGNAL_SHARE);
    double values[5] = {0.95, 0.95, 0.95, 0.95, 0.95}; /* the newest first */

    gpu->age_ms = INT64_C(5) * TICK_MS; /* the newest of the values is one of the tick before */
    ticks(5);
    for (unsigned i = 0; i < 80; i++) {
        memmove(values + 1, values, 4 * sizeof *values);
        values[0] = 9.5 / group.live;
        gpu->value = values[4];
        tick();
    }
    ck_assert_uint_eq(all_nodes(), 12);
}
END_TEST

/* ---- limit ---- */

START_TEST(a_limit_adds_a_tenth_once_per_lead_time)
{
    struct signal_observation *p99 = have(REQUESTS, "p99", SIGNAL_LIMIT);

    group.live = 30;
    p99->value = 0.31;
    tick();
    ck_assert_uint_eq(group.d.desired, 33);
    expect_text("p99 0.31 now, limit 0.25");
    ticks(8);
    ck_assert_uint_eq(all_nodes(), 33);
    tick(); /* a lead time and a tick after the first step */
    ck_assert_uint_eq(all_nodes(), 37);
}
END_TEST

START_TEST(a_limit_adds_at_least_one_node)
{
    struct signal_observation *p99 = have(REQUESTS, "p99", SIGNAL_LIMIT);

    group.live = 2;
    p99->value = 100.0; /* however far it is above */
    ticks(5);
    ck_assert_uint_eq(all_nodes(), 3);
}
END_TEST

START_TEST(below_a_limit_nodes_go_only_if_it_is_far_off)
{
    struct signal_observation *p99 = have(REQUESTS, "p99", SIGNAL_LIMIT);

    group.cpu = 0.10;
    p99->forecast = true;
    p99->value = 0.21;
    ticks(40);
    ck_assert_uint_eq(group.live, 10);
    ck_assert_int_eq(group.d.guard, GUARD_LOW);
    ck_assert(!group.d.forecast[RESOURCE_SIGNAL_0].valid);
    expect_text("waits for p99, 84% now, to fall to low 80%");
    p99->value = 0.19;
    ticks(40);
    ck_assert_uint_lt(group.live, 10);
}
END_TEST

/* ---- missing ---- */

static const double nonsense[] = {-1.0, 1e22, INFINITY, NAN};

START_TEST(nonsense_is_missing)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->value = nonsense[_i];
    tick();
    ck_assert_int_eq(group.d.observed.signal[REQUESTS].state, SIGNAL_MISSING);
    ck_assert(isnan(group.d.utilisation[RESOURCE_SIGNAL_0]));
    requests->value = 100.0;
    requests->per_node = 0.0;
    tick();
    ck_assert_int_eq(group.d.observed.signal[REQUESTS].state, SIGNAL_MISSING);
    requests->per_node = 100.0;
    requests->target = 0.95; /* above `high` */
    tick();
    ck_assert_int_eq(group.d.observed.signal[REQUESTS].state, SIGNAL_MISSING);
}
END_TEST

START_TEST(a_missing_signal_forbids_scale_in)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->value = 900.0;
    ticks(30);
    ck_assert_uint_eq(group.live, 10);
    requests->state = SIGNAL_MISSING;
    group.cpu = 0.10;
    ticks(60);
    ck_assert_uint_eq(group.live, 10);
    ck_assert_int_eq(group.d.guard, GUARD_SIGNAL_MISSING);
    ck_assert_double_eq(group.d.total[RESOURCE_SIGNAL_0], 900.0); /* the last one */
    ck_assert_uint_eq(group.d.vote_reactive[RESOURCE_SIGNAL_0] + group.d.vote_forecast[RESOURCE_SIGNAL_0], 0);
    expect_text("; no scale-in while web-requests is missing");
}
END_TEST

START_TEST(a_missing_signal_stops_no_other_vote)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);
    struct signal_observation *jobs = have(OTHER, "jobs", SIGNAL_LOAD);

    requests->state = SIGNAL_MISSING;
    jobs->value = 500.0;
    group.cpu = 0.85;
    tick();
    ck_assert_int_eq(group.d.action, ACTION_UP);
    ck_assert_int_eq(group.d.resource, RESOURCE_CPU);
    expect_text("; web-requests is missing");
    jobs->value = 2000.0;
    tick();
    ck_assert_int_eq(group.d.resource, RESOURCE_SIGNAL_1);
}
END_TEST

START_TEST(a_signal_that_returns_counts_at_once)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->value = 500.0;
    ticks(30);
    requests->state = SIGNAL_MISSING;
    ticks(10);
    requests->state = SIGNAL_PRESENT;
    requests->value = 1600.0;
    tick();
    ck_assert_uint_eq(group.d.raw, 20);
    ck_assert_int_eq(group.d.resource, RESOURCE_SIGNAL_0);
}
END_TEST

static const struct {
    enum signal_rule rule;
    unsigned live;
    const char *text;
} gone[] = {
    {SIGNAL_HOLD, 10, "; no scale-in while web-requests is gone"},
    {SIGNAL_IGNORE, 2, "; web-requests is gone"},
    {SIGNAL_NODES, 6, "web-requests is gone, and counts as 6 nodes"},
};

START_TEST(what_is_gone_follows_its_rule)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->value = 900.0;
    requests->when_gone = gone[_i].rule;
    requests->gone_nodes = 6;
    ticks(30);
    requests->state = SIGNAL_GONE;
    group.cpu = 0.15;
    for (unsigned i = 0; i < 150; i++) {
        group.cpu = 1.5 / group.live;
        tick();
    }
    ck_assert_uint_eq(group.live, gone[_i].live);
    expect_text(gone[_i].text);
}
END_TEST

/* A number for a signal that is gone is a vote among others: it never lowers what they want. */
START_TEST(the_number_of_a_gone_signal_is_a_vote)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    requests->state = SIGNAL_GONE;
    requests->when_gone = SIGNAL_NODES;
    requests->gone_nodes = 14;
    tick();
    ck_assert_uint_eq(group.d.desired, 14);
    ck_assert_int_eq(group.d.rule, RULE_SIGNAL);
    group.cpu = 0.95;
    ticks(10);
    ck_assert_uint_gt(group.d.raw, 14);
    ck_assert_int_eq(group.d.resource, RESOURCE_CPU);
}
END_TEST

/* ---- floor, and nodes ---- */

START_TEST(a_floor_is_a_number_of_nodes)
{
    struct signal_observation *jobs = have(REQUESTS, "jobs", SIGNAL_LOAD);

    jobs->value = 100.0;
    jobs->floor = 16;
    tick();
    ck_assert_uint_eq(group.d.desired, 16);
    ck_assert_uint_eq(group.d.vote_signal, 16);
    ck_assert_int_eq(group.d.rule, RULE_SIGNAL);
    expect_text("web: scale up 10 -> 16 (jobs asks for at least 16 nodes)");
    group.cpu = 0.05;
    ticks(100);
    ck_assert_uint_eq(group.live, 16);
    jobs->floor = 0;
    ticks(100);
    ck_assert_uint_lt(group.live, 5);
}
END_TEST

START_TEST(a_signal_counts_the_nodes_of_a_group_without_agents)
{
    struct signal_observation *cores = have(REQUESTS, "cores", SIGNAL_LOAD);

    group.cpu = NAN;
    cores->has_nodes = true;
    cores->value = 500.0;
    for (unsigned i = 0; i < 30; i++) {
        cores->nodes = group.live;
        tick();
    }
    ck_assert_uint_eq(group.d.observed.live, 10);
    cores->value = 1600.0;
    for (unsigned i = 0; i < 8 + 1; i++) {
        tick();
        cores->nodes = group.live;
    }
    ck_assert_uint_eq(group.live, 20);
    tick();
    ck_assert_uint_eq(group.d.pending, 0);
    ck_assert_uint_eq(group.d.observed.live, 20);
    cores->state = SIGNAL_MISSING; /* the nodes have not gone with it */
    ticks(40);
    ck_assert_uint_eq(group.d.observed.live, 20);
    ck_assert_uint_eq(group.live, 20);
    ck_assert_uint_eq(group.d.raw, 20);
}
END_TEST

START_TEST(a_lead_time_is_learned_from_a_signals_nodes)
{
    struct signal_observation *cores = have(REQUESTS, "cores", SIGNAL_LOAD);

    group.cpu = NAN;
    group.delay = 20; /* 5 minutes, and 2 are configured */
    group.settings.stabilization_ms = TICK_MS;
    cores->has_nodes = true;
    for (unsigned i = 0; i < 400; i++) {
        cores->nodes = group.live;
        cores->value = i / 50 % 2 == 0 ? 500.0 : 1600.0;
        tick();
    }
    ck_assert_uint_gt(group.d.lead_seen, 0);
    ck_assert_int_ge(group.d.lead_ms, INT64_C(19) * TICK_MS);
    ck_assert_int_le(group.d.lead_ms, INT64_C(22) * TICK_MS);
}
END_TEST

/* ---- no node at all ---- */

static struct signal_observation *begin_empty(bool agents)
{
    struct signal_observation *requests = have(REQUESTS, "web-requests", SIGNAL_LOAD);

    group.settings.nodes_min = 0;
    group.settings.may_be_empty = true;
    group.live = 0;
    group.cpu = agents ? 0.02 : NAN; /* what an idle node uses */
    requests->has_nodes = !agents;
    return requests;
}

static void ticks_counted(struct signal_observation *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        s->nodes = group.live;
        tick();
    }
}

START_TEST(a_group_grows_from_no_node_and_shrinks_to_none)
{
    bool agents = _i % 2 == 0;
    bool forecast = _i / 2 == 0;
    struct signal_observation *requests = begin_empty(agents);

    requests->forecast = forecast;
    ticks_counted(requests, 40);
    ck_assert_uint_eq(all_nodes(), 0);
    expect_text("web: hold 0 (web-requests 0 of 0 now");
    requests->value = 0.5; /* for one tick */
    ticks_counted(requests, 1);
    ck_assert_int_eq(group.d.action, ACTION_UP);
    ck_assert_uint_eq(group.d.to, 1);
    requests->value = 1410.0;
    ticks_counted(requests, 12);
    ck_assert_uint_ge(group.live, 18);

    requests->value = 0.0;
    ticks_counted(requests, 1);
    ck_assert_int_eq(group.d.action, ACTION_HOLD);
    ck_assert_uint_gt(group.live, 0);
    expect_text("; scale-in to 0 waits for the stabilization window, 5 min");
    ticks_counted(requests, 18);
    ck_assert_uint_gt(group.live, 0);
    ticks_counted(requests, 200); /* by halves, a lead time apart */
    ck_assert_uint_eq(group.live, 0);
}
END_TEST

START_TEST(all_that_is_needed_comes_at_once_from_no_node)
{
    struct signal_observation *requests = begin_empty(true);

    ticks(40);
    requests->value = 5000.0;
    tick();
    ck_assert_int_eq(group.d.action, ACTION_UP);
    ck_assert_uint_eq(group.d.to, 63); /* 5000 / (0.8 x 100), in one step */
    expect_text("web: scale up 0 -> 63 (web-requests 5,000 of 0 now, high 90%");
}
END_TEST

START_TEST(the_last_node_stays_while_it_is_unknown_whether_it_is_needed)
{
    struct signal_observation *requests = begin_empty(true);

    group.live = 1;
    ticks(10);
    requests->state = SIGNAL_MISSING;
    ticks(100);
    ck_assert_uint_eq(group.live, 1);
    requests->state = SIGNAL_PRESENT;
    requests->value = 0.001;
    ticks(100);
    ck_assert_uint_eq(group.live, 1);
    requests->value = 0.0;
    have(OTHER, "jobs", SIGNAL_LOAD)->value = 0.001; /* another signal needs it */
    ticks(100);
    ck_assert_uint_eq(group.live, 1);
    group.observed.signal[OTHER].value = 0.0;
    ticks(100);
    ck_assert_uint_eq(group.live, 0);
}
END_TEST

START_TEST(a_missing_signal_orders_no_first_node)
{
    struct signal_observation *requests = begin_empty(true);

    ticks(10);
    requests->state = SIGNAL_MISSING;
    ticks(100);
    ck_assert_uint_eq(all_nodes(), 0);
}
END_TEST

/* A node that is dead, and known yet, serves nobody. */
START_TEST(a_silent_node_is_replaced_where_one_is_needed)
{
    struct signal_observation *requests = begin_empty(true);

    group.live = 1;
    requests->value = 50.0;
    ticks(40);
    group.live = 0;
    group.observed.missing = 1;
    ticks(2);
    ck_assert_uint_ge(all_nodes(), 1);
}
END_TEST

START_TEST(a_minimum_of_one_keeps_a_node)
{
    struct signal_observation *requests = begin_empty(true);

    group.settings.nodes_min = 1;
    group.live = 2;
    requests->value = 0.0;
    ticks(200);
    ck_assert_uint_eq(group.live, 1);
}
END_TEST

/* What a reader gets falls to 0, too. */
START_TEST(a_reader_gets_no_node)
{
    struct signal_observation *requests = begin_empty(true);

    group.settings.actuator = ACTUATOR_READER;
    group.live = 1;
    requests->value = 50.0;
    ticks(40);
    requests->value = 0.0;
    ticks(200);
    ck_assert_uint_eq(group.live, 0);
    ck_assert_uint_eq(group.d.desired, 0);
    requests->value = 50.0;
    tick();
    ck_assert_uint_eq(group.d.to, 1);
}
END_TEST

/* ---- the queue ---- */

/* demand = what comes + the backlog / 120 s. Nodes start within 5 to 15 minutes, while the backlog grows. */
static const unsigned slow[] = {20, 40, 60};

START_TEST(a_queue_with_a_slow_start_does_not_run_away)
{
    struct signal_observation *jobs = have(REQUESTS, "jobs", SIGNAL_LOAD);
    double backlog = 0.0, largest = 0.0;
    unsigned most = 0;

    group.delay = slow[_i % 3];
    group.settings.lead_time_ms = (int64_t)group.delay * TICK_MS;
    group.settings.nodes_max = 100000;
    group.live = 2;
    jobs->per_node = 10.0; /* jobs per second */
    jobs->forecast = _i >= 3;
    for (unsigned i = 0; i < 600; i++) {
        double comes = i < 40 ? 10.0 : 100.0;
        backlog = fmax(0.0, backlog + (comes - 10.0 * group.live) * TICK_MS / 1000.0);
        group.cpu = fmin(1.0, (comes + backlog) / (10.0 * group.live)) * 0.5;
        jobs->value = comes + backlog / 120.0;
        largest = fmax(largest, jobs->value);
        tick();
        most = all_nodes() > most ? all_nodes() : most;
    }
    ck_assert_double_le(backlog, 0.0);
    ck_assert_uint_le(most, (unsigned)ceil(1.5 * largest / (0.8 * 10.0)));
}
END_TEST

/* ---- memory ---- */

START_TEST(a_signal_keeps_its_forecast_in_another_place)
{
    struct signal_observation requests;
    struct forecast before;

    have(OTHER, "jobs", SIGNAL_SHARE);
    *have(REQUESTS, "web-requests", SIGNAL_LOAD) = (struct signal_observation){
        .name = "web-requests", .per_node = 100, .high = 0.9, .target = 0.8, .forecast = true, .value = 400};
    ticks(100);
    before = group.d.forecast[RESOURCE_SIGNAL_0];
    ck_assert(before.valid);
    ck_assert_uint_gt(before.scored, 10);
    requests = group.observed.signal[REQUESTS];
    group.observed.signal[REQUESTS] = (struct signal_observation){0};
    group.observed.signal[3] = requests;
    tick();
    ck_assert(!group.d.forecast[RESOURCE_SIGNAL_0].valid);
    ck_assert_uint_eq(group.d.forecast[RESOURCE_SIGNAL_3].scored, before.scored + 1);
    group.observed.signal[3].name[0] = 'W'; /* another signal */
    tick();
    ck_assert_uint_eq(group.d.forecast[RESOURCE_SIGNAL_3].scored, 0);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("group_signals");
    TCase *tcase = tcase_create("group_signals");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_load_is_divided_by_what_a_node_carries);
    tcase_add_test(tcase, nodes_that_start_count);
    tcase_add_test(tcase, the_largest_vote_wins);
    tcase_add_test(tcase, the_forecast_of_a_signal_votes);
    tcase_add_test(tcase, silence_of_nodes_is_no_change_of_a_load);
    tcase_add_test(tcase, a_scale_in_keeps_what_a_load_needs);
    tcase_add_test(tcase, a_scale_in_counts_silent_nodes_as_lost);
    tcase_add_test(tcase, a_share_is_one_of_the_live_nodes);
    tcase_add_test(tcase, a_share_does_not_grow_with_the_nodes);
    tcase_add_test(tcase, a_limit_adds_a_tenth_once_per_lead_time);
    tcase_add_test(tcase, a_limit_adds_at_least_one_node);
    tcase_add_test(tcase, below_a_limit_nodes_go_only_if_it_is_far_off);
    tcase_add_loop_test(tcase, nonsense_is_missing, 0, ROWS(nonsense));
    tcase_add_test(tcase, a_missing_signal_forbids_scale_in);
    tcase_add_test(tcase, a_missing_signal_stops_no_other_vote);
    tcase_add_test(tcase, a_signal_that_returns_counts_at_once);
    tcase_add_loop_test(tcase, what_is_gone_follows_its_rule, 0, ROWS(gone));
    tcase_add_test(tcase, the_number_of_a_gone_signal_is_a_vote);
    tcase_add_test(tcase, a_floor_is_a_number_of_nodes);
    tcase_add_test(tcase, a_signal_counts_the_nodes_of_a_group_without_agents);
    tcase_add_test(tcase, a_lead_time_is_learned_from_a_signals_nodes);
    tcase_add_loop_test(tcase, a_group_grows_from_no_node_and_shrinks_to_none, 0, 4);
    tcase_add_test(tcase, all_that_is_needed_comes_at_once_from_no_node);
    tcase_add_test(tcase, the_last_node_stays_while_it_is_unknown_whether_it_is_needed);
    tcase_add_test(tcase, a_missing_signal_orders_no_first_node);
    tcase_add_test(tcase, a_silent_node_is_replaced_where_one_is_needed);
    tcase_add_test(tcase, a_minimum_of_one_keeps_a_node);
    tcase_add_test(tcase, a_reader_gets_no_node);
    tcase_add_loop_test(tcase, a_queue_with_a_slow_start_does_not_run_away, 0, 2 * ROWS(slow));
    tcase_add_test(tcase, a_signal_keeps_its_forecast_in_another_place);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
