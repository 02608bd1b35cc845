/* scaler/unmet.h: orders that bring nothing are given up. */
#include "scaler/unmet.h"

#include "scaler/scaler.h"
#include "support/cases.h"
#include "support/suite.h"

#define TICK_MS 15000

static struct scaler *scaler;
static struct scaler_settings settings;
static struct group_observation busy; /* four nodes that need help */
static int64_t now_ms;

static void begin(void)
{
    scaler = scaler_new();
    ck_assert_ptr_nonnull(scaler);
    scaler_begin(scaler, 7);
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    settings.mode = MODE_FULL;
    settings.actuator = ACTUATOR_HOOK;
    busy = (struct group_observation){.live = 4};
    busy.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 3.8, .capacity = 4.0, .nodes = 4};
    now_ms = 1000000;
}

static void end(void)
{
    scaler_free(scaler);
}

/* A tick, whose order is carried out. */
static struct decision tick(void)
{
    now_ms += TICK_MS;
    struct decision d = scaler_step(scaler, &settings, now_ms, &busy);
    if (d.action == ACTION_UP)
        scaler_ordered(scaler, &d);
    return d;
}

/* Ticks until the order is given up. Returns how many orders there were. */
static unsigned give_up(struct decision *d)
{
    unsigned orders = 0;

    for (unsigned ticks = 0; ticks < 100; ticks++) {
        *d = tick();
        orders += d->action == ACTION_UP;
        if (d->gives_up)
            return orders;
    }
    return 0;
}

START_TEST(third_order_that_brings_nothing_is_given_up)
{
    struct decision d = tick();
    int64_t first_ms = now_ms;

    ck_assert_int_eq(d.action, ACTION_UP);
    ck_assert_uint_ge(give_up(&d), 2);
    ck_assert_int_ge(now_ms - first_ms, 2 * (settings.lead_time_ms + TICK_MS));
    ck_assert_int_le(now_ms - first_ms, 2 * (settings.lead_time_ms + TICK_MS) + 3 * TICK_MS);
    ck_assert(d.unmet.is_given_up);
    ck_assert_int_eq(d.unmet.order[0].time_ms, first_ms);
    ck_assert_uint_eq(d.unmet.order[0].epoch, 7);
    ck_assert_uint_eq(d.unmet.order[0].number, 1);
    ck_assert_uint_eq(d.unmet.nodes, d.pending);
    unsigned later = 0;
    for (unsigned i = 0; i < 60; i++) {
        d = tick();
        later += d.action == ACTION_UP;
        ck_assert(!d.gives_up); /* once */
        ck_assert(d.unmet.is_given_up);
    }
    ck_assert_uint_ge(later, 5); /* ordering goes on */
}
END_TEST

START_TEST(node_that_joins_ends_it)
{
    struct decision d;

    ck_assert_uint_ge(give_up(&d), 2);
    busy.joined = 1;
    busy.live = 5;
    d = tick();
    ck_assert(!d.unmet.is_given_up);
    busy.joined = 0;
    ck_assert_uint_ge(give_up(&d), 2); /* and the others do not come */
}
END_TEST

START_TEST(it_ends_when_no_more_are_wanted)
{
    struct decision d;

    ck_assert_uint_ge(give_up(&d), 2);
    busy.resource[RESOURCE_CPU].demand = 2.7;
    for (unsigned i = 0; i < 200; i++)
        d = tick();
    ck_assert_uint_eq(d.unmet.count, 0);
    ck_assert(!d.unmet.is_given_up);
}
END_TEST

START_TEST(orders_that_fail_or_grow_do_not_count)
{
    struct unmet unmet = {0};
    struct unmet_order order = {.time_ms = 1000000};

    for (unsigned i = 0; i < 9; i++) { /* more is ordered at each tick */
        unmet_note(&unmet, &order, 9 * TICK_MS, i);
        order.time_ms += TICK_MS;
    }
    ck_assert_uint_eq(unmet.count, 1);
    ck_assert_uint_eq(unmet.nodes, 8);
    unmet_note(&unmet, &order, 9 * TICK_MS, 9);
    order.time_ms += 9 * TICK_MS;
    unmet_note(&unmet, &order, 9 * TICK_MS, 9);
    unmet_withdraw(&unmet, order.time_ms);
    ck_assert_uint_eq(unmet.count, 2);
    ck_assert(!unmet_step(&unmet, 0, 9));
    unmet_note(&unmet, &order, 9 * TICK_MS, 9);
    ck_assert(unmet_step(&unmet, 0, 9));
    ck_assert(!unmet_step(&unmet, 0, 9));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unmet");

    CASES_ADD(suite, "unmet", begin, end, third_order_that_brings_nothing_is_given_up, node_that_joins_ends_it,
              it_ends_when_no_more_are_wanted, orders_that_fail_or_grow_do_not_count);
    return suite_run(suite);
}
