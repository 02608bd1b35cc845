#include "collector/autoscale/count_belief.h"

#include "collector/autoscale/count_reply.h"
#include "common/limits.h"
#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct count_belief belief;
static struct group_observation observed;
static int64_t now_ms;
static unsigned left;

/* 15 report, and 5 more may exist. */
static void begin(void)
{
    belief = (struct count_belief){0};
    observed = (struct group_observation){.live = 15, .returning = 1, .missing = 3, .leaving = 4, .unreported = 1};
    now_ms = 1000000;
    left = 0;
}

static void end(void)
{
}

/* An answer so much later. Returns whether the log has the news. */
static bool answer_named(int64_t later_ms, unsigned number, unsigned names, unsigned matches)
{
    now_ms += later_ms;
    const struct count_answer answer = {.asked_ms = now_ms, .number = number, .names = names, .matches = matches};
    return count_belief_take(&belief, &answer, left, &observed);
}

static bool answer(int64_t later_ms, unsigned number)
{
    return answer_named(later_ms, number, 0, 0);
}

static void assert_count(bool counted, unsigned count)
{
    count_belief_fill(&belief, now_ms, left, &observed);
    ck_assert(observed.counted == counted);
    ck_assert_uint_eq(observed.count, count);
}

static void assert_sentence(const char *wanted)
{
    char text[160];

    count_belief_fill(&belief, now_ms, left, &observed);
    count_belief_sentence(&belief, &observed, text, sizeof text);
    ck_assert_str_eq(text, wanted);
}

START_TEST(nothing_is_known_before_an_answer)
{
    assert_count(false, 0);
    assert_sentence("");
}
END_TEST

/* Nodes are gone, and then more of them. */
START_TEST(a_lower_count_is_unconfirmed_for_its_minute)
{
    answer(0, 20);
    assert_count(true, 20);
    ck_assert(!observed.count_unconfirmed);
    answer(60000, 17);
    assert_count(true, 20);
    ck_assert(observed.count_unconfirmed);
    answer(60000, 17);
    assert_count(true, 17);
    ck_assert(!observed.count_unconfirmed);
    answer(60000, 16);
    assert_count(true, 17);
    ck_assert(observed.count_unconfirmed);
    answer(60000, 16);
    assert_count(true, 16);
    ck_assert(!observed.count_unconfirmed);
    answer(60000, 14); /* fewer than report: no count */
    assert_count(true, 16);
    ck_assert(!observed.count_unconfirmed);
    observed.leaving += 1; /* it may still be counted */
    assert_count(true, 16);
    ck_assert(observed.count_unconfirmed);
    answer(1000, 16);
    assert_count(true, 16);
    ck_assert(!observed.count_unconfirmed);
    answer(1000, 25); /* some of them may be those that leave */
    assert_count(true, 25);
    ck_assert(observed.count_unconfirmed);
}
END_TEST

START_TEST(more_is_believed_at_once)
{
    answer(0, 23);
    assert_count(true, 23);
    assert_sentence("23 exist, 15 report");
    answer(60000, 20); /* all that the collector knows itself */
    assert_count(true, 20);
}
END_TEST

START_TEST(fewer_than_report_is_ignored)
{
    answer(0, 23);
    answer(60000, 14);
    assert_count(true, 23);
    assert_sentence("23 exist, 15 report; the count of 14 is ignored, since more nodes report");
    for (unsigned i = 0; i < 5; i++)
        answer(60000, 14);
    assert_count(false, 0);
    assert_sentence("the count of 14 is ignored, since more nodes report");
}
END_TEST

START_TEST(that_nodes_are_gone_needs_two_answers_a_minute_apart)
{
    answer(0, 17);
    assert_count(true, 20);
    assert_sentence("20 exist, 15 report; the count of 17 waits for a second one, a minute later");
    answer(30000, 16);
    assert_count(true, 20);
    answer(30000, 16);
    assert_count(true, 17); /* the highest of them */
    answer(60000, 15);
    assert_count(true, 16); /* the highest of a minute */
    answer(30000, 19);
    assert_count(true, 19); /* more is believed at once */
    answer(30000, 15);
    assert_count(true, 19);
    answer(60000, 15);
    assert_count(true, 15);
}
END_TEST

START_TEST(nodes_that_have_left_by_order_since_exist_no_more)
{
    const struct count_answer later = {.asked_ms = now_ms, .number = 24, .left = 6};

    answer(0, 23);
    left = 2;
    assert_count(true, 21);
    left = 9;
    assert_count(true, 15); /* what reports exists */
    count_belief_take(&belief, &later, left, &observed);
    assert_count(true, 21);
}
END_TEST

/* Five nodes leave after the question: of 15 that report and 5 others there are 15 left. */
START_TEST(nodes_that_leave_before_the_answer_is_taken_are_not_subtracted_twice)
{
    static const struct {
        unsigned answered;
        unsigned count;
    } cases[] = {
        {15, 15}, /* it lacks them already */
        {14, 15}, /* that more are gone waits for its minute */
        {20, 15}, /* it has them still */
        {17, 15}, /* it has two of them, or lacks them and has two that only the actuator knows */
        {23, 18}, /* and three that only the actuator knows */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        const struct count_answer answer = {.asked_ms = now_ms, .number = cases[i].answered};
        observed.live -= 5;
        observed.leaving += 5;
        left = 5;
        count_belief_take(&belief, &answer, left, &observed);
        assert_count(true, cases[i].count);
        observed.live -= 2; /* two more leave, after the answer */
        left += 2;
        assert_count(true, cases[i].count - 2);
    }
}
END_TEST

