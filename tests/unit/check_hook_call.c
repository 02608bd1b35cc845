#include "collector/autoscale/hook_call.h"

#include "collector/autoscale/hook_environment.h"
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

START_TEST(environment_has_the_order_of_its_run)
{
    static char path[] = "PATH=/bin", notify[] = "NOTIFY_SOCKET=/run/notify", foreign[] = "HEADROOM_ORDER=9.9";
    static char unit[] = "HEADROOM_UNIT=worker@.service";
    char *const variables[] = {path, notify, foreign, unit, NULL};
    struct hook_environment environment;

    ck_assert_int_eq(hook_environment_init(&environment, variables), 0);
    char **list = hook_environment_for(&environment, 1700000000, 12);
    ck_assert_str_eq(list[0], path);
    ck_assert_str_eq(list[1], unit);
    ck_assert_str_eq(list[2], "HEADROOM_ORDER=1700000000.12");
    ck_assert_ptr_null(list[3]);
    list = hook_environment_for(&environment, UINT64_MAX, UINT64_MAX);
    ck_assert_str_eq(list[2], "HEADROOM_ORDER=18446744073709551615.18446744073709551615");
    list = hook_environment_for(&environment, 0, 0);
    ck_assert_ptr_null(list[2]);
    hook_environment_deinit(&environment);
    hook_environment_deinit(&environment);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_call");
    TCase *tests = tcase_create("hook_call");

    tcase_add_loop_test(tests, arguments_are_those_of_the_contract, 0, sizeof calls / sizeof *calls);
    tcase_add_test(tests, environment_has_the_order_of_its_run);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
