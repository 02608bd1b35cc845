#include "offline/picture.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct picture picture;
static char *text;
static size_t size;

static void on_text(const char *piece, size_t len, void *arg)
{
    ck_assert_uint_eq(fwrite(piece, 1, len, arg), len);
}

static void draw(void)
{
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    picture_write(&picture, &(struct svg){.on_text = on_text, .arg = out});
    ck_assert_int_eq(fclose(out), 0);
}

static void add(size_t k, double demand, unsigned ready, unsigned pending)
{
    picture_step(&picture, &(struct simulate_step){.step = k, .demand = demand, .ready = ready, .pending = pending});
}

static size_t count(const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void no_wild_number(void)
{
    ck_assert_uint_eq(count("nan"), 0);
    ck_assert_uint_eq(count("inf"), 0);
}

START_TEST(shares_columns_among_steps)
{
    enum { STEPS = 5 * PICTURE_COLUMNS_MAX + 7 };

    picture_init(&picture, STEPS, "t", "");
    struct picture_panel *panel = picture_begin_panel(&picture, "p");
    for (size_t k = 0; k < STEPS; k++)
        add(k, (double)(k % 10), 10, (unsigned)(k % 3));
    size_t steps = 0;
    for (unsigned c = 0; c < PICTURE_COLUMNS_MAX; c++) {
        const struct picture_column *column = &panel->columns[c];
        ck_assert_uint_ge(column->steps, 5);
        ck_assert_uint_le(column->steps, 6);
        ck_assert_double_le(column->demand_min, column->demand_sum / (double)column->steps);
        ck_assert_double_ge(column->demand_max, column->demand_sum / (double)column->steps);
        ck_assert_double_eq(column->ready_sum, 10.0 * (double)column->steps);
        ck_assert_uint_eq(column->violations, 0);
        steps += column->steps;
    }
    ck_assert_uint_eq(steps, STEPS);
}
END_TEST

START_TEST(marks_each_run_of_violations_once)
{
    static const double demand[] = {5.0, 9.5, 12.0, 5.0, 9.0, 9.1, 1.0};

    picture_init(&picture, 7, "t", "");
    (void)picture_begin_panel(&picture, "p");
    for (size_t k = 0; k < 7; k++)
        add(k, demand[k], 10, 0);
    picture_end_panel(&picture, "");
    draw();
    ck_assert_uint_eq(count("<rect x="), 2 * 2); /* a mark is two */
    no_wild_number();
    free(text);
}
END_TEST

START_TEST(escapes_what_it_is_given)
{
    picture_init(&picture, 1, "a<b>&c\n", "x & y");
    (void)picture_begin_panel(&picture, "<script>");
    add(0, 1.0, 2, 1);
    picture_end_panel(&picture, "1 < 2");
    draw();
    ck_assert_ptr_nonnull(strstr(text, ">a&lt;b&gt;&amp;c?<"));
    ck_assert_ptr_nonnull(strstr(text, ">&lt;script&gt;<"));
    ck_assert_ptr_nonnull(strstr(text, ">1 &lt; 2<"));
    ck_assert_ptr_nonnull(strstr(text, "</svg>\n"));
    free(text);
}
END_TEST

static const struct {
    size_t steps;
    const char *label; /* one of the times */
} times[] = {
    {1, ">0 min<"},   {20, ">5 min<"},    {240, ">60 min<"},    {960, ">4 h<"},
    {5760, ">24 h<"}, {161280, ">28 d<"}, {2102400, ">360 d<"},
};

START_TEST(times_have_a_unit)
{
    picture_init(&picture, times[_i].steps, "t", "");
    (void)picture_begin_panel(&picture, "p");
    for (size_t k = 0; k < times[_i].steps; k++)
        add(k, 1.0, 2, 0);
    draw();
    ck_assert_msg(strstr(text, times[_i].label) != NULL, "%s", times[_i].label);
    no_wild_number();
    free(text);
}
END_TEST

static const struct {
    double demand;
    unsigned ready;
    const char *label; /* the highest of the values */
    size_t labels;
} values[] = {
    {0.0, 1, ">1<", 2},         {4.0, 5, ">4<", 3},        {28.0, 40, ">40<", 5},
    {900.0, 1200, ">1000<", 3}, {1e5, 100, ">100000<", 3},
};

START_TEST(values_are_round)
{
    picture_init(&picture, 1, "t", "");
    (void)picture_begin_panel(&picture, "p");
    add(0, values[_i].demand, values[_i].ready, 0);
    draw();
    ck_assert_msg(strstr(text, values[_i].label) != NULL, "%s in %s", values[_i].label, text);
    ck_assert_uint_eq(count("class=\"tick\" text-anchor=\"end\""), values[_i].labels);
    free(text);
}
END_TEST

START_TEST(all_panels_share_a_scale)
{
    picture_init(&picture, 1, "t", "");
    (void)picture_begin_panel(&picture, "small");
    add(0, 1.0, 2, 0);
    (void)picture_begin_panel(&picture, "large");
    add(0, 1.0, 40, 0);
    draw();
    ck_assert_uint_eq(count(">40<"), 2);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picture");
    TCase *tests = tcase_create("picture");

    tcase_add_test(tests, shares_columns_among_steps);
    tcase_add_test(tests, marks_each_run_of_violations_once);
    tcase_add_test(tests, escapes_what_it_is_given);
    tcase_add_loop_test(tests, times_have_a_unit, 0, sizeof times / sizeof *times);
    tcase_add_loop_test(tests, values_are_round, 0, sizeof values / sizeof *values);
    tcase_add_test(tests, all_panels_share_a_scale);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
