#include "collector/fleet/registry.h"

#include "common/fields.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define HISTORY_MS INT64_C(3600000)
#define HOUR_MS    INT64_C(3600000)
#define DAY_MS     (24 * HOUR_MS)
#define GONE_MS    60000

static struct registry registry;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, HISTORY_MS), 0);
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static struct node *node_of(const char *id, int64_t now_ms)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, now_ms);

    ck_assert_ptr_nonnull(node);
    return node;
}

/* ---- nodes and groups ---- */

START_TEST(a_name_is_always_the_same_node_and_group)
{
    ck_assert_ptr_null(registry_find_node(&registry, "a"));
    struct node *a = node_of("a", 5);
    struct node *b = node_of("b", 6);
    struct group *web = registry_ensure_group(&registry, "web");

    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(node_of("a", 99), a);
    ck_assert_ptr_eq(registry_find_node(&registry, "a"), a);
    ck_assert_int_eq(a->known_ms, 5);
    ck_assert_str_eq(a->id, "a");
    ck_assert_uint_eq(registry.node_count, 2);
    ck_assert_ptr_eq(registry.nodes[a->index], a);
    ck_assert_ptr_eq(registry_ensure_group(&registry, "web"), web);
    ck_assert_ptr_eq(registry.groups[web->index], web);
    ck_assert_ptr_ne(registry_ensure_group(&registry, "a"), web);
    ck_assert_uint_eq(registry.group_count, 2);
}
END_TEST

/* In one turn of the loop. */
START_TEST(twenty_thousand_nodes_need_no_larger_table)
{
    char id[16];

    node_of("first", 1);
    unsigned buckets = registry.nodes_by_id->hh.tbl->num_buckets;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "web-%05u", i);
        node_of(id, 1);
    }
    ck_assert_uint_eq(registry.nodes_by_id->hh.tbl->num_buckets, buckets);
}
END_TEST

START_TEST(the_longest_names_fit)
{
    char name[NAME_LEN_MAX + 1] = {0};

    memset(name, 'x', NAME_LEN_MAX);
    ck_assert_str_eq(node_of(name, 0)->id, name);
    ck_assert_str_eq(registry_ensure_group(&registry, name)->name, name);
    name[NAME_LEN_MAX - 1] = 'y';
    ck_assert_ptr_null(registry_find_node(&registry, name));
}
END_TEST

START_TEST(there_are_only_so_many_groups)
{
    char name[16];

    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        snprintf(name, sizeof name, "g%u", i);
        struct group *group = registry_ensure_group(&registry, name);
        ck_assert_ptr_nonnull(group);
        ck_assert_uint_eq(group->index, i);
    }
    ck_assert_ptr_null(registry_ensure_group(&registry, "one-more"));
    ck_assert_ptr_nonnull(registry_ensure_group(&registry, "g0"));
    ck_assert_uint_eq(registry.group_count, GROUPS_MAX);
}
END_TEST

static const struct {
    int64_t history_ms;
    uint32_t interval_ms;
    unsigned capacity;
} rings[] = {
    {HISTORY_MS, 1000, 3600},    {HISTORY_MS, 50, 72000},        {HISTORY_MS, 3600000, RING_SAMPLES_MIN},
    {0, 1000, RING_SAMPLES_MIN}, {DAY_MS, 50, RING_SAMPLES_MAX}, {HISTORY_MS, 0, RING_SAMPLES_MAX},
};

START_TEST(a_ring_holds_the_history_within_bounds)
{
    registry.history_ms = rings[_i].history_ms;
    struct node *node = registry_ensure_node(&registry, "n", rings[_i].interval_ms, 0);
    ck_assert_uint_eq(node->ring.capacity, rings[_i].capacity);
}
END_TEST

