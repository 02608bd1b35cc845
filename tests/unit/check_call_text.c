#include "hooktest/call_text.h"

#include "common/limits.h"
#include "support/suite.h"

#include <string.h>

static const char *const nodes[] = {"web-1", "web-2", "web-3", "web-4"};

static const struct {
    struct hook_call call;
    const char *text;
} calls[] = {
    {{.verb = HOOK_CONTRACT}, "contract"},
    {{.verb = HOOK_COUNT, .group = "web"}, "count web"},
    {{.verb = HOOK_SCALE_OUT, .group = "web", .to = 0}, "scale-out web 0"},
    {{.verb = HOOK_SCALE_IN, .group = "web", .to = 7}, "scale-in web 7"},
    {{.verb = HOOK_SCALE_IN, .group = "web", .to = 1, .nodes = nodes, .node_count = 3},
     "scale-in web 1 web-1 web-2 web-3"},
    {{.verb = HOOK_SCALE_IN, .group = "web", .to = 1, .nodes = nodes, .node_count = 4},
     "scale-in web 1 web-1 web-2 and 2 more"},
};

START_TEST(it_is_what_a_person_would_type)
{
    char text[CALL_TEXT_MAX];

    call_text(&calls[_i].call, text, sizeof text);
    ck_assert_str_eq(text, calls[_i].text);
}
END_TEST

START_TEST(it_fits_and_is_cut)
{
    char name[NAME_LEN_MAX + 1];
    const char *names[] = {name, name, name};
    const struct hook_call call = {.verb = HOOK_SCALE_IN, .group = name, .to = 1, .nodes = names, .node_count = 3};
    char text[CALL_TEXT_MAX];

    memset(name, 'x', NAME_LEN_MAX);
    name[NAME_LEN_MAX] = '\0';
    call_text(&call, text, sizeof text);
    ck_assert_uint_lt(strlen(text), sizeof text - 1);
    for (size_t size = 1; size < sizeof text; size++) {
        call_text(&call, text, size);
        ck_assert_uint_lt(strlen(text), size);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call_text");
    TCase *tests = tcase_create("call_text");

    tcase_add_loop_test(tests, it_is_what_a_person_would_type, 0, sizeof calls / sizeof *calls);
    tcase_add_test(tests, it_fits_and_is_cut);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
