#include "cli/top/top_nodes.h"

#include "cli/top/top_fleet.h"

#include "support/suite.h"
#include "support/top_documents.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct top_nodes nodes;

static int take(const char *text)
{
    json_t *answer = top_documents_parse(text);
    int rc = top_nodes_read(&nodes, answer);

    json_decref(answer);
    return rc;
}

/* Nodes in this order, with this cpu. */
static void take_cpu(const char *const *ids, unsigned count, double cpu)
{
    json_t *answer = json_pack("{s:[]}", "nodes");

    for (unsigned i = 0; i < count; i++)
        (void)json_array_append_new(json_object_get(answer, "nodes"),
                                    json_pack("[s,s,s,i,[],f]", ids[i], "web", "live", 5, cpu + i));
    ck_assert_int_eq(top_nodes_read(&nodes, answer), 0);
    json_decref(answer);
}

static void end(void)
{
    top_nodes_free(&nodes);
}

static const struct top_node *node(const char *id)
{
    const struct top_node *found = top_nodes_find(&nodes, id);

    ck_assert_ptr_nonnull(found);
    return found;
}

START_TEST(rows_are_read_by_their_columns)
{
    ck_assert_int_eq(take(TOP_NODES), 0);
    ck_assert_uint_eq(nodes.count, 4);
    ck_assert_str_eq(node("web-1")->group, "web");
    ck_assert_str_eq(node("web-1")->above, "cpu,fs");
    ck_assert_str_eq(node("db-1")->above, "");
    ck_assert_float_eq(node("web-1")->metrics[TOP_NODE_CPU], 91.2F);
    ck_assert_float_eq(node("web-1")->metrics[TOP_NODE_NET_IN], 1234567);
    ck_assert_float_eq(node("web-1")->metrics[TOP_NODE_WRITE], 3);
    ck_assert_float_nan(node("web-2")->metrics[TOP_NODE_CPU]);
    ck_assert_float_eq(node("web-2")->age_ms, 90000);
    ck_assert_str_eq(top_fleet_states[node("web-2")->state], "missing");
    ck_assert_ptr_null(top_nodes_find(&nodes, "web"));
}
END_TEST

START_TEST(the_path_asks_for_each_column)
{
    ck_assert_str_eq(
        TOP_NODES_PATH,
        "/api/v1/nodes?columns=id,group,state,age_ms,above,cpu_percent,memory_percent,"
        "disk_busy_percent,net_rx_bytes_per_second,net_tx_bytes_per_second,fs_percent,load1,"
        "iowait_percent,steal_percent,swap_percent,disk_read_bytes_per_second,disk_write_bytes_per_second");
}
END_TEST

START_TEST(odd_rows_have_no_values)
{
    ck_assert_int_eq(take("{\"nodes\":[[],7,[1,2,3,\"x\",[9]],[\"a\",\"b\",\"odd\"]]}"), 0);
    ck_assert_uint_eq(nodes.count, 4);
    ck_assert_str_eq(nodes.items[0].id, "");
    ck_assert_float_nan(nodes.items[2].age_ms);
    ck_assert_uint_eq(nodes.items[3].state, TOP_STATES);
    ck_assert_int_eq(take("{\"nodes\":{}}"), -EPROTO);
    ck_assert_uint_eq(nodes.count, 4);
    ck_assert_int_eq(take("{\"nodes\":[]}"), 0);
    ck_assert_uint_eq(nodes.count, 0);
}
END_TEST

START_TEST(the_past_of_a_node_follows_it)
{
    take_cpu((const char *const[]){"a", "b", "c"}, 3, 10);
    take_cpu((const char *const[]){"a", "b", "c"}, 3, 20);
    take_cpu((const char *const[]){"c", "d", "a"}, 3, 30);
    ck_assert_uint_eq(node("a")->point_count, 3);
    ck_assert_float_eq(node("a")->points[0], 10);
    ck_assert_float_eq(node("a")->points[1], 20);
    ck_assert_float_eq(node("a")->points[2], 32);
    ck_assert_float_eq(node("c")->points[0], 12);
    ck_assert_uint_eq(node("d")->point_count, 1);
}
END_TEST

START_TEST(the_past_is_bounded)
{
    for (unsigned i = 0; i < TOP_NODE_POINTS + 7; i++)
        take_cpu((const char *const[]){"a"}, 1, i);
    ck_assert_uint_eq(node("a")->point_count, TOP_NODE_POINTS);
    ck_assert_float_eq(node("a")->points[0], 7);
    ck_assert_float_eq(node("a")->points[TOP_NODE_POINTS - 1], TOP_NODE_POINTS + 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_nodes");
    TCase *tests = tcase_create("top_nodes");

    tcase_add_checked_fixture(tests, NULL, end);
    tcase_add_test(tests, rows_are_read_by_their_columns);
    tcase_add_test(tests, the_path_asks_for_each_column);
    tcase_add_test(tests, odd_rows_have_no_values);
    tcase_add_test(tests, the_past_of_a_node_follows_it);
    tcase_add_test(tests, the_past_is_bounded);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
