#include "collector/store/index.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES  3
#define TEXT_MAX ((ENTRIES + 2) * INDEX_LINE_MAX)

static const struct index_entry entries[ENTRIES] = {
    {"n1", "web", 1, 10, 0, 1, 1700000000123},
    {"n2", "batch", UINT64_MAX, UINT64_MAX, 0, 99999999, 0},
    {"a.b_c-d", "web", 0x0123456789abcdef, 7, 12, 3, 253402300799999},
};

static char text[TEXT_MAX];

struct seen {
    unsigned count;
    struct index_entry entry[8];
    char names[8][2][NAME_LEN_MAX + 1];
    int answer;
};

static int remember(const struct index_entry *entry, void *arg)
{
    struct seen *seen = arg;

    if (seen->count < 8) {
        seen->entry[seen->count] = *entry;
        strcpy(seen->names[seen->count][0], entry->node_id);
        strcpy(seen->names[seen->count][1], entry->group);
    }
    seen->count++;
    return seen->answer;
}

static size_t write_entries(const struct index_entry *list, size_t count, uint64_t last_segment)
{
    struct index_writer writer;
    size_t len = index_put_head(&writer, last_segment, text);

    for (size_t i = 0; i < count; i++)
        len += index_put_entry(&writer, &list[i], text + len);
    return len + index_put_end(&writer, text + len);
}

static size_t write_index(void)
{
    return write_entries(entries, ENTRIES, 42);
}

START_TEST(what_was_written_is_read_back)
{
    size_t len = write_index();
    struct seen seen = {0};
    uint64_t segment = 0;

    ck_assert_int_eq(index_parse(text, len, &segment, remember, &seen), 0);
    ck_assert_uint_eq(segment, 42);
    ck_assert_uint_eq(seen.count, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        ck_assert_str_eq(seen.names[i][0], entries[i].node_id);
        ck_assert_str_eq(seen.names[i][1], entries[i].group);
        ck_assert_uint_eq(seen.entry[i].instance, entries[i].instance);
        ck_assert_uint_eq(seen.entry[i].last_seq, entries[i].last_seq);
        ck_assert_uint_eq(seen.entry[i].missing_seq, entries[i].missing_seq);
        ck_assert_uint_eq(seen.entry[i].segment, entries[i].segment);
        ck_assert_int_eq(seen.entry[i].time_ms, entries[i].time_ms);
    }
}
END_TEST

START_TEST(an_index_of_nothing_is_an_index)
{
    struct seen seen = {0};
    uint64_t segment = 0;

    size_t len = write_entries(NULL, 0, 7);
    ck_assert_int_eq(index_parse(text, len, &segment, remember, &seen), 0);
    ck_assert_uint_eq(segment, 7);
    ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(a_cut_index_is_none)
{
    size_t whole = write_index();
    uint64_t segment = 0;

    for (size_t len = 0; len < whole; len++) {
        struct seen seen = {0};
        char *exact = malloc(len + 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, len);
        ck_assert_int_eq(index_parse(exact, len, &segment, remember, &seen), -EBADMSG);
        ck_assert_uint_eq(seen.count, 0);
        free(exact);
    }
    ck_assert_uint_eq(segment, 0);
}
END_TEST

START_TEST(an_index_with_any_bit_changed_is_none)
{
    size_t len = write_index();
    uint64_t segment = 0;

    for (size_t i = 0; i < 8 * len; i++) {
        struct seen seen = {0};
        char was = text[i / 8];
        text[i / 8] = (char)(was ^ (1 << i % 8));
        ck_assert_int_eq(index_parse(text, len, &segment, remember, &seen), -EBADMSG);
        ck_assert_uint_eq(seen.count, 0);
        text[i / 8] = was;
    }
}
END_TEST

START_TEST(an_index_that_lacks_a_line_is_none)
{
    size_t len = write_index();
    char copy[TEXT_MAX];
    uint64_t segment = 0;

    for (const char *line = text; line < text + len;) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(text + len - line)) + 1;
        size_t before = (size_t)(line - text);
        memcpy(copy, text, before);
        memcpy(copy + before, next, (size_t)(text + len - next));
        ck_assert_int_eq(index_parse(copy, len - (size_t)(next - line), &segment, NULL, NULL), -EBADMSG);
        line = next;
    }
}
END_TEST

START_TEST(the_longest_entry_fits_a_line)
{
    char node_id[NAME_LEN_MAX + 1] = "";
    char group[NAME_LEN_MAX + 1] = "";
    struct index_entry entry = {node_id, group, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MAX};
    struct index_writer writer;
    struct seen seen = {0};
    uint64_t segment = 0;

    memset(node_id, 'n', NAME_LEN_MAX);
    memset(group, 'g', NAME_LEN_MAX);
    ck_assert_uint_le(index_put_head(&writer, UINT64_MAX, text), INDEX_LINE_MAX);
    ck_assert_uint_le(index_put_entry(&writer, &entry, text), INDEX_LINE_MAX);
    ck_assert_uint_le(index_put_end(&writer, text), INDEX_LINE_MAX);
    size_t len = write_entries(&entry, 1, UINT64_MAX);
    ck_assert_int_eq(index_parse(text, len, &segment, remember, &seen), 0);
    ck_assert_str_eq(seen.names[0][0], node_id);
    ck_assert_str_eq(seen.names[0][1], group);
    ck_assert_int_eq(seen.entry[0].time_ms, INT64_MAX);
}
END_TEST