START_TEST(an_answer_with_all_nodes_begins_it_anew)
{
    answer(0, 17);
    answer(30000, 20);
    answer(30000, 17);
    assert_count(true, 20);
    answer(60000, 17);
    assert_count(true, 17);
}
END_TEST

START_TEST(names_must_match_one_that_reports)
{
    answer_named(0, 16, 16, 0);
    answer_named(60000, 16, 16, 0);
    answer_named(60000, 16, 16, 0);
    assert_count(false, 0);
    assert_sentence("the count of 16 is ignored, since it names no node that reports");
    answer_named(60000, 16, 16, 1);
    answer_named(60000, 16, 16, 1);
    assert_count(true, 16);
    answer_named(60000, 25, 25, 0); /* more harms nothing */
    assert_count(true, 25);
}
END_TEST

START_TEST(an_old_count_can_not_say)
{
    answer(0, 23);
    now_ms += COUNT_FRESH_MS;
    assert_count(true, 23);
    now_ms++;
    assert_count(false, 0);
}
END_TEST

START_TEST(nodes_that_came_since_exist_too)
{
    answer(0, 20);
    observed.live = 22;
    assert_count(true, 22);
}
END_TEST

/* A node may join between an answer and its tick. */
START_TEST(a_doubt_is_news_when_it_comes_twice)
{
    ck_assert(!answer(0, 23));
    ck_assert(!answer(60000, 14));
    ck_assert(answer(60000, 14));
    ck_assert(!answer(60000, 14));
    ck_assert(!answer(60000, 23));
    ck_assert(answer(60000, 23));
    ck_assert(!answer(60000, 23));
}
END_TEST

/* ---- what the program prints ---- */

/* Nodes of the group are web-..., and those with an even number report. */
static enum count_reply_node look(const char *name, void *arg)
{
    ck_assert_ptr_eq(arg, &belief);
    if (strncmp(name, "web-", 4) != 0)
        return COUNT_REPLY_UNKNOWN;
    return atoi(name + 4) % 2 == 0 ? COUNT_REPLY_REPORTS : COUNT_REPLY_KNOWN;
}

static int read_reply(struct count_reply *reply, const char *text, size_t piece)
{
    count_reply_init(reply, look, &belief);
    for (size_t at = 0; at < strlen(text); at += piece)
        count_reply_add(reply, text + at, strlen(text) - at < piece ? strlen(text) - at : piece);
    return count_reply_end(reply);
}

START_TEST(number_and_names_are_read_however_they_are_cut)
{
    static const struct {
        const char *text;
        unsigned number, names, matches, known;
    } right[] = {
        {"3", 3, 0, 0, 0},
        {"3\n", 3, 0, 0, 0},
        {"0\n", 0, 0, 0, 0},
        {"12 \r\n", 12, 0, 0, 0},
        {"3\nweb-2\nweb-1\nother\n", 3, 3, 1, 2},
        {"3\n\nweb-2  \n\nother", 3, 2, 1, 1},
        {"100000\n", NODES_MAX, 0, 0, 0},
    };
    struct count_reply reply;

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        for (size_t piece = 1; piece <= strlen(right[i].text); piece++) {
            ck_assert_int_eq(read_reply(&reply, right[i].text, piece), 0);
            ck_assert_uint_eq(reply.number, right[i].number);
            ck_assert_uint_eq(reply.names, right[i].names);
            ck_assert_uint_eq(reply.matches, right[i].matches);
            ck_assert_uint_eq(reply.known_count, right[i].known);
            ck_assert(reply.known_count < 2 || strcmp(reply.known[0], "web-1") == 0); /* ascending */
            count_reply_deinit(&reply);
        }
}
END_TEST

START_TEST(many_names_are_kept)
{
    static char text[64 * 1024] = "5000\n";
    struct count_reply reply;
    size_t len = strlen(text);

    for (unsigned i = 0; i < 5000; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "web-%u\n", i);
    ck_assert_int_eq(read_reply(&reply, text, 1000), 0);
    ck_assert_uint_eq(reply.known_count, 5000);
    ck_assert_uint_eq(reply.matches, 2500);
    for (unsigned i = 1; i < 5000; i++)
        ck_assert_int_lt(strcmp(reply.known[i - 1], reply.known[i]), 0);
    count_reply_deinit(&reply);
}
END_TEST

START_TEST(what_is_no_count_is_none)
{
    static const char *const wrong[] = {"",      "\n",    "three\n",  "-1\n",         "3 nodes\n",
                                        "1e3\n", "3.0\n", "100001\n", "4294967297\n", "1\nweb-1\nweb-2\n"};
    struct count_reply reply;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(read_reply(&reply, wrong[i], 100) < 0, "%s", wrong[i]);
        count_reply_deinit(&reply);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("count_belief");

    CASES_ADD(suite, "belief", begin, end, nothing_is_known_before_an_answer,
              a_lower_count_is_unconfirmed_for_its_minute, more_is_believed_at_once, fewer_than_report_is_ignored,
              that_nodes_are_gone_needs_two_answers_a_minute_apart, nodes_that_have_left_by_order_since_exist_no_more,
              nodes_that_leave_before_the_answer_is_taken_are_not_subtracted_twice,
              an_answer_with_all_nodes_begins_it_anew, names_must_match_one_that_reports, an_old_count_can_not_say,
              nodes_that_came_since_exist_too, a_doubt_is_news_when_it_comes_twice);
    CASES_ADD(suite, "reply", begin, end, number_and_names_are_read_however_they_are_cut, many_names_are_kept,
              what_is_no_count_is_none);
    return suite_run(suite);
}
