#include "common/setting.h"

#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"red", "green", "blue"};

enum colour { RED, GREEN, BLUE };

/* One setting of each kind. */
#define SETTINGS(X)                                                                                                    \
    X(address, ADDRESS, SETTING_ADDRESS_OF("a", 1), RESTART, 0, "address", "Help")                                     \
    X(door, OPTIONAL_ADDRESS, SETTING_ADDRESS_OF("", 0), RESTART, 0, "door", "Help")                                   \
    X(addresses, ADDRESSES, ((struct address_list){{{.host = "a", .port = 1}}, 1}), RESTART, 0, "addresses", "Help")   \
    X(path, PATH("DIR"), "/p", RELOAD, 0, "path", "Help")                                                              \
    X(free_path, OPTIONAL_PATH("FILE"), "", RELOAD, 0, "free-path", "Help")                                            \
    X(node, NAME, "n", RELOAD, 0, "node", "Help")                                                                      \
    X(ms, DURATION(100, SETTING_HOUR_MS), 1500, RELOAD, 1, "time", "Help")                                             \
    X(sync_ms, SYNC(10, 60000), SYNC_NEVER, RELOAD, 1, "sync", "Help")                                                 \
    X(bytes, SIZE(4096, 1 << 20), 8192, RELOAD, 1, "size", "Help")                                                     \
    X(share, SHARE, 0.5, GROUP, 1, "share", "Help")                                                                    \
    X(number, NUMBER(1, 9), 3, GROUP, 1, "number", "Help")                                                             \
    X(limit, LIMIT(1, 9), SETTING_LIMIT_UNSET, GROUP, 1, "limit", "Help")                                              \
    X(real, REAL(0, 10), 2.5, GROUP, 1, "real", "Help")                                                                \
    X(on, SWITCH, true, GROUP, 1, "switch", "Help")                                                                    \
    X(flag, FLAG, false, FLAG_ONLY, 1, "flag", "Help")                                                                 \
    X(colour, CHOICE(enum colour, colours, BLUE), GREEN, GROUP, 1, "colour", "Help")

struct values {
    SETTINGS(SETTING_MEMBER)
};

static const struct values initial = {SETTINGS(SETTING_DEFAULT)};

#define ROW(...) SETTING_ROW(struct values, initial, __VA_ARGS__)

static const struct setting rows[] = {SETTINGS(ROW)};
static const struct setting_table table = {rows, sizeof rows / sizeof *rows};

static char error[512];

static int set(struct values *values, const char *name, const char *text)
{
    const struct setting *setting = setting_find(&table, name);

    return setting_set(setting, setting_field(setting, values), text, error, sizeof error);
}

static void assert_value(const struct values *values, const char *name, const char *expected)
{
    char text[SETTING_TEXT_MAX];
    const struct setting *setting = setting_find(&table, name);

    setting_format(setting, setting_field(setting, values), text, sizeof text);
    ck_assert_str_eq(text, expected);
}

static const struct {
    const char *name;
    const char *initial;
    const char *other; /* allowed */
    const char *wrong;
    const char *error;
    const char *help;
} cases[] = {
    {"address", "a:1", "[::1]:0", "a", "must be HOST:PORT with a port from 0 to 65535, such as a:1, got \"a\"",
     "Help (default a:1)"},
    {"door", "off", "a:2", "on", "must be off, or HOST:PORT with a port from 0 to 65535, such as off, got \"on\"",
     "Help (default off)"},
    {"addresses", "a:1", "b:2", "b:0", "must be HOST:PORT with a port from 1 to 65535, such as a:1, got \"b:0\"",
     "Help (default a:1)"},
    {"path", "/p", "x y", "", "must be a path of 1 to 4095 bytes without control characters, got \"\"",
     "Help (default /p)"},
    {"free-path", "", "x", " x", "must be a path of at most 4095 bytes without control characters, got \" x\"", "Help"},
    {"node", "n", "web-1", "a b",
     "must be up to 128 letters, digits, dots, underscores and hyphens, beginning with a letter or digit, got \"a b\"",
     "Help (default n)"},
    {"time", "1500ms", "1h", "99ms", "must be a duration from 100ms to 1h, such as 1500ms, got \"99ms\"",
     "Help (100ms to 1h; default 1500ms)"},
    {"sync", "never", "10ms", "0", "must be always, never, or 10ms to 1m, got \"0\"",
     "Help (always, never, or 10ms to 1m; default never)"},
    {"size", "8K", "1M", "1025K", "must be a size from 4K to 1M, such as 8K, got \"1025K\"",
     "Help (4K to 1M; default 8K)"},
    {"share", "50%", "33.3%", "101%", "must be a percentage from 0% to 100%, such as 50%, got \"101%\"",
     "Help (default 50%)"},
    {"number", "3", "9", "10", "must be a whole number from 1 to 9, got \"10\"", "Help (1 to 9; default 3)"},
    {"limit", "unset", "none", "0", "must be none, or a whole number from 1 to 9, got \"0\"",
     "Help (1 to 9; default unset)"},
    {"real", "2.5", "0", "nan", "must be a number from 0 to 10, got \"nan\"", "Help (0 to 10; default 2.5)"},
    {"switch", "on", "off", "yes", "must be on or off, got \"yes\"", "Help (default on)"},
    {"flag", "off", "on", "1", "must be on or off, got \"1\"", "Help"},
    {"colour", "green", "blue", "pink", "must be red, green or blue, got \"pink\"",
     "Help (red, green or blue; default green)"},
};