START_TEST(rings_older_than_the_history_are_given_back_and_made_again)
{
    struct node *silent = node_of("silent", 0);
    struct node *connected = node_of("connected", 0);
    struct node *recent = node_of("recent", 0);

    connected->intake = (struct intake *)&registry; /* any session */
    recent->seen_ms = HISTORY_MS;
    registry_trim_rings(&registry, 0, NODES_MAX, HISTORY_MS);
    ck_assert_uint_eq(silent->ring.capacity, 3600);
    registry_trim_rings(&registry, 0, NODES_MAX, HISTORY_MS + 1);
    ck_assert_uint_eq(silent->ring.capacity, 0);
    ck_assert_uint_eq(connected->ring.capacity, 3600);
    ck_assert_uint_eq(recent->ring.capacity, 3600);
    ck_assert_int_eq(registry_ready_ring(&registry, silent), 0);
    ck_assert_uint_eq(silent->ring.capacity, 3600);
    silent->interval_ms = 2000;
    ck_assert_int_eq(registry_ready_ring(&registry, silent), 0);
    ck_assert_uint_eq(silent->ring.capacity, 1800);
}
END_TEST

START_TEST(rings_beyond_the_limit_are_short)
{
    registry.rings_bytes_max = 2 * ring_size(3600) + 100;
    struct node *first = node_of("1", 0);
    struct node *second = node_of("2", 0);
    struct node *third = node_of("3", 0);

    ck_assert_uint_eq(second->ring.capacity, 3600);
    ck_assert_uint_eq(third->ring.capacity, RING_SAMPLES_MIN);
    ck_assert_uint_eq(registry.rings_shortened, 1);
    ck_assert_int_eq(registry_ready_ring(&registry, first), 0); /* what it has it keeps */
    ck_assert_uint_eq(first->ring.capacity, 3600);
    third->seen_ms = second->seen_ms = HISTORY_MS;
    registry_trim_rings(&registry, 0, NODES_MAX, HISTORY_MS + 1);
    ck_assert_uint_eq(registry.rings_bytes, ring_size(3600) + ring_size(RING_SAMPLES_MIN));
    ck_assert_int_eq(registry_ready_ring(&registry, third), 0);
    ck_assert_uint_eq(third->ring.capacity, 3600);
    ck_assert_uint_eq(registry.rings_shortened, 1);
}
END_TEST

/* ---- all places taken ---- */

/* All nodes have reported for a day. */
static void fill(int64_t seen_ms)
{
    char id[16];

    registry.history_ms = 0; /* the smallest rings */
    for (unsigned i = 0; i < NODES_MAX; i++) {
        snprintf(id, sizeof id, "n%u", i);
        struct node *node = registry_ensure_node(&registry, id, 1000, seen_ms - DAY_MS);
        ck_assert_ptr_nonnull(node);
        node->reported = true;
        node->seen_ms = seen_ms;
    }
}

/* Calls that look at all nodes. */
static struct node *ensure_soon(const char *id, int64_t now_ms)
{
    struct node *node = NULL;

    for (unsigned i = 0; i <= NODES_MAX / 64 && node == NULL; i++)
        node = registry_ensure_node(&registry, id, 1000, now_ms);
    return node;
}

static const struct {
    const char *what;
    bool reported, recovered, connected, waits;
    int64_t span_ms, silent_ms;
    bool replaced;
} places[] = {
    {"never sent a sample", false, false, false, false, 0, 0, true},
    {"never sent a sample, connected", false, false, true, false, 0, 0, false},
    {"sent a sample", true, false, false, false, 0, 600000, true},
    {"sent a sample a moment ago", true, false, false, false, 0, 599999, false},
    {"sent samples for long", true, false, false, false, 10000, DAY_MS - 1, false},
    {"silent for a day", true, false, false, false, 10000, DAY_MS, true},
    {"silent for a day, connected", true, false, true, false, 10000, DAY_MS, false},
    {"silent for a day, rows wait", true, false, false, true, 10000, DAY_MS, false},
    {"known from a sample before the start", false, true, false, false, 0, 600000, true},
    {"known from many samples before the start", false, true, false, false, 10000, 600000, false},
};

