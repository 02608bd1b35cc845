#include "bridge/forward/write_request.h"

#include "bridge/forward/write_decisions.h"
#include "bridge/forward/write_labels.h"
#include "common/metric_series.h"
#include "common/random.h"
#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROWS_MAX 4000U

static struct row_set set;
static struct write_request request;
static struct write_options options;

static void setup(void)
{
    ck_assert_int_eq(row_set_init(&set, ROWS_MAX), 0);
    options = (struct write_options){.metrics = (1U << METRIC_COUNT) - 1};
}

static void teardown(void)
{
    write_request_deinit(&request);
    row_set_deinit(&set);
}

static void add(const char *node, const char *group, int64_t time_ms, double cpu)
{
    struct csv_row row = {.sample = {.seq = 1, .time_ms = time_ms}};

    snprintf(row.node_id, sizeof row.node_id, "%s", node);
    snprintf(row.group, sizeof row.group, "%s", group);
    sample_set_gauge(&row.sample, METRIC_CPU, cpu);
    row_set_add(&set, &row);
}

/* ---- a reader of protobuf, as far as the message goes ---- */

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static uint64_t read_varint(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        ck_assert(reader->at < reader->end);
        value |= (uint64_t)(*reader->at & 0x7f) << shift;
        if (*reader->at++ < 0x80)
            return value;
    }
}

static struct reader read_message(struct reader *reader, unsigned field)
{
    ck_assert_uint_eq(read_varint(reader), field << 3 | 2);
    size_t len = read_varint(reader);
    ck_assert_uint_le(len, (size_t)(reader->end - reader->at));
    struct reader inner = {reader->at, reader->at + len};
    reader->at += len;
    return inner;
}

static size_t put_text(char *text, size_t size, struct reader inner)
{
    return (size_t)snprintf(text, size, "%.*s", (int)(inner.end - inner.at), (const char *)inner.at);
}

/* The next series as name{label="value",...} value@time ...; false at the end. */
static bool read_series(struct reader *reader, char *text, size_t size)
{
    if (reader->at == reader->end)
        return false;
    struct reader series = read_message(reader, 1);
    size_t len = 0;
    while (series.at < series.end && *series.at == (1 << 3 | 2)) {
        struct reader label = read_message(&series, 1);
        len += (size_t)snprintf(text + len, size - len, "%s", len > 0 ? "," : "");
        len += put_text(text + len, size - len, read_message(&label, 1));
        len += (size_t)snprintf(text + len, size - len, "=");
        len += put_text(text + len, size - len, read_message(&label, 2));
        ck_assert_ptr_eq(label.at, label.end);
    }
    while (series.at < series.end) {
        struct reader sample = read_message(&series, 2);
        double value = 0.0;
        ck_assert_uint_eq(*sample.at++, 1 << 3 | 1);
        memcpy(&value, sample.at, sizeof value);
        sample.at += sizeof value;
        ck_assert_uint_eq(*sample.at++, 2 << 3);
        len += (size_t)snprintf(text + len, size - len, " %.6g@%lld", value, (long long)read_varint(&sample));
        ck_assert_ptr_eq(sample.at, sample.end);
    }
    return true;
}

static void must_read(const char *const *series)
{
    char text[4096];
    struct reader reader = {request.bytes, request.bytes + request.len};
    while (read_series(&reader, text, sizeof text))
        ck_assert_str_eq(text, *series++);
    ck_assert_ptr_null(*series);
}

static void must_encode(uint32_t from, uint32_t to, const char *const *series)
{
    row_set_sort(&set);
    ck_assert_int_eq(write_request_encode(&request, &set, from, to, &options), 0);
    must_read(series);
}

