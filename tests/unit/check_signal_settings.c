/* Signals: their lines, which settings fit together, and the ranges of their queries. */
#include "feed/signal_settings.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)

static char error[512];

static int set(struct signal_settings *signal, const char *name, const char *value)
{
    for (unsigned i = 0; i < SIGNAL_FIELDS; i++)
        if (strcmp(signal_settings_field_names[i], name) == 0)
            return signal_settings_set(signal, i, value, error, sizeof error);
    ck_abort_msg("%s", name);
}

/* "NAME = VALUE" in each element, up to NULL. */
static struct signal_settings make(const char *const *lines)
{
    struct signal_settings signal = signal_settings_initial;
    char name[32];

    strcpy(signal.name, "requests");
    for (; *lines != NULL; lines++) {
        size_t len = strcspn(*lines, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, *lines);
        ck_assert_msg(set(&signal, name, *lines + len + 3) == 0, "%s: %s", *lines, error);
    }
    return signal;
}

#define MAKE(...) make((const char *const[]){__VA_ARGS__, NULL})

static int check(struct signal_settings signal)
{
    error[0] = '\0';
    return signal_settings_check(&signal, error, sizeof error);
}

START_TEST(values_are_read_and_others_are_refused)
{
    static const struct {
        const char *name, *good, *bad;
    } rows[] = {
        {"group", "web", "web shop"},
        {"kind", "load", "gauge"},
        {"kind", "limit", ""},
        {"query", "sum(rate(x{a=\"b\"}[30s]))", ""},
        {"query", "a", "a\tb"},
        {"nodes", "sum(x)", ""},
        {"program", "/usr/libexec/demand batch", "demand"},
        {"per-node", "200", "0"},
        {"per-node", "0.5", "-1"},
        {"limit", "0.3", "nan"},
        {"high", "90%", "0.9"},
        {"high", "100%", "101%"},
        {"target", "80", "0%"},
        {"forecast", "off", "no"},
        {"missing", "hold", "0"},
        {"missing", "ignore", "-3"},
        {"missing", "12", "100001"},
        {"missing-after", "90s", "0"},
        {"missing-after", "1h", "61m"},
        {"empty", "0", "zero"},
        {"empty", "missing", "1"},
        {"url", "https://metrics:8428/prometheus", "metrics:8428"},
        {"url", "http://[::1]:9090", "http://a b"},
        {"token-file", "/etc/headroom/engine.token", "engine.token"},
        {"timeout", "4s", "50ms"},
        {"timeout", "1m", "61s"},
    };
    struct signal_settings signal = signal_settings_initial;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(set(&signal, rows[i].name, rows[i].good) == 0, "%s = %s", rows[i].name, rows[i].good);
        ck_assert_msg(set(&signal, rows[i].name, rows[i].bad) == -EINVAL, "%s = %s", rows[i].name, rows[i].bad);
        ck_assert_ptr_nonnull(strstr(error, "must be"));
        ck_assert_ptr_nonnull(strstr(error, "got"));
    }
    ck_assert_int_eq(signal.when_gone, SIGNAL_NODES);
    ck_assert_uint_eq(signal.gone_nodes, 12);
}
END_TEST

START_TEST(settings_must_fit_together)
{
    static const struct {
        const char *const lines[8];
        const char *error; /* NULL: they do */
    } rows[] = {
        {{"query = x", "per-node = 1"}, "group is missing"},
        {{"group = web", "per-node = 1"}, "set query or program"},
        {{"group = web", "per-node = 1", "query = x", "program = /x"}, "both"},
        {{"group = web", "query = x"}, "per-node"},
        {{"group = web", "query = x", "kind = limit"}, "needs limit"},
        {{"group = web", "query = x", "kind = share"}, NULL},
        {{"group = web", "query = x", "kind = share", "per-node = 3"},
         "per-node has no meaning for a signal with query and kind = share; remove it"},
        {{"group = web", "query = x", "kind = limit", "limit = 1", "high = 80%"}, "high has no meaning"},
        {{"group = web", "query = x", "kind = limit", "limit = 1", "forecast = on"}, "forecast has no meaning"},
        {{"group = web", "query = x", "kind = limit", "limit = 1"}, NULL},
        {{"group = web", "program = /x", "per-node = 3", "url = http://x"}, "url has no meaning"},
        {{"group = web", "program = /x", "per-node = 3", "nodes = x"}, "nodes has no meaning"},
        {{"group = web", "program = /x", "per-node = 3", "empty = 0"}, "empty has no meaning"},
        {{"group = web", "program = /x", "per-node = 3", "high = 90%", "target = 80%"}, NULL},
        {{"group = web", "program = /x", "per-node = 3", "high = 80%", "target = 90%"}, "target <= high"},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = check(make(rows[i].lines));
        ck_assert_msg(rc == (rows[i].error == NULL ? 0 : -EINVAL), "row %u: %s", i, error);
        ck_assert_msg(rows[i].error == NULL || strstr(error, rows[i].error) != NULL, "row %u: %s", i, error);
    }
}
END_TEST