START_TEST(a_new_node_gets_a_place_that_is_given_up)
{
    const int64_t now_ms = 100 * DAY_MS;

    fill(now_ms - DAY_MS + 1);
    struct node *node = registry_find_node(&registry, "n5");
    unsigned index = node->index;
    node->reported = places[_i].reported;
    node->recovered = places[_i].recovered;
    node->seen_ms = now_ms - places[_i].silent_ms;
    node->known_ms = node->recovered ? node->seen_ms : node->seen_ms - places[_i].span_ms;
    node->first_s = (int32_t)((node->seen_ms - places[_i].span_ms) / 1000);
    node->intake = places[_i].connected ? (struct intake *)&registry : NULL;
    struct instance *instance = registry_ensure_instance(node, 7);
    instance->pending = places[_i].waits;
    registry_set_account(&registry, instance, &(struct agent_account){.produced = 5});
    registry_set_clock_off(&registry, node, 1);
    registry_pin(&registry);
    ck_assert_ptr_null(ensure_soon("new", now_ms));
    registry_unpin(&registry);
    struct node *new = ensure_soon("new", now_ms);
    ck_assert_msg((new != NULL) == places[_i].replaced, "%s", places[_i].what);
    ck_assert_uint_eq(registry.node_count, NODES_MAX);
    ck_assert_int_eq(registry_find_node(&registry, "n5") == NULL, places[_i].replaced);
    if (new != NULL)
        ck_assert_ptr_eq(registry.nodes[index], new);
    ck_assert_uint_eq(registry.agents.produced, new != NULL ? 0 : 5);
    ck_assert_uint_eq(registry.clocks_off, new == NULL);
}
END_TEST

/* ---- instances ---- */

START_TEST(an_instance_is_known_again_by_its_id)
{
    struct node *node = node_of("n", 0);
    struct instance *first = registry_ensure_instance(node, 11);

    first->received_seq = 5;
    for (uint64_t id = 12; id < 11 + INSTANCES_PER_NODE_MAX; id++)
        ck_assert_uint_eq(registry_ensure_instance(node, id)->received_seq, 0);
    ck_assert_ptr_eq(registry_ensure_instance(node, 11), first);
    ck_assert_uint_eq(first->received_seq, 5);
    ck_assert_ptr_eq(first->node, node);
}
END_TEST

START_TEST(the_place_longest_unused_is_taken_for_a_new_instance)
{
    struct node *node = node_of("n", 0);
    struct instance *instances[INSTANCES_PER_NODE_MAX];

    for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++)
        instances[i] = registry_ensure_instance(node, i + 1);
    (void)registry_ensure_instance(node, 1); /* used again */
    instances[1]->received_seq = 9;
    ck_assert_ptr_eq(registry_ensure_instance(node, 100), instances[1]);
    ck_assert_uint_eq(instances[1]->id, 100);
    ck_assert_uint_eq(instances[1]->received_seq, 0);
    ck_assert_ptr_eq(registry_ensure_instance(node, 101), instances[2]);
}
END_TEST

START_TEST(an_instance_with_pending_rows_or_a_session_is_never_taken)
{
    struct instance *instances[INSTANCES_PER_NODE_MAX];

    for (unsigned busy = 0; busy < 1U << INSTANCES_PER_NODE_MAX; busy++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", busy);
        struct node *node = node_of(name, 0);
        for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++) {
            instances[i] = registry_ensure_instance(node, i + 1);
            if (busy >> i & 1U && i % 2 == 0)
                instances[i]->pending = 3;
            else if (busy >> i & 1U)
                instances[i]->intake = (struct intake *)&registry;
        }
        struct instance *taken = registry_ensure_instance(node, 100);
        if (busy + 1 == 1U << INSTANCES_PER_NODE_MAX) {
            ck_assert_ptr_null(taken);
            continue;
        }
        ck_assert_ptr_nonnull(taken);
        for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++)
            if (busy >> i & 1U) {
                ck_assert_ptr_ne(taken, instances[i]);
                ck_assert_uint_eq(instances[i]->id, i + 1);
            }
    }
}
END_TEST

/* ---- liveness ---- */

#define T 10000000 /* when the node became known */

