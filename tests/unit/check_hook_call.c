#include "collector/autoscale/hook_call.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static const char *const nodes[] = {"web-3", "web-1"};

static const struct {
    struct hook_call call;
    const char *arguments; /* joined by spaces */
} calls[] = {
    {{.verb = HOOK_CONTRACT}, "/hook contract"},
    {{.verb = HOOK_ALERT}, "/hook alert"},
    {{.verb = HOOK_UNKNOWN, .group = "web", .to = 1}, "/hook unknown-operation web 1"},
    {{.verb = HOOK_COUNT, .group = "web"}, "/hook count web"},
    {{.verb = HOOK_SCALE_OUT, .group = "web", .to = 6}, "/hook scale-out web 6"},
    {{.verb = HOOK_SCALE_IN, .group = "web", .to = 4, .nodes = nodes, .node_count = 2},
     "/hook scale-in web 4 web-3 web-1"},
    {{.verb = HOOK_SCALE_IN, .group = "web", .to = 4}, "/hook scale-in web 4"},
};

START_TEST(arguments_are_those_of_the_contract)
{
    char text[128] = "";
    char **arguments = hook_call_arguments(&calls[_i].call, "/hook");

    ck_assert_ptr_nonnull(arguments);
    for (char **argument = arguments; *argument != NULL; argument++) {
        strcat(text, argument == arguments ? "" : " ");
        strcat(text, *argument);
    }
    ck_assert_str_eq(text, calls[_i].arguments);
    free(arguments);
}
END_TEST

START_TEST(orders_have_their_id_in_a_variable)
{
    struct hook_call call = {.verb = HOOK_SCALE_OUT, .group = "web", .epoch = 1700000000, .number = 12};
    char text[HOOK_ORDER_MAX];

    ck_assert(hook_call_variable(&call, text));
    ck_assert_str_eq(text, "HEADROOM_ORDER=1700000000.12");
    call.epoch = call.number = UINT64_MAX;
    ck_assert(hook_call_variable(&call, text));
    ck_assert_str_eq(text, "HEADROOM_ORDER=18446744073709551615.18446744073709551615");
    ck_assert(!hook_call_variable(&calls[0].call, text));
    ck_assert(!hook_call_variable(&calls[1].call, text));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_call");
    TCase *tests = tcase_create("hook_call");

    tcase_add_loop_test(tests, arguments_are_those_of_the_contract, 0, sizeof calls / sizeof *calls);
    tcase_add_test(tests, orders_have_their_id_in_a_variable);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
