#include "collector/index.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 3

static const struct index_entry entries[ENTRIES] = {
    {"n1", "web", 1, 10, 1, 1700000000123},
    {"n2", "batch", UINT64_MAX, UINT64_MAX, 99999999, 0},
    {"a.b_c-d", "web", 0x0123456789abcdef, 7, 3, 253402300799999},
};

struct seen {
    unsigned count;
    struct index_entry entry[ENTRIES];
    int answer;
};

static int remember(const struct index_entry *entry, void *arg)
{
    struct seen *seen = arg;

    if (seen->count < ENTRIES)
        seen->entry[seen->count] = *entry;
    seen->count++;
    return seen->answer;
}

static struct index_text write_index(char *memory)
{
    struct index_text index;

    index_begin(&index, memory, 42);
    for (unsigned i = 0; i < ENTRIES; i++)
        index_add(&index, &entries[i]);
    index_end(&index);
    return index;
}

START_TEST(what_was_written_is_read_back)
{
    char memory[(ENTRIES + 2) * INDEX_LINE_MAX];
    struct index_text index = write_index(memory);
    struct seen seen = {0};
    uint64_t segment = 0;

    ck_assert_int_eq(index_parse(index.text, index.len, &segment, remember, &seen), 0);
    ck_assert_uint_eq(segment, 42);
    ck_assert_uint_eq(seen.count, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        ck_assert_str_eq(seen.entry[i].node_id, entries[i].node_id);
        ck_assert_str_eq(seen.entry[i].group, entries[i].group);
        ck_assert_uint_eq(seen.entry[i].instance, entries[i].instance);
        ck_assert_uint_eq(seen.entry[i].last_seq, entries[i].last_seq);
        ck_assert_uint_eq(seen.entry[i].segment, entries[i].segment);
        ck_assert_int_eq(seen.entry[i].time_ms, entries[i].time_ms);
    }
}
END_TEST

START_TEST(an_index_of_nothing_is_an_index)
{
    char memory[2 * INDEX_LINE_MAX];
    struct index_text index;
    struct seen seen = {0};
    uint64_t segment = 0;

    index_begin(&index, memory, 7);
    index_end(&index);
    ck_assert_int_eq(index_parse(index.text, index.len, &segment, remember, &seen), 0);
    ck_assert_uint_eq(segment, 7);
    ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(a_cut_index_is_none)
{
    char memory[(ENTRIES + 2) * INDEX_LINE_MAX];
    struct index_text index = write_index(memory);
    uint64_t segment = 0;

    for (size_t len = 0; len < index.len; len++) {
        struct seen seen = {0};
        char *exact = malloc(len + 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, index.text, len);
        ck_assert_int_eq(index_parse(exact, len, &segment, remember, &seen), -EBADMSG);
        ck_assert_uint_eq(seen.count, 0);
        free(exact);
    }
    ck_assert_uint_eq(segment, 0);
}
END_TEST

START_TEST(an_index_with_any_byte_changed_is_none)
{
    char memory[(ENTRIES + 2) * INDEX_LINE_MAX];
    struct index_text index = write_index(memory);
    uint64_t segment = 0;

    for (size_t i = 0; i < index.len; i++) {
        struct seen seen = {0};
        char was = index.text[i];
        index.text[i] = (char)(was ^ 1);
        ck_assert_int_eq(index_parse(index.text, index.len, &segment, remember, &seen), -EBADMSG);
        ck_assert_uint_eq(seen.count, 0);
        index.text[i] = was;
    }
}
END_TEST

START_TEST(the_longest_entry_fits_a_line)
{
    char memory[3 * INDEX_LINE_MAX];
    struct index_text index;
    struct seen seen = {0};
    struct index_entry entry = {
        .instance = UINT64_MAX, .last_seq = UINT64_MAX, .segment = UINT64_MAX, .time_ms = 9007199254740991};
    uint64_t segment = 0;

    memset(entry.node_id, 'n', NAME_LEN_MAX);
    memset(entry.group, 'g', NAME_LEN_MAX);
    index_begin(&index, memory, UINT64_MAX);
    index_add(&index, &entry);
    index_end(&index);
    ck_assert_int_eq(index_parse(index.text, index.len, &segment, remember, &seen), 0);
    ck_assert_str_eq(seen.entry[0].node_id, entry.node_id);
    ck_assert_str_eq(seen.entry[0].group, entry.group);
}
END_TEST

START_TEST(an_error_of_the_reader_ends_it)
{
    char memory[(ENTRIES + 2) * INDEX_LINE_MAX];
    struct index_text index = write_index(memory);
    struct seen seen = {.answer = -ENOMEM};
    uint64_t segment = 0;

    ck_assert_int_eq(index_parse(index.text, index.len, &segment, remember, &seen), -ENOMEM);
    ck_assert_uint_eq(seen.count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("index");
    TCase *tcase = tcase_create("index");

    tcase_add_test(tcase, what_was_written_is_read_back);
    tcase_add_test(tcase, an_index_of_nothing_is_an_index);
    tcase_add_test(tcase, a_cut_index_is_none);
    tcase_add_test(tcase, an_index_with_any_byte_changed_is_none);
    tcase_add_test(tcase, the_longest_entry_fits_a_line);
    tcase_add_test(tcase, an_error_of_the_reader_ends_it);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
