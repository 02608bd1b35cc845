#include "hooktest/node_list.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct node_list list;
static char error[256];

static int read_list(struct node_list *into, const char *text)
{
    node_list_begin(into);
    node_list_add(into, text, strlen(text));
    return node_list_end(into, error, sizeof error);
}

START_TEST(number_and_names_are_read)
{
    ck_assert_int_eq(read_list(&list, "3\nweb-2\nweb-10\nweb-1\n"), 0);
    ck_assert_uint_eq(node_list_number(&list), 3);
    ck_assert(node_list_has(&list, "web-10"));
    ck_assert(!node_list_has(&list, "web-3"));
    ck_assert(!node_list_has(&list, "web-"));
    ck_assert(!node_list_is_nameless(&list));
    node_list_deinit(&list);
}
END_TEST

START_TEST(names_may_be_unknown)
{
    ck_assert_int_eq(read_list(&list, "3\n"), 0);
    ck_assert(node_list_is_nameless(&list));
    ck_assert(!node_list_has(&list, "web-1"));
    node_list_deinit(&list);
    ck_assert_int_eq(read_list(&list, "0\n"), 0);
    ck_assert(!node_list_is_nameless(&list));
    node_list_deinit(&list);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong[] = {
    {"", "count printed nothing"},
    {"web-1\n", "what count printed does not begin with a number of nodes"},
    {"3 nodes\n", "what count printed does not begin with a number of nodes"},
    {"1\nweb-1\nweb-2\n", "count printed the number 1, and then 2 names"},
    {"3\nweb-1\nweb-2\n", "count printed the number 3, and then 2 names"},
    {"2\nweb-1\nweb-1\n", "count printed the name web-1 twice"},
    {"1\nweb 1\n", "count printed \"web 1\", which can't be the name of a node"},
};

START_TEST(other_answers_are_explained)
{
    ck_assert_int_eq(read_list(&list, wrong[_i].text), -EINVAL);
    ck_assert_str_eq(error, wrong[_i].error);
    node_list_deinit(&list);
}
END_TEST

START_TEST(names_beyond_another_list_are_found)
{
    struct node_list more;
    const char *names[2] = {NULL, NULL};

    ck_assert_int_eq(read_list(&list, "2\nb\nd\n"), 0);
    ck_assert_int_eq(read_list(&more, "5\ne\nd\nc\nb\na\n"), 0);
    ck_assert_uint_eq(node_list_beyond(&more, &list, names, 2), 3);
    ck_assert_str_eq(names[0], "a");
    ck_assert_str_eq(names[1], "c");
    ck_assert_uint_eq(node_list_beyond(&list, &more, names, 2), 0);
    node_list_deinit(&more);
    node_list_deinit(&list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node_list");
    TCase *tests = tcase_create("node_list");

    tcase_add_test(tests, number_and_names_are_read);
    tcase_add_test(tests, names_may_be_unknown);
    tcase_add_loop_test(tests, other_answers_are_explained, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, names_beyond_another_list_are_found);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
