#include "hooktest/change.h"

#include "support/suite.h"

#include <string.h>

static const char *const named[] = {"b", "x"};

/* The answers of count before and after an order. */
static const struct {
    const char *before;
    const char *after;
    struct change change;
    enum change_state state;
    const char *text;
} cases[] = {
    {"0\n", "0\n", {0}, CHANGE_MADE, ""},
    {"2\na\nb\n", "2\na\nb\n", {0}, CHANGE_MADE, ""},
    {"2\na\nb\n", "1\na\n", {0}, CHANGE_WRONG, "it removed b, which was not to be removed"},
    {"1\na\n", "2\na\nb\n", {0}, CHANGE_WRONG, "there is a new node, b"},
    {"1\na\n", "1\nb\n", {0}, CHANGE_WRONG, "it removed a, which was not to be removed"},
    {"0\n", "1\na\n", {.added = 1}, CHANGE_MADE, ""},
    {"0\n", "0\n", {.added = 1}, CHANGE_INCOMPLETE, "count says that 0 nodes exist, and 1 should"},
    {"0\n", "1\na\n", {.added = 2}, CHANGE_INCOMPLETE, "count says that 1 node exists, and 2 should"},
    {"0\n", "3\na\nb\nc\n", {.added = 2}, CHANGE_WRONG, "count says that 3 nodes exist, and 2 should"},
    {"1\na\n", "2\nb\nc\n", {.added = 1}, CHANGE_WRONG, "it removed a, which was not to be removed"},
    {"2\na\nb\n", "1\na\n", {.removed = 1, .named = named, .named_count = 2}, CHANGE_MADE, ""},
    {"2\na\nb\n",
     "2\na\nb\n",
     {.removed = 1, .named = named, .named_count = 2},
     CHANGE_INCOMPLETE,
     "count says that 2 nodes exist, and 1 should"},
    {"2\na\nb\n",
     "1\nb\n",
     {.removed = 1, .named = named, .named_count = 2},
     CHANGE_WRONG,
     "it removed a, which was not to be removed"},
    {"3\na\nb\nx\n",
     "1\na\n",
     {.removed = 1, .named = named, .named_count = 2},
     CHANGE_WRONG,
     "count says that 1 node exists, and 2 should"},
    {"2\na\nb\n",
     "2\na\nc\n",
     {.removed = 1, .named = named, .named_count = 2},
     CHANGE_WRONG,
     "there is a new node, c"},
    {"2\na\nb\n", "1\nb\n", {.removed = 1}, CHANGE_MADE, ""},
    {"3\n", "3\n", {0}, CHANGE_MADE, ""},
    {"3\n", "2\n", {0}, CHANGE_WRONG, "count says that 2 nodes exist, and 3 should"},
    {"3\n", "4\n", {.removed = 1}, CHANGE_WRONG, "count says that 4 nodes exist, and 2 should"},
    {"3\n", "2\n", {.removed = 2}, CHANGE_INCOMPLETE, "count says that 2 nodes exist, and 1 should"},
    {"3\n", "1\n", {.removed = 2}, CHANGE_MADE, ""},
    {"3\n", "2\n", {.added = 1}, CHANGE_WRONG, "count says that 2 nodes exist, and 4 should"},
};

static void read_list(struct node_list *list, const char *text)
{
    char error[128];

    node_list_begin(list);
    node_list_add(list, text, strlen(text));
    ck_assert_int_eq(node_list_end(list, error, sizeof error), 0);
}

START_TEST(a_change_is_judged)
{
    struct node_list before;
    struct node_list after;
    char text[128] = "";

    read_list(&before, cases[_i].before);
    read_list(&after, cases[_i].after);
    ck_assert_int_eq(change_judge(&cases[_i].change, &before, &after, text, sizeof text), cases[_i].state);
    ck_assert_str_eq(text, cases[_i].text);
    node_list_deinit(&after);
    node_list_deinit(&before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("change");
    TCase *tests = tcase_create("change");

    tcase_add_loop_test(tests, a_change_is_judged, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
