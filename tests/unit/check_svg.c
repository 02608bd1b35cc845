#include "offline/svg.h"

#include "support/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;
static FILE *out;
static struct svg svg;

static void on_text(const char *piece, size_t len, void *arg)
{
    ck_assert_uint_eq(fwrite(piece, 1, len, arg), len);
}

static void begin(void)
{
    out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    svg = (struct svg){.on_text = on_text, .arg = out};
    svg_begin(&svg, 100.0, 50.0);
}

static void end(void)
{
    free(text);
}

static void finish(void)
{
    svg_end(&svg);
    ck_assert_int_eq(fclose(out), 0);
}

START_TEST(text_is_escaped)
{
    svg_text(&svg, 1.0, 2.0, "class=\"name\"", "a<b>&c\n");
    finish();
    ck_assert_ptr_nonnull(strstr(text, "<text x=\"1.0\" y=\"2.0\" class=\"name\">a&lt;b&gt;&amp;c?</text>"));
    ck_assert_str_eq(text + size - strlen("</svg>\n"), "</svg>\n");
}
END_TEST

/* The colours of a rule like ".name{fill:#0f172a}", also of a list of classes, from `from` on. */
static unsigned color_of(const char *from, const char *class_name)
{
    const char *at = from;
    char rule[32];

    (void)snprintf(rule, sizeof rule, ".%s", class_name);
    while ((at = strstr(at, rule)) != NULL) {
        at += strlen(rule);
        if (*at != '{' && *at != ',')
            continue;
        const char *value = strstr(at, ":#");
        const char *close = strchr(at, '}');
        if (value != NULL && value < close)
            return (unsigned)strtoul(value + 2, NULL, 16);
    }
    ck_abort_msg("no colour of %s", class_name);
}

/* WCAG 2.2, relative luminance and contrast ratio. */
static double luminance(unsigned color)
{
    static const double weights[] = {0.0722, 0.7152, 0.2126};
    double sum = 0.0;

    for (unsigned i = 0; i < 3; i++) {
        double part = (double)(color >> (8 * i) & 0xff) / 255.0;
        sum += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(unsigned a, unsigned b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

    return x > y ? x / y : y / x;
}

START_TEST(both_schemes_can_be_read)
{
    static const char *const texts[] = {"title", "name", "text", "tick"};
    static const char *const lines[] = {"demand", "ready", "ordered", "mark"};

    finish();
    const char *scheme = strstr(text, _i == 0 ? ".paper" : "prefers-color-scheme:dark");
    ck_assert_ptr_nonnull(scheme);
    unsigned paper = color_of(scheme, "paper");
    ck_assert((luminance(paper) > 0.5) == (_i == 0));
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(contrast(paper, color_of(scheme, texts[i])) >= 4.5, "%s", texts[i]);
        ck_assert_msg(contrast(paper, color_of(scheme, lines[i])) >= 3.0, "%s", lines[i]);
    }
}
END_TEST

START_TEST(ticks_are_round)
{
    finish();
    for (double most = 2.0; most < 12.0; most += 1.0) {
        for (double value = 0.013; value < 1e5; value *= 1.37) {
            double tick = svg_tick(value, most);
            double power = pow(10.0, floor(log10(tick) + 1e-9));
            long lead = lround(tick / power);
            ck_assert(lead == 1 || lead == 2 || lead == 5);
            ck_assert_double_le(value / tick, most + 1e-9);
            ck_assert_double_gt(value / tick, most / 2.5 - 1e-9);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svg");
    TCase *tests = tcase_create("svg");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, text_is_escaped);
    tcase_add_loop_test(tests, both_schemes_can_be_read, 0, 2);
    tcase_add_test(tests, ticks_are_round);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