static const struct {
    const char *what;
    bool departed, recovered, reported;
    uint32_t interval_ms;
    int64_t seen_ms, now_ms;
    enum liveness liveness;
} lives[] = {
    {"said Hello, no sample yet", false, false, false, 1000, T, T, NODE_NEW},
    {"said Hello, never a sample", false, false, false, 1000, T, T + DAY_MS, NODE_NEW},
    {"a sample just now", false, false, true, 1000, T, T, NODE_LIVE},
    {"a sample 3 s ago", false, false, true, 1000, T, T + 3000, NODE_LIVE},
    {"silent a millisecond longer", false, false, true, 1000, T, T + 3001, NODE_MISSING},
    {"fast agents get 3 s too", false, false, true, 50, T, T + 3000, NODE_LIVE},
    {"and no more", false, false, true, 50, T, T + 3001, NODE_MISSING},
    {"three slow intervals", false, false, true, 60000, T, T + 180000, NODE_LIVE},
    {"and no more", false, false, true, 60000, T, T + 180001, NODE_MISSING},
    {"no longer interval", false, false, true, INTERVAL_MS_MAX, T, T + 180000, NODE_LIVE},
    {"and no more", false, false, true, INTERVAL_MS_MAX, T, T + 180001, NODE_MISSING},
    {"stale to the end", false, false, true, 1000, T, T + GONE_MS + 3000, NODE_MISSING},
    {"then gone", false, false, true, 1000, T, T + GONE_MS + 3001, NODE_GONE},
    {"drained while live", true, false, true, 1000, T, T, NODE_GONE},
    {"drained before a sample", true, false, false, 1000, T, T, NODE_GONE},
    {"recovered, the collector starts", false, true, false, 1000, T, T, NODE_UNREPORTED},
    {"recovered, not heard of for 30 s", false, true, false, 1000, T, T + 30000, NODE_UNREPORTED},
    {"recovered, not heard of for longer", false, true, false, 1000, T, T + 30001, NODE_MISSING},
    {"recovered, never heard of", false, true, false, 1000, T, T + GONE_MS + 3001, NODE_GONE},
    {"recovered and heard of", false, true, true, 1000, T, T + 100, NODE_LIVE},
    {"only old samples so far", false, false, true, 1000, T - HOUR_MS, T + 10, NODE_GONE},
    {"a sample of the future", false, false, true, 1000, T + 5000, T, NODE_LIVE},
};

START_TEST(liveness_follows_the_last_sample)
{
    struct node *node = node_of("n", T);

    node->farewell = lives[_i].departed ? FAREWELL_GONE : FAREWELL_NONE;
    node->recovered = lives[_i].recovered;
    node->reported = lives[_i].reported;
    node->known_ms = lives[_i].recovered ? T : T - 2 * HOUR_MS;
    node->interval_ms = lives[_i].interval_ms;
    node->seen_ms = lives[_i].seen_ms;
    ck_assert_msg(registry_liveness(node, lives[_i].now_ms, GONE_MS) == lives[_i].liveness, "%s", lives[_i].what);
}
END_TEST

/* Many ids that send a sample each and go away are no capacity. */
static const struct {
    uint32_t interval_ms;
    int64_t span_ms, age_ms;
    enum liveness liveness;
} visits[] = {
    {INTERVAL_MS_MAX, 0, 3000, NODE_LIVE},
    {INTERVAL_MS_MAX, 0, 3001, NODE_GONE},
    {1000, 9999, 3001, NODE_GONE},
    {1000, 10000, 3001, NODE_MISSING},
    {50, 999, 3001, NODE_GONE},
    {50, 1000, 3001, NODE_MISSING},
};

START_TEST(a_visitor_is_no_member)
{
    struct node *node = node_of("n", T);

    node->interval_ms = visits[_i].interval_ms;
    node->reported = true;
    node->seen_ms = T + visits[_i].span_ms;
    ck_assert_int_eq(registry_liveness(node, node->seen_ms + visits[_i].age_ms, GONE_MS), visits[_i].liveness);
}
END_TEST