START_TEST(rows_are_grouped_by_node_and_sorted_by_time)
{
    add("a", "web", 2000, 50.0);
    add("b", "web", 1000, 25.0);
    add("a", "web", 1000, 12.5);
    add("a", "db", 3000, 0.0);
    must_encode(0, 4,
                (const char *[]){"__name__=headroom_node_cpu_ratio,group=web,node=a 0.125@1000 0.5@2000",
                                 "__name__=headroom_node_cpu_ratio,group=web,node=b 0.25@1000",
                                 "__name__=headroom_node_cpu_ratio,group=db,node=a 0@3000", NULL});
    must_encode(1, 3,
                (const char *[]){"__name__=headroom_node_cpu_ratio,group=web,node=a 0.5@2000",
                                 "__name__=headroom_node_cpu_ratio,group=web,node=b 0.25@1000", NULL});
    must_encode(2, 2, (const char *[]){NULL});
}
END_TEST

START_TEST(labels_are_sorted)
{
    add("a", "web", 1000, 50.0);
    options.labels[0] = (struct write_label){"datacenter", "fra"};
    options.labels[1] = (struct write_label){"hall", "3"};
    options.labels[2] = (struct write_label){"zone", "z"};
    options.label_count = 3;
    must_encode(0, 1,
                (const char *[]){"__name__=headroom_node_cpu_ratio,datacenter=fra,group=web,hall=3,node=a,zone=z "
                                 "0.5@1000",
                                 NULL});
}
END_TEST

START_TEST(each_kind_has_its_name_and_unit)
{
    struct csv_row row = {.node_id = "a", .group = "g", .sample = {.seq = 1, .time_ms = 5}};

    sample_set_gauge(&row.sample, METRIC_MEMORY, 75.0);
    sample_set_counter(&row.sample, METRIC_DISK_READ, 4096);
    sample_set_gauge(&row.sample, METRIC_LOAD1, 1.5);
    sample_set_counter(&row.sample, METRIC_OOM_KILLS, 3);
    row_set_add(&set, &row);
    must_encode(0, 1,
                (const char *[]){"__name__=headroom_node_memory_ratio,group=g,node=a 0.75@5",
                                 "__name__=headroom_node_disk_read_bytes_total,group=g,node=a 4096@5",
                                 "__name__=headroom_node_load1,group=g,node=a 1.5@5",
                                 "__name__=headroom_node_oom_kills_total,group=g,node=a 3@5", NULL});
    options.metrics = 1U << METRIC_LOAD1;
    must_encode(0, 1, (const char *[]){"__name__=headroom_node_load1,group=g,node=a 1.5@5", NULL});
}
END_TEST

START_TEST(times_before_1970_are_whole)
{
    add("a", "g", -5, 100.0);
    must_encode(0, 1, (const char *[]){"__name__=headroom_node_cpu_ratio,group=g,node=a 1@-5", NULL});
}
END_TEST

START_TEST(a_node_has_one_series_however_many_rows)
{
    uint64_t random = 3;
    char node[32];
    char text[65536];
    unsigned series = 0;

    for (unsigned i = 0; i < ROWS_MAX; i++) {
        snprintf(node, sizeof node, "node-%u", (unsigned)random_below(&random, 50));
        add(node, "g", (int64_t)random_below(&random, 1000000), 10.0);
    }
    ck_assert(row_set_is_full(&set));
    row_set_sort(&set);
    ck_assert_uint_eq(set.node_count, 50);
    for (unsigned i = 1; i < ROWS_MAX; i++) {
        const struct row_set_row *before = &set.rows[set.order[i - 1]];
        const struct row_set_row *row = &set.rows[set.order[i]];
        ck_assert(before->node <= row->node);
        ck_assert(before->node < row->node || before->sample.time_ms <= row->sample.time_ms);
    }
    ck_assert_int_eq(write_request_encode(&request, &set, 0, ROWS_MAX, &options), 0);
    struct reader reader = {request.bytes, request.bytes + request.len};
    while (read_series(&reader, text, sizeof text))
        series++;
    ck_assert_uint_eq(series, 50);
    row_set_clear(&set);
    ck_assert_uint_eq(set.count + set.node_count, 0);
    add("a", "g", 1, 1.0);
    must_encode(0, 1, (const char *[]){"__name__=headroom_node_cpu_ratio,group=g,node=a 0.01@1", NULL});
}
END_TEST

