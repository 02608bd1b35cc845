#include "collector/http/ingest.h"

#include "support/hub.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define ROWS    1000U
#define WALL_MS INT64_C(1764000000000)

static struct hub hub;
static struct ingest ingest;
static struct http_refusal refusal;
static struct moment when;

static void setup(void)
{
    hub_init(&hub, 64, 5000, ROWS);
    ingest_init(&ingest, &hub.intake, 7);
    when = (struct moment){.now_ms = 1000000, .wall_ms = WALL_MS};
}

static void teardown(void)
{
    hub_deinit(&hub);
}

static const struct group *post(const char *body)
{
    struct ingest_body taken = {0};

    ck_assert_int_eq(ingest_body_begin(&taken, "application/json", NULL, &refusal), 0);
    ingest_body_add(&taken, body, strlen(body));
    const struct group *group = ingest_take(&ingest, &taken, &when, &refusal);
    ingest_body_free(&taken);
    return group;
}

#define SAMPLE(node, time)                                                                                             \
    "{\"node_id\":\"" node "\",\"cpu\":41.504,\"memory\":63,\"disk_read\":123456.7,\"disk_write\":7890,"               \
    "\"timestamp\":" time "}"

START_TEST(a_sample_takes_the_way_of_all)
{
    const struct group *group = post(SAMPLE("web-1", "1764000000.5"));
    ck_assert_str_eq(group->name, INGEST_GROUP);
    struct node *node = registry_find_node(&hub.registry, "web-1");
    ck_assert_int_eq(registry_liveness(node, when.now_ms, 60000), NODE_LIVE);
    ck_assert_double_eq(ring_value(&node->ring, 0, METRIC_CPU), 41.5);
    hub_store_begin(&hub);
    ck_assert_uint_eq(hub.row_count, 1);
    ck_assert_uint_eq(hub.rows[0].sample.seq, 1);
    ck_assert_int_eq(hub.rows[0].sample.time_ms, 1764000000500);
    ck_assert_uint_eq(hub.rows[0].sample.value[METRIC_DISK_READ].counter, 123456);
    ck_assert_uint_eq(hub.rows[0].instance->id, UINT64_C(0x6874747000000007));
    ck_assert(!sample_has(&hub.rows[0].sample, METRIC_LOAD1));
    hub_store_end(&hub);
    ck_assert_uint_eq(hub.backlog.orphans, 0);
    ck_assert_uint_eq(registry_find_instance(node, ingest.instance)->stored_seq, 1);
    ck_assert_uint_eq(hub.intake.account.samples, 1);
    ck_assert_uint_eq(hub.intake.account.posted, 1);
}
END_TEST

START_TEST(new_nodes_are_bounded_and_known_ones_are_not)
{
    char body[256];
    unsigned taken = 0;

    hub.intake.agents_max = 1;
    for (; taken < 2 * NEWCOMERS_BURST_MIN; taken++) {
        snprintf(body, sizeof body, "{\"node_id\":\"x%u\",\"cpu\":1,\"timestamp\":1000}", taken);
        if (post(body) == NULL)
            break;
        hub_store_begin(&hub);
        hub_store_end(&hub);
    }
    ck_assert_uint_eq(taken, NEWCOMERS_BURST_MIN);
    ck_assert_uint_eq(refusal.status, 503);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_NEW_NODES], 1);
    ck_assert_ptr_nonnull(post(SAMPLE("x5", "1001")));
}
END_TEST

START_TEST(an_array_is_taken_in_order_and_its_newest_is_new)
{
    ck_assert_ptr_nonnull(post("[" SAMPLE("a", "1000") "," SAMPLE("a", "1002") "," SAMPLE("b", "1001") "]"));
    const struct node *a = registry_find_node(&hub.registry, "a");
    const struct node *b = registry_find_node(&hub.registry, "b");
    ck_assert_uint_eq(a->ring.count, 2);
    ck_assert_int_eq(a->seen_ms, when.now_ms);
    ck_assert_int_eq(ring_time_ms(&a->ring, 0), when.now_ms - 2000);
    ck_assert_int_eq(b->seen_ms, when.now_ms - 1000);
    hub_store_begin(&hub);
    ck_assert_uint_eq(hub.rows[1].sample.seq, 2);
    ck_assert_uint_eq(hub.rows[2].sample.seq, 1);
}
END_TEST

START_TEST(values_that_cannot_be_true_cost_only_themselves)
{
    ck_assert_ptr_nonnull(post("{\"node_id\":\"n\",\"cpu\":101,\"memory\":null,\"timestamp\":-5}"));
    hub_store_begin(&hub);
    ck_assert(!sample_has(&hub.rows[0].sample, METRIC_CPU));
    ck_assert(!sample_has(&hub.rows[0].sample, METRIC_MEMORY));
    ck_assert_int_eq(hub.rows[0].sample.time_ms, WALL_MS);
    ck_assert_uint_eq(hub.intake.account.bad_values, 2);
}
END_TEST