/* Whatever they say as they go. */
START_TEST(a_visitor_that_says_goodbye_is_no_member)
{
    static const struct {
        enum farewell farewell;
        enum liveness before, visitor, member;
    } said[] = {
        {FAREWELL_RESTARTING, NODE_RETURNING, NODE_GONE, NODE_RETURNING},
        {FAREWELL_REBOOTING, NODE_RETURNING, NODE_GONE, NODE_RETURNING},
        {FAREWELL_LEAVING, NODE_LEAVING, NODE_GONE, NODE_LEAVING},
        {FAREWELL_MOVED, NODE_GONE, NODE_GONE, NODE_MISSING},
    };
    struct node *node = node_of("n", T);

    node->reported = true;
    node->interval_ms = 1000;
    for (unsigned i = 0; i < sizeof said / sizeof *said; i++) {
        node->farewell = (uint8_t)said[i].farewell;
        node->farewell_ms = node->seen_ms = T + 9999;
        ck_assert_int_eq(registry_liveness(node, node->seen_ms + 3000, GONE_MS), said[i].before);
        ck_assert_int_eq(registry_liveness(node, node->seen_ms + 3001, GONE_MS), said[i].visitor);
        node->seen_ms = T + 10000;
        ck_assert_int_eq(registry_liveness(node, node->seen_ms + 3001, GONE_MS), said[i].member);
    }
}
END_TEST

START_TEST(a_node_whose_samples_are_posted_is_awaited_for_the_whole_roll_call)
{
    struct node *node = node_of("n", T);

    node->recovered = true;
    ck_assert_ptr_nonnull(registry_ensure_instance(node, FIELDS_HTTP_INSTANCE << 32 | 7));
    ck_assert_int_eq(registry_liveness(node, T + 120000, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node, T + 120001, GONE_MS), NODE_GONE);
    ck_assert_ptr_nonnull(registry_ensure_instance(node, 8)); /* an agent has taken over */
    ck_assert_int_eq(registry_liveness(node, T + 30001, GONE_MS), NODE_MISSING);
}
END_TEST

/* After an outage an agent sends its oldest samples first: it is coming back, not gone. */
START_TEST(a_connected_node_is_not_gone)
{
    struct node *node = node_of("n", T);

    node->reported = true;
    node->seen_ms = T - HOUR_MS;
    ck_assert_int_eq(registry_liveness(node, T, GONE_MS), NODE_GONE);
    node->intake = (struct intake *)node; /* any */
    ck_assert_int_eq(registry_liveness(node, T, GONE_MS), NODE_MISSING);
    node->intake = NULL;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *tcase = tcase_create("registry");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_name_is_always_the_same_node_and_group);
    tcase_add_test(tcase, the_longest_names_fit);
    tcase_add_test(tcase, twenty_thousand_nodes_need_no_larger_table);
    tcase_add_test(tcase, there_are_only_so_many_groups);
    tcase_add_test(tcase, a_node_whose_samples_are_posted_is_awaited_for_the_whole_roll_call);
    tcase_add_test(tcase, a_connected_node_is_not_gone);
    tcase_add_loop_test(tcase, a_ring_holds_the_history_within_bounds, 0, sizeof rings / sizeof rings[0]);
    tcase_add_test(tcase, rings_older_than_the_history_are_given_back_and_made_again);
    tcase_add_test(tcase, rings_beyond_the_limit_are_short);
    tcase_add_loop_test(tcase, a_new_node_gets_a_place_that_is_given_up, 0, sizeof places / sizeof places[0]);
    tcase_add_test(tcase, an_instance_is_known_again_by_its_id);
    tcase_add_test(tcase, the_place_longest_unused_is_taken_for_a_new_instance);
    tcase_add_test(tcase, an_instance_with_pending_rows_or_a_session_is_never_taken);
    tcase_add_loop_test(tcase, a_visitor_is_no_member, 0, sizeof visits / sizeof visits[0]);
    tcase_add_test(tcase, a_visitor_that_says_goodbye_is_no_member);
    tcase_add_loop_test(tcase, liveness_follows_the_last_sample, 0, sizeof lives / sizeof lives[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
