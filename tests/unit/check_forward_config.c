#include "bridge/forward/cursor.h"
#include "bridge/forward/engine_answer.h"
#include "bridge/forward/forward_config.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define ARGV_MAX 16

static const struct forward_directories directories = {"/state", "/run/state"};
static struct forward_config config;
static char error[512];

static int parse(const char *const *words)
{
    char *argv[ARGV_MAX] = {"forward"};
    int argc = 1;

    for (; *words != NULL; words++)
        argv[argc++] = (char *)*words;
    config = forward_config_defaults;
    return forward_config_parse(&config, argc, argv, &directories, error, sizeof error);
}

#define PARSE(...) parse((const char *[]){__VA_ARGS__, NULL})
#define TO         "--to", "http://engine/write"

static void must_refuse(int rc, const char *part)
{
    ck_assert_int_eq(rc, -EINVAL);
    ck_assert_msg(strstr(error, part) != NULL, "%s", error);
}

START_TEST(the_defaults_send_everything)
{
    ck_assert_int_eq(PARSE(TO), 0);
    ck_assert_str_eq(config.state, "/state");
    ck_assert_str_eq(config.report, "/run/state");
    ck_assert_uint_eq(config.options.metrics, (1U << METRIC_COUNT) - 1);
    ck_assert_uint_eq(config.options.label_count, 0);
    ck_assert_int_eq(config.from, FORWARD_NEWEST);
}
END_TEST

START_TEST(metrics_and_labels_are_lists)
{
    ck_assert_int_eq(PARSE(TO, "--metrics", "cpu,load1,", "--labels", "zone=b,datacenter=fra=1"), 0);
    ck_assert_uint_eq(config.options.metrics, 1U << METRIC_CPU | 1U << METRIC_LOAD1);
    ck_assert_uint_eq(config.options.label_count, 2);
    ck_assert_str_eq(config.options.labels[0].name, "datacenter");
    ck_assert_str_eq(config.options.labels[0].value, "fra=1");
    ck_assert_str_eq(config.options.labels[1].name, "zone");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    must_refuse(PARSE("--name", "vm"), "--to is missing");
    must_refuse(PARSE("--to", "engine:8428"), "--to must begin with http://");
    must_refuse(PARSE(TO, "--metrics", "cpu,frobs"), "\"frobs\" is not a column");
    must_refuse(PARSE(TO, "--labels", "zone"), "must be NAME=VALUE");
    must_refuse(PARSE(TO, "--labels", "Zone=a"), "lower-case");
    must_refuse(PARSE(TO, "--labels", "zone=a,zone=b"), "zone is given twice");
    must_refuse(PARSE(TO, "--labels", "a=1,b=1,c=1,d=1,e=1,f=1,h=1,i=1,j=1"), "8 labels");
    must_refuse(PARSE(TO, "--cert-file", "c"), "together");
    must_refuse(PARSE(TO, "--token-file", "t", "--basic-file", "b"), "not both");
    must_refuse(PARSE(TO, "--settle", "2h"), "settle");
}
END_TEST

START_TEST(without_a_state_directory)
{
    char *argv[] = {"forward", "--to", "http://engine/write"};

    config = forward_config_defaults;
    must_refuse(forward_config_parse(&config, 3, argv, &(struct forward_directories){0}, error, sizeof error),
                "--state is missing");
}
END_TEST

START_TEST(a_cursor_is_read_back)
{
    const struct forward_place place = {.rows = {.passed = 12, .inode = 0xdeadbeef, .offset = UINT64_MAX, .hash = 7},
                                        .decisions = {.passed = UINT64_MAX, .inode = 2, .offset = 3, .hash = 4},
                                        .time_ms = 1795876884495};
    struct forward_place read = {0};
    char text[CURSOR_LEN + 2];

    cursor_format(&place, text);
    ck_assert_uint_eq(strlen(text), CURSOR_LEN);
    ck_assert_int_eq(cursor_parse(text, CURSOR_LEN, &read), 0);
    ck_assert_mem_eq(&read, &place, sizeof place);
    for (size_t i = 0; i < CURSOR_LEN; i++) {
        text[i] ^= 1;
        ck_assert_int_eq(cursor_parse(text, CURSOR_LEN, &read), -EBADMSG);
        text[i] ^= 1;
        ck_assert_int_eq(cursor_parse(text, i, &read), -EBADMSG);
    }
    ck_assert_int_eq(cursor_parse(text, CURSOR_LEN + 1, &read), -EBADMSG);
}
END_TEST

START_TEST(answers)
{
    ck_assert_int_eq(engine_answer_of(0, ""), ENGINE_LOST);
    ck_assert_int_eq(engine_answer_of(204, ""), ENGINE_ACCEPTED);
    ck_assert_int_eq(engine_answer_of(200, ""), ENGINE_ACCEPTED);
    ck_assert_int_eq(engine_answer_of(200, "{}"), ENGINE_ACCEPTED);
    ck_assert_int_eq(engine_answer_of(200, "\r\n<!DOCTYPE html>"), ENGINE_FORBIDDEN);
    ck_assert_int_eq(engine_answer_of(302, ""), ENGINE_FORBIDDEN);
    ck_assert_int_eq(engine_answer_of(400, "snappy: corrupt input"), ENGINE_REFUSED);
    ck_assert_int_eq(engine_answer_of(401, ""), ENGINE_FORBIDDEN);
    ck_assert_int_eq(engine_answer_of(404, ""), ENGINE_FORBIDDEN);
    ck_assert_int_eq(engine_answer_of(409, ""), ENGINE_REFUSED);
    ck_assert_int_eq(engine_answer_of(413, ""), ENGINE_REFUSED);
    ck_assert_int_eq(engine_answer_of(422, ""), ENGINE_REFUSED);
    ck_assert_int_eq(engine_answer_of(429, ""), ENGINE_BUSY);
    ck_assert_int_eq(engine_answer_of(500, "disk is full"), ENGINE_FAILED);
    ck_assert_int_eq(engine_answer_of(500, "too old sample\n"), ENGINE_REFUSED);
    ck_assert_int_eq(engine_answer_of(503, "out of order sample"), ENGINE_BUSY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forward_config");
    TCase *tc = tcase_create("forward_config");

    tcase_add_test(tc, the_defaults_send_everything);
    tcase_add_test(tc, metrics_and_labels_are_lists);
    tcase_add_test(tc, what_is_wrong_is_said);
    tcase_add_test(tc, without_a_state_directory);
    tcase_add_test(tc, a_cursor_is_read_back);
    tcase_add_test(tc, answers);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
