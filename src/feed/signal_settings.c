#include "feed/signal_settings.h"

#include "common/error_text.h"
#include "common/format.h"
#include "common/parse.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define HIGH_MIN         0.01 /* up to here, a fraction was written instead of a percentage: 0.8 for 80% */
#define MINUTE_MS        INT64_C(60000)
#define RANGE_NUMBER_MAX 1000000000

const struct signal_settings signal_settings_initial = {.forecast = true};

/* ---- from text ---- */

static bool set_text(char *field, size_t max, const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > max || !parse_utf8_ok((const uint8_t *)text, len) || !parse_printable_ok(text))
        return false;
    memcpy(field, text, len + 1);
    return true;
}

static bool set_group(struct signal_settings *signal, const char *text)
{
    return parse_name_ok(text, strlen(text)) && set_text(signal->group, NAME_LEN_MAX, text);
}

static bool set_kind(struct signal_settings *signal, const char *text)
{
    for (enum signal_kind kind = SIGNAL_LOAD; kind < SIGNAL_KIND_COUNT; kind++) {
        if (strcmp(text, signal_kind_names[kind]) == 0) {
            signal->kind = kind;
            return true;
        }
    }
    return false;
}

static bool set_query(struct signal_settings *signal, const char *text)
{
    return set_text(signal->query, SIGNAL_QUERY_MAX, text);
}

static bool set_nodes_query(struct signal_settings *signal, const char *text)
{
    return set_text(signal->nodes_query, SIGNAL_QUERY_MAX, text);
}

static bool set_program(struct signal_settings *signal, const char *text)
{
    return text[0] == '/' && set_text(signal->program, SIGNAL_PROGRAM_MAX, text);
}

static bool parse_amount(const char *text, double *number)
{
    double value = 0.0;

    if (parse_number(text, strlen(text), &value) != 0 || value < SIGNAL_PER_NODE_MIN || value > SIGNAL_PER_NODE_MAX)
        return false;
    *number = value;
    return true;
}

static bool set_per_node(struct signal_settings *signal, const char *text)
{
    return parse_amount(text, &signal->per_node);
}

static bool set_limit(struct signal_settings *signal, const char *text)
{
    return parse_amount(text, &signal->limit);
}

static bool parse_share(const char *text, double *share)
{
    double value = 0.0;

    if (parse_percent(text, &value) != 0 || value <= HIGH_MIN || value > 1.0)
        return false;
    *share = value;
    return true;
}

static bool set_high(struct signal_settings *signal, const char *text)
{
    return parse_share(text, &signal->high);
}

static bool set_target(struct signal_settings *signal, const char *text)
{
    return parse_share(text, &signal->target);
}

static bool parse_either(const char *text, const char *no, const char *yes, bool *value)
{
    bool is_yes = strcmp(text, yes) == 0;

    if (!is_yes && strcmp(text, no) != 0)
        return false;
    *value = is_yes;
    return true;
}

static bool set_forecast(struct signal_settings *signal, const char *text)
{
    return parse_either(text, "off", "on", &signal->forecast);
}

static bool set_missing(struct signal_settings *signal, const char *text)
{
    bool ignores = false;
    unsigned nodes = 0;

    if (parse_either(text, "hold", "ignore", &ignores)) {
        signal->when_gone = ignores ? SIGNAL_IGNORE : SIGNAL_HOLD;
        return true;
    }
    if (parse_unsigned(text, &nodes) != 0 || nodes < 1 || nodes > NODES_MAX)
        return false;
    signal->when_gone = SIGNAL_NODES;
    signal->gone_nodes = nodes;
    return true;
}

static bool parse_between(const char *text, int64_t least_ms, int64_t most_ms, int64_t *ms)
{
    int64_t value = 0;

    if (parse_duration_ms(text, &value) != 0 || value < least_ms || value > most_ms)
        return false;
    *ms = value;
    return true;
}

static bool set_missing_after(struct signal_settings *signal, const char *text)
{
    return parse_between(text, 1000, 60 * MINUTE_MS, &signal->missing_after_ms);
}

static bool set_empty(struct signal_settings *signal, const char *text)
{
    return parse_either(text, "missing", "0", &signal->empty_is_zero);
}

bool signal_settings_url_ok(const char *text)
{
    bool has_scheme = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;

    return has_scheme && strchr(text, ' ') == NULL && strlen(text) <= SIGNAL_URL_MAX && parse_printable_ok(text);
}

