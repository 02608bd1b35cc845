#include "common/flags_list.h"
#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_DATA = FLAG_OWN, KEY_MODE, KEY_JSON };

static char *on_help(int key, const char *text, void *arg)
{
    (void)arg;
    return key == KEY_MODE ? strdup("How (a or b)") : (char *)text;
}

/* The caller frees it. */
static char *list(const struct flags *flags)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    flags_list(flags, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(lists_groups_in_the_order_of_the_help)
{
    static const struct argp_option options[] = {
        {.doc = "First:", .group = 1},
        {.doc = "Second:", .group = 2},
        {.name = "mode", .key = KEY_MODE, .arg = "MODE", .group = 2},
        {.name = "data", .key = KEY_DATA, .arg = "DIR", .doc = "Where", .group = 1},
        FLAGS_STANDARD,
        {0}};
    const struct flags flags = {.program = "p", .about = "Does it.", .options = options, .help = on_help};

    char *text = list(&flags);
    ck_assert_str_eq(text, "program\tp\n"
                           "about\tDoes it.\n"
                           "heading\tFirst:\n"
                           "flag\tdata\t\tDIR\tWhere\n"
                           "heading\tSecond:\n"
                           "flag\tmode\t\tMODE\tHow (a or b)\n"
                           "flag\thelp\th\t\tShow this help\n"
                           "flag\tusage\t\t\tShow a short list of the flags\n"
                           "flag\tversion\tV\t\tShow the version\n");
    free(text);
}
END_TEST

/* A heading without a number begins the next group, and what follows belongs to it. */
START_TEST(numbers_groups_that_have_no_number)
{
    static const struct argp_option options[] = {
        {.name = "json", .key = KEY_JSON, .doc = "Print JSON"},
        {.doc = "More:"},
        {.name = "data", .key = KEY_DATA, .arg = "DIR", .flags = OPTION_ARG_OPTIONAL, .doc = "Where"},
        {0}};
    const struct flags flags = {.program = "p", .about = "A.", .options = options};

    char *text = list(&flags);
    ck_assert_str_eq(text,
                     "program\tp\nabout\tA.\nflag\tjson\t\t\tPrint JSON\nheading\tMore:\nflag\tdata\t\t[DIR]\tWhere\n");
    free(text);
}
END_TEST

START_TEST(lists_commands_and_the_text_below)
{
    static const struct argp_option options[] = {{.name = "pin GROUP=NODES", .flags = OPTION_DOC, .doc = "Hold it"},
                                                 {.name = "key", .flags = OPTION_DOC, .doc = "Make keys"},
                                                 {0}};
    const struct flags flags = {.program = "p", .about = "A.\vB.\n\n  c  d", .options = options, .operands = "COMMAND"};

    char *text = list(&flags);
    ck_assert_str_eq(text, "program\tp\nabout\tA.\noperands\tCOMMAND\ncommand\tpin\tGROUP=NODES\tHold it\n"
                           "command\tkey\t\tMake keys\nafter\tB.\nafter\t\nafter\t  c  d\n");
    free(text);
}
END_TEST

static Suite *flags_list_suite(void)
{
    Suite *suite = suite_create("flags_list");
    TCase *tcase = tcase_create("flags_list");
    tcase_add_test(tcase, lists_groups_in_the_order_of_the_help);
    tcase_add_test(tcase, numbers_groups_that_have_no_number);
    tcase_add_test(tcase, lists_commands_and_the_text_below);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(flags_list_suite());
}
