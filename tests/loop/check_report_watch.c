/* How agents on real sockets learn how often they are to send. */
#include "collector/report_watch.h"

#include "collector/fleet/registry.h"
#include "collector/fleet/registry_groups.h"
#include "support/collector_rig.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <check.h>
#include <stdio.h>

#define ACK_MS    30000U /* no Ack comes by time */
#define REPORT_MS 5000U
#define AGENTS    100U

static struct report_watch watch;
static struct collector_config config;
static struct loop_watch loop_watch;
static uint64_t looks;

static struct group *group(void)
{
    return registry_find_group(&rig.registry, "web");
}

static bool has_pace(void *arg)
{
    (void)arg;
    return group() != NULL && group()->report.ms == REPORT_MS;
}

static const Headroom__Welcome *greet(struct peer *agent, const char *node_id, bool obeys)
{
    Headroom__Hello hello = HEADROOM__HELLO__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    hello.version = WIRE_VERSION;
    hello.node_id = (char *)node_id;
    hello.group = (char *)"web";
    hello.instance = 7;
    hello.interval_ms = 1000;
    hello.oldest_seq = 1;
    hello.has_takes_report_ms = obeys;
    hello.takes_report_ms = obeys;
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    peer_connect(agent, rig.port);
    peer_send(agent, &frame);
    return peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME)->welcome;
}

/* The pace of the group is REPORT_MS, by its setting. */
static void begin(void)
{
    rig_begin();
    rig.hub.ack_interval_ms = ACK_MS;
    rig_start(2 * RIG_AGENTS);
    config = collector_config_defaults;
    config.settings.report_ms = REPORT_MS;
    looks = 0;
    const struct report_watch_parts parts = {&rig.hub, &config, &loop_watch, &looks};
    report_watch_start(&watch, &test_loop, &parts);
    ck_assert(!greet(&rig.agents[0], "earlier", false)->has_report_ms);
    peer_send_batch(&rig.agents[0], 1, 1);
    test_loop_until(has_pace, NULL);
}

static void end(void)
{
    report_watch_close(&watch);
    rig_end();
}

static void greet_all(void)
{
    char id[16];

    for (unsigned i = 1; i <= AGENTS; i++) {
        snprintf(id, sizeof id, "n%u", i);
        ck_assert_uint_eq(greet(&rig.agents[i], id, true)->report_ms, REPORT_MS);
    }
}

START_TEST(a_shorter_pace_reaches_all_agents_that_obey_at_once)
{
    greet_all();
    group()->report.configured_ms = 1000; /* as a tick does after a reload */
    for (unsigned i = 1; i <= AGENTS; i++)
        ck_assert_uint_eq(peer_expect(&rig.agents[i], HEADROOM__FRAME__BODY_ACK)->ack->report_ms, 1000);
    ck_assert_uint_eq(rig.hub.account.acks, AGENTS);
    ck_assert(!peer_poll(&rig.agents[0]));
}
END_TEST

START_TEST(a_longer_pace_waits_for_the_next_ack)
{
    greet_all();
    group()->report.configured_ms = 1000;
    for (unsigned i = 1; i <= AGENTS; i++)
        (void)peer_expect(&rig.agents[i], HEADROOM__FRAME__BODY_ACK);
    group()->report.configured_ms = REPORT_MS;
    test_loop_until(has_pace, NULL);
    test_loop_for_ms(50);
    ck_assert_uint_eq(rig.hub.account.acks, AGENTS);
    for (unsigned i = 1; i <= AGENTS; i++)
        ck_assert(!peer_poll(&rig.agents[i]));
}
END_TEST

START_TEST(only_a_node_that_is_looked_at_gets_an_ack)
{
    greet_all();
    struct node *node = registry_find_node(&rig.registry, "n42");
    node->looked_s = (uint32_t)(uv_now(&test_loop) / 1000) + 60;
    looks++;
    const Headroom__Ack *ack = peer_expect(&rig.agents[42], HEADROOM__FRAME__BODY_ACK)->ack;
    ck_assert(!ack->has_report_ms);
    ck_assert_uint_eq(rig.hub.account.acks, 1);
}
END_TEST

static bool has_stored_five(void *arg)
{
    (void)arg;
    return registry_latest(registry_find_node(&rig.registry, "n1"))->stored_seq == 5;
}

START_TEST(a_report_of_several_samples_is_stored_and_acknowledged_with_the_next_one)
{
    ck_assert_uint_eq(greet(&rig.agents[1], "n1", true)->report_ms, REPORT_MS);
    registry_find_node(&rig.registry, "n1")->intake->acked_ms -= 2 * ACK_MS; /* the last Ack is long ago */
    peer_send_batch(&rig.agents[1], 1, 5);
    test_loop_until(has_stored_five, NULL);
    ck_assert(!peer_poll(&rig.agents[1]));
    peer_send_batch(&rig.agents[1], 6, 5);
    ck_assert_uint_eq(peer_expect(&rig.agents[1], HEADROOM__FRAME__BODY_ACK)->ack->stored_seq, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_watch");
    TCase *tests = tcase_create("report_watch");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_shorter_pace_reaches_all_agents_that_obey_at_once);
    tcase_add_test(tests, a_longer_pace_waits_for_the_next_ack);
    tcase_add_test(tests, only_a_node_that_is_looked_at_gets_an_ack);
    tcase_add_test(tests, a_report_of_several_samples_is_stored_and_acknowledged_with_the_next_one);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