static bool set_url(struct signal_settings *signal, const char *text)
{
    return signal_settings_url_ok(text) && set_text(signal->url, SIGNAL_URL_MAX, text);
}

static bool set_token_file(struct signal_settings *signal, const char *text)
{
    return text[0] == '/' && set_text(signal->token_file, SIGNAL_PATH_MAX, text);
}

static bool set_timeout(struct signal_settings *signal, const char *text)
{
    return parse_between(text, 100, MINUTE_MS, &signal->timeout_ms);
}

/* ---- the fields ---- */

enum field {
    FIELD_GROUP,
    FIELD_KIND,
    FIELD_QUERY,
    FIELD_NODES,
    FIELD_PROGRAM,
    FIELD_PER_NODE,
    FIELD_LIMIT,
    FIELD_HIGH,
    FIELD_TARGET,
    FIELD_FORECAST,
    FIELD_MISSING,
    FIELD_MISSING_AFTER,
    FIELD_EMPTY,
    FIELD_URL,
    FIELD_TOKEN_FILE,
    FIELD_TIMEOUT,
    FIELD_COUNT
};

const char *const signal_settings_field_names[SIGNAL_FIELDS] = {
    [FIELD_GROUP] = "group",       [FIELD_KIND] = "kind",       [FIELD_QUERY] = "query",
    [FIELD_NODES] = "nodes",       [FIELD_PROGRAM] = "program", [FIELD_PER_NODE] = "per-node",
    [FIELD_LIMIT] = "limit",       [FIELD_HIGH] = "high",       [FIELD_TARGET] = "target",
    [FIELD_FORECAST] = "forecast", [FIELD_MISSING] = "missing", [FIELD_MISSING_AFTER] = "missing-after",
    [FIELD_EMPTY] = "empty",       [FIELD_URL] = "url",         [FIELD_TOKEN_FILE] = "token-file",
    [FIELD_TIMEOUT] = "timeout",
};

static_assert(FIELD_COUNT == SIGNAL_FIELDS && FIELD_COUNT <= 32, "each has a name and a bit");
static_assert(NODES_MAX == 100000 && SIGNAL_QUERY_MAX == 2047 && SIGNAL_URL_MAX == 511, "errors state them");
static_assert(SIGNAL_PROGRAM_MAX == 1023, "an error states it");
static_assert(SIGNAL_PATH_MAX == 1023, "an error states it");

#define QUERY_TEXT  "a query in PromQL of up to 2047 printable bytes"
#define AMOUNT_TEXT "a number from 0.001 to 1e15"
#define SHARE_TEXT  "a percentage above 1% and up to 100%, such as 80%"

static const struct {
    bool (*set)(struct signal_settings *signal, const char *text);
    const char *must_be;
} fields[SIGNAL_FIELDS] = {
    [FIELD_GROUP] = {set_group, "the name of a group"},
    [FIELD_KIND] = {set_kind, "load, share or limit"},
    [FIELD_QUERY] = {set_query, QUERY_TEXT},
    [FIELD_NODES] = {set_nodes_query, QUERY_TEXT},
    [FIELD_PROGRAM] = {set_program, "the absolute path of a program and its arguments, up to 1023 printable bytes"},
    [FIELD_PER_NODE] = {set_per_node, AMOUNT_TEXT},
    [FIELD_LIMIT] = {set_limit, AMOUNT_TEXT},
    [FIELD_HIGH] = {set_high, SHARE_TEXT},
    [FIELD_TARGET] = {set_target, SHARE_TEXT},
    [FIELD_FORECAST] = {set_forecast, "on or off"},
    [FIELD_MISSING] = {set_missing, "hold, ignore, or a number of nodes from 1 to 100000"},
    [FIELD_MISSING_AFTER] = {set_missing_after, "a duration from 1s to 1h, such as 45s"},
    [FIELD_EMPTY] = {set_empty, "missing or 0"},
    [FIELD_URL] = {set_url, "an address that begins with http:// or https://, up to 511 bytes"},
    [FIELD_TOKEN_FILE] = {set_token_file, "the absolute path of a file, up to 1023 printable bytes"},
    [FIELD_TIMEOUT] = {set_timeout, "a duration from 100ms to 1m, such as 4s"},
};

