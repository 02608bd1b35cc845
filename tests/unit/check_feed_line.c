/* The lines in which programs report signals, as they come in pieces. */
#include "feed/feed_line.h"
#include "feed/feed_split.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct feed_line line;
static char error[256];

static int parse(const char *text)
{
    memset(&line, 0x55, sizeof line);
    error[0] = '\0';
    return feed_line_parse(text, strlen(text), &line, error, sizeof error);
}

/* ---- signals ---- */

static const struct {
    const char *text;
    const char *name;
    double value;
    int64_t age_ms;
    int nodes; /* -1: none */
    int floor;
} signals[] = {
    {"signal web 1410.5 2000", "web", 1410.5, 2000, -1, -1},
    {"signal web 0 0", "web", 0, 0, -1, -1},
    {"signal a.b-c_1 1e3 4294967295", "a.b-c_1", 1000, 4294967295, -1, -1},
    {"signal web 5 0 nodes 12", "web", 5, 0, 12, -1},
    {"signal web 5 0 floor 16", "web", 5, 0, -1, 16},
    {"signal web 5 0 nodes 0 floor 0", "web", 5, 0, 0, 0},
    {"signal web 5 0 floor 100000 nodes 100000", "web", 5, 0, 100000, 100000},
    {"  signal\tweb   5\t 0  nodes\t3 \r", "web", 5, 0, 3, -1},
};

START_TEST(signals_are_taken)
{
    ck_assert_int_eq(parse(signals[_i].text), 0);
    ck_assert_int_eq(line.kind, FEED_LINE_SIGNAL);
    ck_assert_str_eq(line.name, signals[_i].name);
    ck_assert_double_eq(line.value, signals[_i].value);
    ck_assert_int_eq(line.age_ms, signals[_i].age_ms);
    ck_assert_int_eq(line.has_nodes ? (int)line.nodes : -1, signals[_i].nodes);
    ck_assert_int_eq(line.has_floor ? (int)line.floor : -1, signals[_i].floor);
}
END_TEST

/* ---- missing ---- */

static const struct {
    const char *text;
    const char *sentence;
} missing[] = {
    {"missing web the queue does not answer", "the queue does not answer"},
    {"missing web \t two  blanks ", "two  blanks"},
    {"missing web", "the program gives no reason"},
    {"missing web  ", "the program gives no reason"},
    {"missing web caf\xC3\xA9 \033[31m", "caf?? ?[31m"},
    {"signal web", "the value must be a number from 0, got \"\""},
    {"signal web NaN 0", "the value must be a number from 0, got \"NaN\""},
    {"signal web inf 0", "the value must be a number from 0, got \"inf\""},
    {"signal web 1e999 0", "the value must be a number from 0, got \"1e999\""},
    {"signal web -1 0", "the value must be a number from 0, got \"-1\""},
    {"signal web 0x10 0", "the value must be a number from 0, got \"0x10\""},
    {"signal web 3,5 0", "the value must be a number from 0, got \"3,5\""},
    {"signal web 5", "after the value must follow its age in whole milliseconds, got \"\""},
    {"signal web 5 now", "after the value must follow its age in whole milliseconds, got \"now\""},
    {"signal web 5 -1", "after the value must follow its age in whole milliseconds, got \"-1\""},
    {"signal web 5 2.5", "after the value must follow its age in whole milliseconds, got \"2.5\""},
    {"signal web 5 4294967296", "after the value must follow its age in whole milliseconds, got \"4294967296\""},
    {"signal web 5 0 nodes", "after nodes and floor must follow a number of nodes, got \"\""},
    {"signal web 5 0 nodes 100001", "after nodes and floor must follow a number of nodes, got \"100001\""},
    {"signal web 5 0 floor -1", "after nodes and floor must follow a number of nodes, got \"-1\""},
    {"signal web 5 0 7", "after the age only nodes N and floor N may follow, got \"7\""},
};

START_TEST(what_can_not_be_used_is_missing_with_a_sentence)
{
    ck_assert_int_eq(parse(missing[_i].text), 0);
    ck_assert_int_eq(line.kind, FEED_LINE_MISSING);
    ck_assert_str_eq(line.name, "web");
    ck_assert_str_eq(line.sentence, missing[_i].sentence);
}
END_TEST

/* ---- others ---- */

START_TEST(unknown_first_words_are_for_later_versions)
{
    static const char *const others[] = {"", "  ", "# a comment", "signals web 5 0", "Signal web 5 0", "5"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert_int_eq(parse(others[i]), 0);
        ck_assert_int_eq(line.kind, FEED_LINE_OTHER);
    }
}
END_TEST

START_TEST(lines_without_a_name_are_errors)
{
    static const char *const texts[] = {
        "signal",          "missing",
        "signal we/b 5 0", "missing -web text",
        "signal \xFF 1 0", "signal a234567890123456789012345678901234567890123456789012345678901234 1 0"};
    struct feed_line before;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(parse(texts[i]), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "must follow the name of a signal"));
        memset(&before, 0x55, sizeof before);
        ck_assert_mem_eq(&line, &before, sizeof line);
    }
}
END_TEST

