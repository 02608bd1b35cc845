#include "hooktest/strange_names.h"

#include "common/parse.h"
#include "support/suite.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct node_list list;

static void begin(const char *text)
{
    char error[128];

    node_list_begin(&list);
    node_list_add(&list, text, strlen(text));
    ck_assert_int_eq(node_list_end(&list, error, sizeof error), 0);
}

static bool matches(const char *pattern, const char *text)
{
    regex_t compiled;
    char anchored[NAME_LEN_MAX + 3];

    (void)snprintf(anchored, sizeof anchored, "^%s$", pattern);
    ck_assert_int_eq(regcomp(&compiled, anchored, REG_NOSUB), 0);
    bool is_match = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return is_match;
}

START_TEST(they_deceive_careless_comparisons)
{
    strange_name names[STRANGE_NAMES_MAX];
    bool is_pattern = false, is_part = false, is_longer = false, is_case = false;

    begin("3\nweb-1\nweb-2\nweb-3\n");
    unsigned count = strange_names_like(names, "web-1", &list);
    ck_assert_uint_le(count, STRANGE_NAMES_MAX);
    for (unsigned i = 0; i < count; i++) {
        ck_assert(parse_name_ok(names[i], strlen(names[i])));
        ck_assert(!node_list_has(&list, names[i]));
        is_pattern |= matches(names[i], "web-1");
        is_part |= strstr("web-1", names[i]) != NULL;
        is_longer |= strstr(names[i], "web-1") != NULL;
        is_case |= strcasecmp(names[i], "web-1") == 0;
    }
    ck_assert(is_pattern);
    ck_assert(is_part);
    ck_assert(is_longer);
    ck_assert(is_case);
    node_list_deinit(&list);
}
END_TEST

START_TEST(none_is_the_name_of_a_node)
{
    strange_name names[STRANGE_NAMES_MAX];

    begin("6\na\nA\na0\n0._-A\nA--.\nb\n");
    ck_assert_uint_eq(strange_names_like(names, "a", &list), 0);
    node_list_deinit(&list);
}
END_TEST

START_TEST(long_ones_are_different_and_as_long_as_they_may_be)
{
    strange_name names[VICTIMS_MAX];

    strange_names_long(names, VICTIMS_MAX);
    for (unsigned i = 0; i < VICTIMS_MAX; i++) {
        ck_assert_uint_eq(strlen(names[i]), NAME_LEN_MAX);
        ck_assert(parse_name_ok(names[i], NAME_LEN_MAX));
        ck_assert(i == 0 || strcmp(names[i - 1], names[i]) < 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strange_names");
    TCase *tests = tcase_create("strange_names");

    tcase_add_test(tests, they_deceive_careless_comparisons);
    tcase_add_test(tests, none_is_the_name_of_a_node);
    tcase_add_test(tests, long_ones_are_different_and_as_long_as_they_may_be);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
