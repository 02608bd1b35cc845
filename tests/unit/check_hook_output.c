/* What a hook writes and how it ended, as lines of the log. */
#include "collector/autoscale/hook_output.h"
#include "collector/autoscale/hook_result.h"

#include "support/suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char seen[4096]; /* all lines, each with a bar at its end */

static void on_line(const char *line, void *arg)
{
    ck_assert_ptr_eq(arg, seen);
    size_t used = strlen(seen);
    ck_assert_int_lt(snprintf(seen + used, sizeof seen - used, "%s|", line), (int)(sizeof seen - used));
}

static unsigned cut; /* lines, of the last text */

static const char *lines_of(const char *text, size_t len, size_t step)
{
    struct hook_output output = {0};

    seen[0] = '\0';
    for (size_t at = 0; at < len; at += step)
        hook_output_add(&output, text + at, len - at < step ? len - at : step, on_line, seen);
    hook_output_end(&output, on_line, seen);
    cut = output.cut;
    return seen;
}

static const struct {
    const char *text;
    size_t len;
    const char *lines;
} texts[] = {
    {"", 0, ""},
    {"one\n", 4, "one|"},
    {"one\ntwo", 7, "one|two|"},
    {"\n\none\n\n", 7, "one|"},
    {"one\r\ntwo\r\n", 10, "one|two|"},
    {"a\tb\n", 4, "a b|"},
    {"\033[31mred\n", 9, "?[31mred|"},
    {"a\0b\n", 4, "a b|"},
    {"\xC3\xA4\n", 3, "??|"},
    {"\r", 1, ""},
};

START_TEST(text_is_cut_into_lines_wherever_reads_end)
{
    for (size_t step = 1; step <= 10; step++)
        ck_assert_str_eq(lines_of(texts[_i].text, texts[_i].len, step), texts[_i].lines);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    char text[HOOK_LINE_MAX + 10];

    for (size_t len = HOOK_LINE_MAX - 2; len < sizeof text; len++) {
        memset(text, 'x', len);
        text[len - 1] = '\n';
        size_t whole = len - 1;
        const char *line = lines_of(text, len, 7);
        ck_assert_uint_eq(cut, whole > HOOK_LINE_MAX);
        if (whole <= HOOK_LINE_MAX) {
            ck_assert_uint_eq(strlen(line), whole + 1);
        } else {
            ck_assert_uint_eq(strlen(line), HOOK_LINE_MAX + 4);
            ck_assert_str_eq(line + HOOK_LINE_MAX - 1, "x...|");
        }
    }
}
END_TEST

START_TEST(a_line_after_a_long_one_is_whole)
{
    char text[3 * HOOK_LINE_MAX];

    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 5, "\nend\n", 5);
    const char *lines = lines_of(text, sizeof text, 100);
    ck_assert_str_eq(lines + HOOK_LINE_MAX, "...|end|");
}
END_TEST

#define OUT .verb = HOOK_SCALE_OUT, .to = 6
#define IN  .verb = HOOK_SCALE_IN, .to = 4

static const struct {
    struct hook_result result;
    const char *sentence;
} results[] = {
    {{OUT, .verdict = HOOK_ACCEPTED, .duration_ms = 1234}, "hook for web, scale-out to 6: accepted after 1.2 s"},
    {{IN, .verdict = HOOK_REFUSED, .node_count = 2, .exit_status = 3, .duration_ms = 90, .wait_ms = 4100},
     "hook for web, scale-in of 2 nodes to 4: exit status 3 after 0.1 s; the next try is in 4.1 s"},
    {{IN, .verdict = HOOK_ACCEPTED, .node_count = 1}, "hook for web, scale-in of 1 node to 4: accepted after 0.0 s"},
    {{IN, .verdict = HOOK_ACCEPTED}, "hook for web, scale-in to 4: accepted after 0.0 s"},
    {{IN, .verdict = HOOK_TOO_FEW, .node_count = 2},
     "hook for web, scale-in of 2 nodes to 4: not done, no more than 4 nodes are there; ended after 0.0 s"},
    {{OUT, .verdict = HOOK_DIED, .signum = SIGSEGV},
     "hook for web, scale-out to 6: killed by signal 11 (Segmentation fault) after 0.0 s"},
    {{OUT, .verdict = HOOK_TIMED_OUT, .duration_ms = 60000, .wait_ms = 1000},
     "hook for web, scale-out to 6: not finished within its time limit; ended after 60.0 s; the next try is in 1.0 s"},
    {{OUT, .verdict = HOOK_STOPPED, .duration_ms = 5000},
     "hook for web, scale-out to 6: not finished when the collector stopped; ended after 5.0 s"},
    {{.verb = HOOK_COUNT, .verdict = HOOK_CANT_SAY},
     "hook for web, count: can't say how many nodes exist; ended after 0.0 s"},
    {{.verb = HOOK_COUNT, .verdict = HOOK_NOT_STARTED, .error = -ENOENT},
     "hook for web, count: can't start the program: No such file or directory"},
};

START_TEST(each_result_has_its_sentence)
{
    char text[256];

    hook_result_sentence(&results[_i].result, "web", text, sizeof text);
    ck_assert_str_eq(text, results[_i].sentence);
    hook_result_sentence(&results[_i].result, "web", text, 10);
    ck_assert_str_eq(text, "hook for ");
}
END_TEST

/* The same status means different things in answer to different calls. */
START_TEST(exit_statuses_are_those_of_the_verb)
{
    ck_assert_int_eq(hook_result_of_exit(HOOK_SCALE_OUT, 0), HOOK_ACCEPTED);
    ck_assert_int_eq(hook_result_of_exit(HOOK_SCALE_IN, 65), HOOK_TOO_FEW);
    ck_assert_int_eq(hook_result_of_exit(HOOK_SCALE_OUT, 65), HOOK_REFUSED);
    ck_assert_int_eq(hook_result_of_exit(HOOK_COUNT, 64), HOOK_CANT_SAY);
    ck_assert_int_eq(hook_result_of_exit(HOOK_SCALE_IN, 64), HOOK_REFUSED);
    ck_assert_int_eq(hook_result_of_exit(HOOK_CONTRACT, 1), HOOK_REFUSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_output");
    TCase *tests = tcase_create("hook_output");

    tcase_add_loop_test(tests, text_is_cut_into_lines_wherever_reads_end, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tests, long_lines_are_cut);
    tcase_add_test(tests, a_line_after_a_long_one_is_whole);
    tcase_add_loop_test(tests, each_result_has_its_sentence, 0, sizeof results / sizeof *results);
    tcase_add_test(tests, exit_statuses_are_those_of_the_verb);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