START_TEST(zero_bytes_and_long_lines_are_errors_or_replaced)
{
    static const char zero[] = "signal web 5\0 0";
    char text[FEED_LINE_MAX + 1];

    ck_assert_int_eq(feed_line_parse(zero, sizeof zero - 1, &line, error, sizeof error), 0);
    ck_assert_str_eq(line.sentence, "the value must be a number from 0, got \"5?\"");
    memset(text, 'x', sizeof text);
    memcpy(text, "missing web ", 12);
    ck_assert_int_eq(feed_line_parse(text, sizeof text - 1, &line, error, sizeof error), 0);
    ck_assert_uint_eq(strlen(line.sentence), FEED_LINE_MAX - 12);
    ck_assert_int_eq(feed_line_parse(text, sizeof text, &line, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "a line has more than 512 bytes");
}
END_TEST

/* ---- writing ---- */

START_TEST(written_lines_are_read_back)
{
    static const char *const texts[] = {
        "signal web 0.10000000000000001 2000 nodes 7 floor 9\n",
        "signal web 1.7976931348623157e+308 0\n",
        "missing web the engine has not answered within 4 s\n",
    };
    char text[FEED_LINE_MAX + 2];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(feed_line_parse(texts[i], strlen(texts[i]) - 1, &line, error, sizeof error), 0);
        ck_assert_uint_eq(feed_line_format(&line, text), strlen(texts[i]));
        ck_assert_str_eq(text, texts[i]);
    }
}
END_TEST

START_TEST(long_and_odd_sentences_are_cut_and_cleaned)
{
    char text[FEED_LINE_MAX + 2];

    line = (struct feed_line){.kind = FEED_LINE_MISSING, .name = "web"};
    memset(line.sentence, 'x', FEED_LINE_MAX);
    memcpy(line.sentence, "a\nb", 3);
    ck_assert_uint_eq(feed_line_format(&line, text), FEED_LINE_MAX + 1);
    ck_assert_int_eq(strncmp(text, "missing web a?bxx", 17), 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + FEED_LINE_MAX);
}
END_TEST

/* ---- pieces ---- */

static char seen[4096];

static void on_line(const char *text, size_t len, void *arg)
{
    size_t used = strlen(seen);

    ck_assert_ptr_eq(arg, seen);
    ck_assert_int_lt(snprintf(seen + used, sizeof seen - used, "%.*s|", (int)len, text), (int)(sizeof seen - used));
}

START_TEST(lines_are_whole_wherever_reads_end)
{
    static const char text[] = "signal web 5 0\n\nmissing web a b\nsignal we";

    for (size_t step = 1; step < sizeof text; step++) {
        struct feed_split split = {.used = 0};
        seen[0] = '\0';
        for (size_t at = 0; at < sizeof text - 1; at += step) {
            size_t left = sizeof text - 1 - at;
            feed_split_add(&split, text + at, left < step ? left : step, on_line, seen);
        }
        ck_assert_str_eq(seen, "signal web 5 0||missing web a b|");
        ck_assert_uint_eq(split.longer, 0);
    }
}
END_TEST

START_TEST(longer_lines_are_dropped_and_counted)
{
    static char text[3 * FEED_LINE_MAX];
    struct feed_split split = {.used = 0};

    seen[0] = '\0';
    memset(text, 'x', sizeof text);
    feed_split_add(&split, text, FEED_LINE_MAX, on_line, seen);
    feed_split_add(&split, "\n", 1, on_line, seen);
    ck_assert_uint_eq(strlen(seen), FEED_LINE_MAX + 1);
    seen[0] = '\0';
    for (unsigned i = 0; i < 100; i++)
        feed_split_add(&split, text, sizeof text, on_line, seen);
    feed_split_add(&split, "x\nshort\n", 8, on_line, seen);
    ck_assert_str_eq(seen, "short|");
    ck_assert_uint_eq(split.longer, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed_line");
    TCase *tcase = tcase_create("lines");

    tcase_add_loop_test(tcase, signals_are_taken, 0, sizeof signals / sizeof *signals);
    tcase_add_loop_test(tcase, what_can_not_be_used_is_missing_with_a_sentence, 0, sizeof missing / sizeof *missing);
    tcase_add_test(tcase, unknown_first_words_are_for_later_versions);
    tcase_add_test(tcase, lines_without_a_name_are_errors);
    tcase_add_test(tcase, zero_bytes_and_long_lines_are_errors_or_replaced);
    tcase_add_test(tcase, written_lines_are_read_back);
    tcase_add_test(tcase, long_and_odd_sentences_are_cut_and_cleaned);
    tcase_add_test(tcase, lines_are_whole_wherever_reads_end);
    tcase_add_test(tcase, longer_lines_are_dropped_and_counted);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