int signal_settings_set(struct signal_settings *signal, unsigned field, const char *value, char *error,
                        size_t error_size)
{
    if (!fields[field].set(signal, value))
        return error_text_set(error, error_size, -EINVAL, "must be %s, got \"%.80s\"", fields[field].must_be, value);
    signal->given |= 1U << field;
    return 0;
}

/* ---- whether they fit together ---- */

static bool has(const struct signal_settings *signal, enum field field)
{
    return (signal->given & 1U << field) != 0;
}

/* Which settings a signal may have, by where it comes from and by its kind. */
static const char *misplaced(const struct signal_settings *signal)
{
    static const struct {
        enum field field;
        bool of_program, of_load, of_share, of_limit;
    } rows[] = {
        {FIELD_PER_NODE, true, true, false, false}, {FIELD_LIMIT, true, false, false, true},
        {FIELD_HIGH, true, true, true, false},      {FIELD_TARGET, true, true, true, false},
        {FIELD_FORECAST, true, true, true, false},  {FIELD_EMPTY, false, true, true, true},
        {FIELD_URL, false, true, true, true},       {FIELD_TOKEN_FILE, false, true, true, true},
        {FIELD_TIMEOUT, false, true, true, true},   {FIELD_NODES, false, true, true, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool of_kind[] = {rows[i].of_load, rows[i].of_share, rows[i].of_limit};
        bool fits = of_kind[signal->kind] && (rows[i].of_program || signal->program[0] == '\0');
        if (!fits && has(signal, rows[i].field))
            return signal_settings_field_names[rows[i].field];
    }
    return NULL;
}

static int check_source(const struct signal_settings *signal, char *error, size_t size)
{
    if (signal->group[0] == '\0')
        return error_text_set(error, size, -EINVAL, "group is missing; write group = NAME");
    if (signal->query[0] == '\0' && signal->program[0] == '\0')
        return error_text_set(error, size, -EINVAL, "nothing gives its value; set query or program");
    if (signal->query[0] != '\0' && signal->program[0] != '\0')
        return error_text_set(error, size, -EINVAL, "it has both query and program; set one of them");
    return 0;
}

static int check_kind(const struct signal_settings *signal, char *error, size_t size)
{
    if (signal->kind == SIGNAL_LOAD && !has(signal, FIELD_PER_NODE))
        return error_text_set(error, size, -EINVAL, "kind = load needs per-node, what one node carries at 100%%");
    if (signal->kind == SIGNAL_LIMIT && !has(signal, FIELD_LIMIT))
        return error_text_set(error, size, -EINVAL, "kind = limit needs limit, the value that must not be exceeded");
    const char *name = misplaced(signal);
    if (name != NULL)
        return error_text_set(error, size, -EINVAL, "%s has no meaning for a signal with %s and kind = %s; remove it",
                              name, signal->program[0] != '\0' ? "program" : "query", signal_kind_names[signal->kind]);
    if (signal->high > 0.0 && signal->target > signal->high)
        return error_text_set(error, size, -EINVAL, "target <= high must hold, got target %.4g%% and high %.4g%%",
                              signal->target * 100.0, signal->high * 100.0);
    return 0;
}

int signal_settings_check(struct signal_settings *signal, char *error, size_t error_size)
{
    int rc = check_source(signal, error, error_size);

    if (rc == 0)
        rc = check_kind(signal, error, error_size);
    if (rc == 0 && signal->kind == SIGNAL_LIMIT)
        signal->forecast = false;
    return rc;
}

/* A target that is not set keeps the room for growth that cpu has. */
void signal_settings_thresholds(const struct signal_settings *signal, double cpu_high, double cpu_target, double *high,
                                double *target)
{
    *high = signal->high > 0.0 ? signal->high : cpu_high;
    *target = signal->target > 0.0 ? signal->target : *high * (cpu_target / cpu_high);
}

bool signal_settings_may_be_zero(const struct signal_settings *signal)
{
    return signal->kind == SIGNAL_LOAD && (signal->program[0] != '\0' || has(signal, FIELD_EMPTY));
}

/* ---- to text ---- */

static void print_text(const char *name, const char *text, FILE *out)
{
    if (text[0] != '\0')
        (void)fprintf(out, "%s = %s\n", name, text);
}

static void print_share(const char *name, double share, FILE *out)
{
    char text[32];

    if (share <= 0.0)
        return;
    format_percent(share, text, sizeof text);
    print_text(name, text, out);
}

static void print_duration(const char *name, int64_t ms, FILE *out)
{
    char text[32];

    if (ms == 0)
        return;
    format_duration_value(ms, text, sizeof text);
    print_text(name, text, out);
}

static void print_missing(const struct signal_settings *signal, FILE *out)
{
    if (signal->when_gone == SIGNAL_NODES)
        (void)fprintf(out, "missing = %u\n", signal->gone_nodes);
    else
        (void)fprintf(out, "missing = %s\n", signal->when_gone == SIGNAL_HOLD ? "hold" : "ignore");
    print_duration("missing-after", signal->missing_after_ms, out);
}

static void print_source(const struct signal_settings *signal, FILE *out)
{
    print_text("program", signal->program, out);
    print_text("query", signal->query, out);
    print_text("nodes", signal->nodes_query, out);
    if (has(signal, FIELD_EMPTY))
        print_text("empty", signal->empty_is_zero ? "0" : "missing", out);
    print_text("url", signal->url, out);
    print_text("token-file", signal->token_file, out);
    print_duration("timeout", signal->timeout_ms, out);
}

void signal_settings_print(const struct signal_settings *signal, FILE *out)
{
    (void)fprintf(out, "[signal %s]\ngroup = %s\nkind = %s\n", signal->name, signal->group,
                  signal_kind_names[signal->kind]);
    print_source(signal, out);
    if (signal->kind == SIGNAL_LOAD)
        (void)fprintf(out, "per-node = %.15g\n", signal->per_node);
    if (signal->kind == SIGNAL_LIMIT)
        (void)fprintf(out, "limit = %.15g\n", signal->limit);
    print_share("high", signal->high, out);
    print_share("target", signal->target, out);
    if (signal->kind != SIGNAL_LIMIT)
        print_text("forecast", signal->forecast ? "on" : "off", out);
    print_missing(signal, out);
}

/* ---- ranges of a query ---- */

/* Descending, except that "ms" must come before "m". */
static const struct {
    const char *suffix;
    int64_t ms;
} promql_units[] = {
    {"ms", 1},
    {"y", INT64_C(365) * 86400000},
    {"w", INT64_C(7) * 86400000},
    {"d", 86400000},
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
};

#define PROMQL_UNITS (sizeof promql_units / sizeof *promql_units)

/* "1h30m" at *text; 0 if it is none. */
static int64_t read_range(const char *text)
{
    int64_t sum = 0;

    while (*text >= '0' && *text <= '9') {
        int64_t number = 0;
        size_t unit = 0;
        for (; *text >= '0' && *text <= '9' && number < RANGE_NUMBER_MAX; text++)
            number = number * 10 + (*text - '0');
        while (unit < PROMQL_UNITS && strncmp(text, promql_units[unit].suffix, strlen(promql_units[unit].suffix)) != 0)
            unit++;
        if (number >= RANGE_NUMBER_MAX || unit == PROMQL_UNITS)
            return 0;
        sum += number * promql_units[unit].ms;
        text += strlen(promql_units[unit].suffix);
    }
    return *text == ']' || *text == ':' || *text == ' ' ? sum : 0;
}

/* Behind the string that begins at text, or at the end of the query. */
static const char *skip_string(const char *text)
{
    const char quote = *text++;

    for (; *text != '\0' && *text != quote; text++)
        if (*text == '\\' && quote != '`' && text[1] != '\0')
            text++;
    return *text == quote ? text + 1 : text;
}

int64_t signal_settings_range_ms(const char *query)
{
    int64_t widest = 0;

    while (*query != '\0' && *query != '#') {
        if (*query == '"' || *query == '\'' || *query == '`') {
            query = skip_string(query);
            continue;
        }
        if (*query == '[') {
            int64_t ms = read_range(query + 1 + strspn(query + 1, " "));
            widest = ms > widest ? ms : widest;
        }
        query++;
    }
    return widest;
}

bool signal_settings_range_warning(const struct signal_settings *signal, int64_t window_ms, char *text, size_t size)
{
    char range[24], window[24];
    int64_t range_ms = signal_settings_range_ms(signal->query);

    if (range_ms == 0 || range_ms < window_ms)
        return false;
    format_duration(range_ms, range, sizeof range);
    format_duration(window_ms, window, sizeof window);
    (void)snprintf(
        text, size,
        "the query has a range of %s, and a scale-in may follow %s after demand falls: when the engine gets no "
        "more samples, a rate falls for as long as its range, and nodes would be removed; use a shorter "
        "range or a longer stabilization",
        range, window);
    return true;
}