START_TEST(each_kind_has_a_default_a_range_and_help)
{
    struct values values = initial;
    const struct setting *setting = setting_find(&table, cases[_i].name);

    assert_value(&values, cases[_i].name, cases[_i].initial);
    ck_assert_int_eq(set(&values, cases[_i].name, cases[_i].wrong), -EINVAL);
    ck_assert_str_eq(error, cases[_i].error);
    assert_value(&values, cases[_i].name, cases[_i].initial); /* untouched */
    values.addresses.count = 0;
    ck_assert_msg(set(&values, cases[_i].name, cases[_i].other) == 0, "%s", error);
    assert_value(&values, cases[_i].name, cases[_i].other);

    char *help = setting_help(setting);
    ck_assert_str_eq(help, cases[_i].help);
    free(help);
}
END_TEST

START_TEST(a_test_of_each_kind)
{
    ck_assert_uint_eq(table.count, sizeof cases / sizeof *cases);
    ck_assert_uint_eq(table.count, (0 SETTINGS(SETTING_ONE)));
    for (size_t i = 0; i < table.count; i++)
        ck_assert_uint_eq(rows[i].kind, i);
}
END_TEST

START_TEST(addresses_are_appended)
{
    struct values values = initial;

    for (unsigned i = 1; i < COLLECTORS_MAX; i++)
        ck_assert_int_eq(set(&values, "addresses", "b:2"), 0);
    assert_value(&values, "addresses", "a:1,b:2,b:2,b:2,b:2,b:2,b:2,b:2");
    ck_assert_int_eq(set(&values, "addresses", "c:3"), -EINVAL);
    ck_assert_str_eq(error, "may be given at most 8 times, got \"c:3\" as well");
}
END_TEST

START_TEST(values_that_no_text_has_set_are_checked)
{
    const struct setting *real = setting_find(&table, "real"), *ms = setting_find(&table, "time");

    ck_assert_int_eq(setting_check(real, &(double){10.0}, error, sizeof error), 0);
    ck_assert_int_eq(setting_check(real, &(double){NAN}, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "real must be a number from 0 to 10, got nan");
    ck_assert_int_eq(setting_check(ms, &(int64_t){-1}, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "time must be a duration from 100ms to 1h, such as 1500ms, got -1ms");
}
END_TEST

START_TEST(names_are_found_and_suggested)
{
    ck_assert_ptr_null(setting_find(&table, "colours"));
    ck_assert_str_eq(setting_nearest(&table, "colours"), "colour");
    ck_assert_ptr_null(setting_nearest(&table, "flagg")); /* a flag only, not for the file */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("setting");
    TCase *tcase = tcase_create("setting");

    tcase_add_test(tcase, a_test_of_each_kind);
    tcase_add_loop_test(tcase, each_kind_has_a_default_a_range_and_help, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, addresses_are_appended);
    tcase_add_test(tcase, values_that_no_text_has_set_are_checked);
    tcase_add_test(tcase, names_are_found_and_suggested);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