START_TEST(a_request_that_is_too_long_is_refused)
{
    char node[NAME_LEN_MAX + 1];
    static char value[WRITE_LABELS_VALUE_MAX + 1];

    memset(node, 'n', sizeof node);
    memset(value, 'v', sizeof value - 1);
    for (unsigned i = 0; i < WRITE_LABELS_MAX; i++)
        options.labels[i] = (struct write_label){(const char *[]){"a", "b", "c", "d", "e", "f", "h", "i"}[i], value};
    options.label_count = WRITE_LABELS_MAX;
    for (unsigned i = 0; i < ROWS_MAX; i++) {
        snprintf(node + 120, sizeof node - 120, "%08u", i);
        add(node, "g", 1, 1.0);
    }
    row_set_sort(&set);
    ck_assert_int_eq(write_request_encode(&request, &set, 0, ROWS_MAX, &options), -E2BIG);
    ck_assert_int_eq(write_request_encode(&request, &set, 0, ROWS_MAX / 4, &options), 0);
    ck_assert_uint_le(request.len, WRITE_REQUEST_LEN_MAX);
}
END_TEST

static void add_decision(struct decision_set *decisions, const char *group, int64_t time_ms, double live, double cpu)
{
    struct decision_point point = {.time_ms = time_ms, .present = 1U << 0 | 1U << 9, .value = {[0] = live, [9] = cpu}};

    snprintf(point.group, sizeof point.group, "%s", group);
    decision_set_add(decisions, &point);
}

START_TEST(decisions_are_grouped_by_group_and_sorted_by_time)
{
    struct decision_set decisions;

    ck_assert_int_eq(decision_set_init(&decisions, 8), 0);
    options.labels[options.label_count++] = (struct write_label){"datacenter", "fra"};
    add_decision(&decisions, "web", 3000, 4, 0.5);
    add_decision(&decisions, "api", 1000, 2, 0.25);
    add_decision(&decisions, "web", 2000, 3, 0.75);
    decision_set_sort(&decisions);
    ck_assert_int_eq(write_decisions_add(&request, &decisions, 0, 3, &options), 0);
    must_read((const char *const[]){
        "__name__=headroom_group_nodes,datacenter=fra,group=api,state=live 2@1000",
        "__name__=headroom_group_utilisation_ratio,datacenter=fra,group=api,resource=cpu 0.25@1000",
        "__name__=headroom_group_nodes,datacenter=fra,group=web,state=live 3@2000 4@3000",
        "__name__=headroom_group_utilisation_ratio,datacenter=fra,group=web,resource=cpu 0.75@2000 0.5@3000", NULL});
    decision_set_deinit(&decisions);
}
END_TEST

START_TEST(label_names)
{
    ck_assert(write_labels_name_ok("datacenter"));
    ck_assert(write_labels_name_ok("rack_7"));
    ck_assert(!write_labels_name_ok(""));
    ck_assert(!write_labels_name_ok("group"));
    ck_assert(!write_labels_name_ok("node"));
    ck_assert(!write_labels_name_ok("state"));
    ck_assert(!write_labels_name_ok("resource"));
    ck_assert(!write_labels_name_ok("__name__"));
    ck_assert(!write_labels_name_ok("Rack"));
    ck_assert(!write_labels_name_ok("7rack"));
    ck_assert(!write_labels_name_ok("a-b"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("write_request");
    TCase *tc = tcase_create("write_request");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, rows_are_grouped_by_node_and_sorted_by_time);
    tcase_add_test(tc, labels_are_sorted);
    tcase_add_test(tc, each_kind_has_its_name_and_unit);
    tcase_add_test(tc, times_before_1970_are_whole);
    tcase_add_test(tc, a_node_has_one_series_however_many_rows);
    tcase_add_test(tc, a_request_that_is_too_long_is_refused);
    tcase_add_test(tc, decisions_are_grouped_by_group_and_sorted_by_time);
    tcase_add_test(tc, label_names);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
