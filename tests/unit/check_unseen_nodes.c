/* Groups without agents: their settings and count follow the signal that counts their nodes. */
#include "collector/autoscale/unseen_nodes.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

static struct group_observation observed;
static struct scaler_settings settings;

static void begin(void)
{
    observed = (struct group_observation){0};
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    strcpy(observed.signal[1].name, "jobs");
    observed.signal[1].has_nodes = true;
    observed.signal[1].nodes = 7;
}

static void end(void)
{
}

/* The scaler counts the signal's nodes as live. */
static struct decision decide(void)
{
    struct decision decision = {.settings = settings, .observed = observed};

    if (decision.observed.live == 0)
        decision.observed.live = observed.signal[1].nodes;
    return decision;
}

static void expect(bool unseen)
{
    unseen_nodes_apply(&observed, &settings);
    struct decision decision = decide();

    ck_assert_int_eq(settings.victims == VICTIMS_ANY, unseen);
    ck_assert(unseen_nodes_are_all(&decision) == unseen);
}

START_TEST(a_signal_counts_the_nodes_where_no_agent_does)
{
    expect(true);
    ck_assert(observed.counted);
    ck_assert_uint_eq(observed.count, 7);
}
END_TEST

START_TEST(nobody_waits_for_them_to_report)
{
    observed.roll_call = true;
    observed.roll_call_blind = true;
    expect(true);
    ck_assert(!observed.roll_call);
    ck_assert(!observed.roll_call_blind);
    begin();
    observed.signal[1].has_nodes = false;
    observed.roll_call = true;
    expect(false);
    ck_assert(observed.roll_call);
}
END_TEST

START_TEST(the_actuators_count_comes_first)
{
    observed.counted = true;
    observed.count = 9;
    expect(true);
    ck_assert_uint_eq(observed.count, 9);
}
END_TEST

START_TEST(it_counts_while_it_is_missing_too)
{
    observed.signal[1].state = SIGNAL_MISSING;
    expect(true);
    ck_assert_uint_eq(observed.count, 7);
}
END_TEST

START_TEST(agents_are_believed_before_a_signal)
{
    observed.live = 2;
    observed.resource[RESOURCE_CPU].nodes = 2;
    expect(false);
    ck_assert(!observed.counted);
}
END_TEST

START_TEST(nodes_that_have_gone_silent_had_agents)
{
    observed.missing = 2;
    expect(false);
    begin();
    observed.returning = 1;
    expect(false);
}
END_TEST

START_TEST(without_a_signal_that_counts_there_is_no_such_group)
{
    observed.signal[1].has_nodes = false;
    expect(false);
    begin();
    observed.signal[1].name[0] = '\0';
    expect(false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unseen_nodes");

    CASES_ADD(suite, "unseen_nodes", begin, end, a_signal_counts_the_nodes_where_no_agent_does,
              nobody_waits_for_them_to_report, the_actuators_count_comes_first, it_counts_while_it_is_missing_too,
              agents_are_believed_before_a_signal, nodes_that_have_gone_silent_had_agents,
              without_a_signal_that_counts_there_is_no_such_group);
    return suite_run(suite);
}