START_TEST(how_long_a_node_may_be_silent_follows_from_how_often_it_reports)
{
    struct node *node = NULL;

    for (unsigned i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(post(SAMPLE("n", "1000")));
        node = registry_find_node(&hub.registry, "n");
        when.now_ms += 30000;
    }
    ck_assert_uint_eq(node->interval_ms, 30000);
    ck_assert_int_eq(registry_liveness(node, when.now_ms, 600000), NODE_LIVE);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(post(SAMPLE("n", "1000")));
        when.now_ms += 500;
    }
    ck_assert_uint_eq(node->interval_ms, 1000);
}
END_TEST

START_TEST(bad_input_is_refused_whole)
{
    static const struct {
        const char *body;
        unsigned status;
        const char *says;
    } refused[] = {
        {"", 400, "not JSON"},
        {"{", 400, "not JSON"},
        {"{\"node_id\":\"n\",\"timestamp\":NaN}", 400, "not JSON"},
        {"{\"node_id\":\"n\",\"timestamp\":1e999}", 400, "not JSON"},
        {"{\"node_id\":\"n\",\"node_id\":\"m\",\"timestamp\":1}", 400, "not JSON"},
        {"{\"node_id\":\"\\ud800\",\"timestamp\":1}", 400, "not JSON"},
        {"[]", 422, "1 to 128"},
        {"[1]", 422, "sample 0: node_id"},
        {"[[" SAMPLE("n", "1") "]]", 422, "sample 0: node_id"},
        {"{}", 422, "node_id"},
        {"{\"node_id\":\"../n\",\"timestamp\":1}", 422, "node_id"},
        {"{\"node_id\":7,\"timestamp\":1}", 422, "node_id"},
        {"{\"node_id\":\"n\"}", 422, "timestamp"},
        {"{\"node_id\":\"n\",\"timestamp\":\"now\"}", 422, "timestamp"},
        {"{\"node_id\":\"n\",\"timestamp\":1e300}", 422, "timestamp"},
        {"[" SAMPLE("n", "1") ",{\"node_id\":\"n\",\"timestamp\":1,\"cpu\":\"1\"}]", 422, "sample 1: cpu"},
        {"{\"node_id\":\"n\",\"timestamp\":1,\"disk_read\":-1}", 422, "disk_read"},
        {"{\"node_id\":\"n\",\"timestamp\":1,\"disk_write\":1e19}", 422, "disk_write"},
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(post(refused[i].body) == NULL, "%s", refused[i].body);
        ck_assert_msg(refusal.status == refused[i].status, "%s: %u", refused[i].body, refusal.status);
        ck_assert_msg(strstr(refusal.text, refused[i].says) != NULL, "%s: %s", refused[i].body, refusal.text);
    }
    ck_assert_uint_eq(hub.registry.node_count, 0);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 0);
}
END_TEST

START_TEST(a_node_has_one_voice)
{
    struct intake intake = {0};

    ck_assert_ptr_nonnull(post(SAMPLE("n", "1")));
    registry_find_node(&hub.registry, "n")->intake = &intake;
    ck_assert_ptr_null(post(SAMPLE("n", "2")));
    ck_assert_uint_eq(refusal.status, 409);
    ck_assert_ptr_null(post("[" SAMPLE("fresh", "2") "," SAMPLE("n", "2") "]"));
    ck_assert_uint_eq(refusal.status, 409);
    ck_assert_uint_eq(hub.registry.node_count, 1);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 1);
    registry_find_node(&hub.registry, "n")->intake = NULL;
}
END_TEST

START_TEST(a_node_whose_agent_is_away_stays_its_own)
{
    static const struct proof proof = {{1, 2}};

    ck_assert_ptr_nonnull(post(SAMPLE("n", "1")));
    ownership_take(&registry_find_node(&hub.registry, "n")->ownership, &proof, false, when.now_ms);
    when.now_ms += OWNERSHIP_MS;
    ck_assert_ptr_null(post(SAMPLE("n", "2")));
    ck_assert_uint_eq(refusal.status, 409);
    when.now_ms += 1000;
    ck_assert_ptr_nonnull(post(SAMPLE("n", "2")));
}
END_TEST

START_TEST(agents_keep_their_room)
{
    hub.intake.streaming = ROWS / 64;
    unsigned room = ROWS - ROWS / 64 * 64;
    for (unsigned i = 0; i < room; i++)
        ck_assert_ptr_nonnull(post(SAMPLE("n", "1")));
    ck_assert_ptr_null(post(SAMPLE("n", "1")));
    ck_assert_uint_eq(refusal.status, 503);
    hub_store_begin(&hub);
    hub_store_end(&hub);
    ck_assert_ptr_nonnull(post(SAMPLE("n", "1")));
    hub.intake.streaming = 0;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ingest");
    TCase *tcase = tcase_create("ingest");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_sample_takes_the_way_of_all);
    tcase_add_test(tcase, new_nodes_are_bounded_and_known_ones_are_not);
    tcase_add_test(tcase, an_array_is_taken_in_order_and_its_newest_is_new);
    tcase_add_test(tcase, values_that_cannot_be_true_cost_only_themselves);
    tcase_add_test(tcase, how_long_a_node_may_be_silent_follows_from_how_often_it_reports);
    tcase_add_test(tcase, bad_input_is_refused_whole);
    tcase_add_test(tcase, a_node_has_one_voice);
    tcase_add_test(tcase, a_node_whose_agent_is_away_stays_its_own);
    tcase_add_test(tcase, agents_keep_their_room);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