START_TEST(a_limit_is_never_forecast)
{
    struct signal_settings limit = MAKE("group = web", "query = x", "kind = limit", "limit = 0.3");

    ck_assert(limit.forecast);
    ck_assert_int_eq(signal_settings_check(&limit, error, sizeof error), 0);
    ck_assert(!limit.forecast);
}
END_TEST

/* A query that finds nothing may also be one with an error in it: a person must have said what it means. */
START_TEST(a_load_whose_zero_is_known_may_be_zero)
{
    struct signal_settings signals[] = {
        MAKE("query = x", "per-node = 1"),
        MAKE("query = x", "per-node = 1", "empty = 0"),
        MAKE("query = x", "per-node = 1", "empty = missing"),
        MAKE("program = /x", "per-node = 1"),
        MAKE("program = /x", "kind = share"),
    };
    static const bool may[] = {false, true, true, true, false};

    for (unsigned i = 0; i < sizeof may / sizeof *may; i++)
        ck_assert_msg(signal_settings_may_be_zero(&signals[i]) == may[i], "signal %u", i);
}
END_TEST

static const char *printed(const struct signal_settings *signal)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");

    signal_settings_print(signal, out);
    (void)fclose(out);
    return text;
}

START_TEST(it_is_printed_as_it_is_written)
{
    struct signal_settings load = MAKE("group = web", "kind = load", "query = sum(rate(x[30s]))", "nodes = sum(y)",
                                       "empty = 0", "url = http://127.0.0.1:8428", "token-file = /etc/token",
                                       "timeout = 2s", "per-node = 200", "high = 90%", "target = 80%", "missing = 7");
    struct signal_settings limit =
        MAKE("group = web", "kind = limit", "program = /bin/p99 web", "limit = 0.25", "missing-after = 3m");

    ck_assert_str_eq(printed(&load),
                     "[signal requests]\ngroup = web\nkind = load\nquery = sum(rate(x[30s]))\n"
                     "nodes = sum(y)\nempty = 0\nurl = http://127.0.0.1:8428\ntoken-file = /etc/token\ntimeout = 2s\n"
                     "per-node = 200\nhigh = 90%\ntarget = 80%\nforecast = on\nmissing = 7\n");
    ck_assert_str_eq(printed(&limit), "[signal requests]\ngroup = web\nkind = limit\nprogram = /bin/p99 web\n"
                                      "limit = 0.25\nmissing = hold\nmissing-after = 3m\n");
}
END_TEST

START_TEST(the_widest_range_of_a_query_is_found)
{
    static const struct {
        const char *query;
        int64_t ms;
    } rows[] = {
        {"sum(queue_length)", 0},
        {"sum(rate(x[30s]))", 30000},
        {"sum(rate(x[1m])) + max_over_time(y[5m])", 5 * MINUTE_MS},
        {"rate(x[1h30m])", 90 * MINUTE_MS},
        {"rate(x[500ms])", 500},
        {"rate(x[ 2m ])", 2 * MINUTE_MS},
        {"max_over_time(rate(x[1m])[10m:30s])", 10 * MINUTE_MS},
        {"rate(x{path=~\"/[1h]\"}[2m])", 2 * MINUTE_MS},
        {"rate(x{path=~'\\'[1h]'}[2m])", 2 * MINUTE_MS},
        {"rate(x{path=~`\\`}[2m])", 2 * MINUTE_MS},
        {"rate(x[2m]) # [1h]", 2 * MINUTE_MS},
        {"rate(x{a=\"[1h]", 0},
        {"rate(x[5])", 0},
        {"rate(x[", 0},
        {"rate(x[99999999999999y])", 0},
        {"rate(x[$__interval])", 0},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(signal_settings_range_ms(rows[i].query) == rows[i].ms, "%s", rows[i].query);
}
END_TEST

START_TEST(a_range_as_long_as_the_window_is_warned_of)
{
    struct signal_settings signal = MAKE("query = rate(x[2m])");
    char text[512] = "";

    ck_assert(!signal_settings_range_warning(&signal, 2 * MINUTE_MS + 1, text, sizeof text));
    ck_assert(signal_settings_range_warning(&signal, 2 * MINUTE_MS, text, sizeof text));
    ck_assert_ptr_nonnull(strstr(text, "a range of 2 min"));
    signal = MAKE("program = /x");
    ck_assert(!signal_settings_range_warning(&signal, 0, text, sizeof text));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signal_settings");
    TCase *tests = tcase_create("signal_settings");

    tcase_add_test(tests, values_are_read_and_others_are_refused);
    tcase_add_test(tests, settings_must_fit_together);
    tcase_add_test(tests, a_limit_is_never_forecast);
    tcase_add_test(tests, a_load_whose_zero_is_known_may_be_zero);
    tcase_add_test(tests, it_is_printed_as_it_is_written);
    tcase_add_test(tests, the_widest_range_of_a_query_is_found);
    tcase_add_test(tests, a_range_as_long_as_the_window_is_warned_of);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