START_TEST(an_error_of_the_reader_ends_it)
{
    size_t len = write_index();
    struct seen seen = {.answer = -ENOMEM};
    uint64_t segment = 0;

    ck_assert_int_eq(index_parse(text, len, &segment, remember, &seen), -ENOMEM);
    ck_assert_uint_eq(seen.count, 1);
}
END_TEST

/* ---- snapshot ---- */

static struct registry registry;
static unsigned filling;
static struct index_entry *taken;
static size_t count;

static void begin(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    taken = NULL;
}

static void end(void)
{
    free(taken);
    registry_deinit(&registry);
}

static struct node *make_node(const char *id)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, 0);

    node->group = registry_ensure_group(&registry, "web");
    return node;
}

static struct instance *make_instance(struct node *node, uint64_t id, uint64_t stored_seq)
{
    struct instance *instance = registry_ensure_instance(node, id);

    instance->stored_seq = instance->received_seq = stored_seq;
    instance->segment = stored_seq > 0 ? id : 0;
    instance->stored_time_ms = (int64_t)(1000 * id);
    return instance;
}

static void take(void)
{
    ck_assert_int_eq(index_snapshot(&registry, filling, 42, &taken, &count), 0);
}

START_TEST(a_snapshot_has_each_nodes_instances_as_they_were_used)
{
    struct node *node = make_node("n1");

    for (uint64_t id = 1; id <= 6; id++) /* two more than there is room for */
        make_instance(node, id, 10 * id);
    make_instance(make_node("n2"), 7, 70);
    registry_ensure_instance(node, 3); /* the one used last */
    take();
    static const uint64_t wanted[] = {4, 5, 6, 3, 7};
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(taken[i].instance, wanted[i]);
        ck_assert_uint_eq(taken[i].last_seq, 10 * wanted[i]);
        ck_assert_uint_eq(taken[i].segment, wanted[i]);
        ck_assert_int_eq(taken[i].time_ms, (int64_t)(1000 * wanted[i]));
        ck_assert_str_eq(taken[i].node_id, i < 4 ? "n1" : "n2");
        ck_assert_str_eq(taken[i].group, "web");
    }
}
END_TEST

START_TEST(an_instance_without_rows_is_left_out_but_not_its_gap)
{
    make_node("n0");
    make_instance(make_node("n1"), 1, 0);
    make_instance(make_node("n2"), 2, 0)->missing_seq = 9;
    take();
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(taken[0].node_id, "n2");
    ck_assert_uint_eq(taken[0].last_seq, 0);
    ck_assert_uint_eq(taken[0].missing_seq, 9);
    ck_assert_uint_eq(taken[0].segment, 42);
}
END_TEST

/* A half that fails is tried again, while the other one fills: a crash loses that, and its gaps would never be told. */
START_TEST(a_gap_of_the_half_that_fills_is_not_told)
{
    struct instance *instance = make_instance(make_node("n1"), 1, 50);

    make_instance(make_node("n2"), 2, 0)->missing_seq = 9;
    registry_latest(registry_find_node(&registry, "n2"))->half[1].gaps = 1;
    instance->missing_seq = 70;
    instance->half[0].gaps = 1;
    instance->half[0].missing_before = 60;
    filling = 0;
    take();
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(taken[0].missing_seq, 60);
    ck_assert_uint_eq(taken[1].missing_seq, 9);
    free(taken);
    filling = 1;
    take();
    ck_assert_uint_eq(count, 1); /* nothing at all is known of the second one's samples */
    ck_assert_uint_eq(taken[0].missing_seq, 70);
}
END_TEST

/* What is received and not stored may be lost in a crash, and would count as missing without ever being told. */
START_TEST(a_gap_behind_samples_that_are_not_stored_is_not_told)
{
    struct instance *instance = make_instance(make_node("n1"), 1, 50);

    instance->received_seq = 100;
    instance->missing_seq = 200;
    instance->half[_i].rows = 50;
    make_instance(make_node("n2"), 2, 50)->missing_seq = 20; /* long behind */
    take();
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(taken[0].last_seq, 50);
    ck_assert_uint_eq(taken[0].missing_seq, 0);
    ck_assert_uint_eq(taken[1].missing_seq, 0);
    free(taken);
    instance->half[_i].missing_before = 60; /* but one before them is */
    take();
    ck_assert_uint_eq(taken[0].missing_seq, 60);
}
END_TEST

START_TEST(a_snapshot_of_nobody_is_empty)
{
    take();
    ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("index");
    TCase *tcase = tcase_create("index");
    TCase *snapshot = tcase_create("snapshot");

    tcase_add_test(tcase, what_was_written_is_read_back);
    tcase_add_test(tcase, an_index_of_nothing_is_an_index);
    tcase_add_test(tcase, a_cut_index_is_none);
    tcase_add_test(tcase, an_index_with_any_bit_changed_is_none);
    tcase_add_test(tcase, an_index_that_lacks_a_line_is_none);
    tcase_add_test(tcase, the_longest_entry_fits_a_line);
    tcase_add_test(tcase, an_error_of_the_reader_ends_it);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(snapshot, begin, end);
    tcase_add_test(snapshot, a_snapshot_has_each_nodes_instances_as_they_were_used);
    tcase_add_test(snapshot, an_instance_without_rows_is_left_out_but_not_its_gap);
    tcase_add_test(snapshot, a_gap_of_the_half_that_fills_is_not_told);
    tcase_add_loop_test(snapshot, a_gap_behind_samples_that_are_not_stored_is_not_told, 0, 2);
    tcase_add_test(snapshot, a_snapshot_of_nobody_is_empty);
    suite_add_tcase(suite, snapshot);
    return suite_run(suite);
}
