#include "collector/config/settings.h"

#include "collector/config/config.h"
#include "common/limits.h"
#include "common/parse.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct collector_config, field)

#define SECOND_MS UINT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define KIB       UINT64_C(1024)
#define GIB       (KIB * KIB * KIB)

#define SHARE(name, resource, field, help)                                                                             \
    {                                                                                                                  \
        name, SCOPE_GROUP, SETTING_SHARE, AT(settings.thresholds[resource].field), 0, 0, false, help                   \
    }
#define THRESHOLDS(name, resource)                                                                                     \
    SHARE(name "-high", resource, high, "Highest " name " utilisation of a group: above it nodes are added"),          \
        SHARE(name "-target", resource, target, "The " name " utilisation that adding nodes aims at"),                 \
        SHARE(name "-low", resource, low, "No scale-in while " name " utilisation is above it; 0%: no such limit")

const struct setting setting_table[] = {
    {"listen", SCOPE_COLLECTOR, SETTING_ADDRESS, AT(listen), 0, 0, true,
     "Where agents connect; port 0 takes any free one"},
    {"data", SCOPE_COLLECTOR, SETTING_PATH, AT(data_dir), 0, 0, true,
     "Directory of the CSV files; under systemd $STATE_DIRECTORY"},
    {"history", SCOPE_COLLECTOR, SETTING_DURATION, AT(history_ms), 10 * SECOND_MS, DAY_MS, true,
     "How much of each node is kept in memory"},
    {"flush", SCOPE_COLLECTOR, SETTING_DURATION, AT(flush_ms), 10, MINUTE_MS, false,
     "Longest time from receipt of a sample until it is written"},
    {"sync", SCOPE_COLLECTOR, SETTING_SYNC, AT(sync_ms), SYNC_MS_MIN, SYNC_MS_MAX, false,
     "When samples are made safe from a power cut: before they are acknowledged, so long after, or when the kernel "
     "likes. A kill of the collector loses nothing in any case"},
    {"retain", SCOPE_COLLECTOR, SETTING_DURATION, AT(retain_ms), 0, 3650 * DAY_MS, false,
     "Age at which old files are deleted; 0: never"},
    {"rotate-size", SCOPE_COLLECTOR, SETTING_SIZE, AT(rotate_bytes), 4 * KIB, 1024 * GIB, false,
     "Size at which a new file is begun"},
    {"rotate-age", SCOPE_COLLECTOR, SETTING_DURATION, AT(rotate_ms), SECOND_MS, 365 * DAY_MS, false,
     "Age at which a new file is begun"},
    {"gone-after", SCOPE_COLLECTOR, SETTING_DURATION, AT(gone_ms), SECOND_MS, 30 * DAY_MS, false,
     "Silence after which a node no longer counts as capacity"},
    {"tick", SCOPE_COLLECTOR, SETTING_DURATION, AT(settings.tick_ms), 100, HOUR_MS, false,
     "Time between two decisions, the same for all groups"},
    {"on-scale", SCOPE_COLLECTOR, SETTING_PATH, AT(on_scale), 0, 0, false,
     "The program that adds and removes nodes, run for each decision; without it decisions are only told"},
    {"hook-timeout", SCOPE_COLLECTOR, SETTING_DURATION, AT(hook_timeout_ms), SECOND_MS, HOUR_MS, false,
     "Time limit of one run of that program"},
    {"ack-interval", SCOPE_COLLECTOR, SETTING_DURATION, AT(ack_interval_ms), SECOND_MS, MINUTE_MS, true,
     "Time between two acknowledgements to an agent"},
    {"max-agents", SCOPE_COLLECTOR, SETTING_NUMBER, AT(agents_max), 1, NODES_MAX, true,
     "Agents connected at the same time"},
    {"token-file", SCOPE_COLLECTOR, SETTING_PATH, AT(token_file), 0, 0, false,
     "The token that agents must show, alone in a file; without this flag none is asked for"},
    {"http", SCOPE_COLLECTOR, SETTING_DOOR, AT(http), 0, 0, true,
     "Where the page, the JSON API and Prometheus metrics are read; port 0 takes any free one"},
    {"http-token-file", SCOPE_COLLECTOR, SETTING_PATH, AT(http_token_file), 0, 0, false,
     "The token that who reads there must show, alone in a file; needed beyond loopback"},
    {"http-insecure", SCOPE_COLLECTOR, SETTING_SWITCH, AT(http_insecure), 0, 0, true,
     "Let other machines read there without a token"},
    {"http-ingest", SCOPE_COLLECTOR, SETTING_SWITCH, AT(http_ingest), 0, 0, false,
     "Take samples that the Python system's agents post there"},
    {"http-connections", SCOPE_COLLECTOR, SETTING_NUMBER, AT(http_connections_max), 4, HTTP_CONNECTIONS_MAX, true,
     "HTTP connections at the same time; half of them may be of one address"},

    THRESHOLDS("cpu", RESOURCE_CPU),
    THRESHOLDS("memory", RESOURCE_MEMORY),
    THRESHOLDS("disk", RESOURCE_DISK),
    {"min", SCOPE_GROUP, SETTING_NUMBER, AT(settings.nodes_min), 1, NODES_MAX, false, "Fewest nodes of a group"},
    {"max", SCOPE_GROUP, SETTING_NUMBER, AT(settings.nodes_max), 1, NODES_MAX, false, "Most nodes of a group"},
    {"mode", SCOPE_GROUP, SETTING_MODE, AT(settings.mode), 0, 0, false,
     "What may be ordered: nothing at all, nothing but decided, more nodes only, or all. Without --on-scale it is "
     "observe at the most"},
    {"price", SCOPE_GROUP, SETTING_REAL, AT(settings.price), 0, 10000, false,
     "How many hours of the whole mean fleet an hour above the highest utilisation is worth; more buys more margin"},
    {"cpu-forecast", SCOPE_GROUP, SETTING_SWITCH, AT(settings.forecast[RESOURCE_CPU]), 0, 0, false,
     "Whether the forecast of cpu demand votes"},
    {"memory-forecast", SCOPE_GROUP, SETTING_SWITCH, AT(settings.forecast[RESOURCE_MEMORY]), 0, 0, false,
     "Likewise of memory, which grows by leaks more often than by load"},
    {"disk-forecast", SCOPE_GROUP, SETTING_SWITCH, AT(settings.forecast[RESOURCE_DISK]), 0, 0, false,
     "Likewise of disk"},
    {"lead-time", SCOPE_GROUP, SETTING_DURATION, AT(settings.lead_time_ms), 0, DAY_MS, false,
     "Time from the order of a node to its first sample, until enough were seen to know: forecasts look so far ahead"},
    {"warm-up", SCOPE_GROUP, SETTING_DURATION, AT(settings.warm_up_ms), 0, DAY_MS, false,
     "So long after it joined, a node counts as loaded like the others"},
    {"stabilization", SCOPE_GROUP, SETTING_DURATION, AT(settings.stabilization_ms), 0, DAY_MS, false,
     "How long fewer nodes must have been enough before a scale-in, at the most"},
    {"scale-ins", SCOPE_GROUP, SETTING_NUMBER, AT(settings.scale_ins_max), 1, SCALE_INS_MAX, false,
     "Most scale-ins within an hour"},
    {"stop-futile", SCOPE_GROUP, SETTING_SWITCH, AT(settings.stop_futile), 0, 0, false,
     "Order no more nodes when twice as many have not helped"},
};

static_assert(sizeof setting_table / sizeof *setting_table == SETTING_COUNT,
              "SETTING_COUNT is the length of the table");
static_assert(SETTING_TEXT_MAX > PATH_MAX && PATH_MAX == 4096, "a path must fit, and errors say how long it may be");

static const struct {
    size_t size;
    const char *argument;
    const char *what;
    const char *allowed; /* NULL: from min to max */
    const char *example;
} kinds[] = {
    [SETTING_ADDRESS] = {sizeof(struct address), "HOST:PORT", "an address", "HOST:PORT with a port of 0 to 65535",
                         "127.0.0.1:7420 or [::1]:7420"},
    [SETTING_DOOR] = {sizeof(struct address), "HOST:PORT|off", "an address or off",
                      "HOST:PORT with a port of 0 to 65535, or off", "127.0.0.1:7421"},
    [SETTING_PATH] = {PATH_MAX, "PATH", "a path", "up to 4095 bytes without control characters", "/var/lib/headroom"},
    [SETTING_DURATION] = {sizeof(int64_t), "TIME", "a time", NULL, "90s"},
    [SETTING_SIZE] = {sizeof(uint64_t), "SIZE", "a size", NULL, "256M"},
    [SETTING_SHARE] = {sizeof(double), "PERCENT", "a percentage", "0% to 100%", "80%"},
    [SETTING_NUMBER] = {sizeof(unsigned), "N", "a whole number", NULL, "10"},
    [SETTING_REAL] = {sizeof(double), "NUMBER", "a number", NULL, "12"},
    [SETTING_SWITCH] = {sizeof(bool), "on|off", "a switch", "on or off", "on"},
    [SETTING_MODE] = {sizeof(enum scale_mode), "MODE", "a mode", "off, observe, out-only or full", "observe"},
    [SETTING_SYNC] = {sizeof(int64_t), "always|TIME|never", "a mode of syncing", "always, never, or 10ms to 1m", "1s"},
};

const struct setting *setting_find(const char *name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(setting_table[i].name, name) == 0)
            return &setting_table[i];
    return NULL;
}

const char *setting_nearest(const char *name)
{
    const char *nearest = NULL;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        nearest = parse_nearer(name, nearest, setting_table[i].name);
    return nearest;
}

void *setting_field(const struct setting *setting, const struct collector_config *config)
{
    return (char *)config + setting->offset;
}

void *setting_group_field(const struct setting *setting, const struct scaler_settings *settings)
{
    assert(setting->scope == SCOPE_GROUP);
    return (char *)settings + (setting->offset - AT(settings));
}

/* What a line of the file can hold: no control characters, no space at the ends. */
static int set_path(char *field, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || text[0] == ' ' || text[len - 1] == ' ')
        return -EINVAL;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ')
            return -EINVAL;
    if (len >= PATH_MAX)
        return -ERANGE;
    memcpy(field, text, len + 1);
    return 0;
}

static int set_duration(const struct setting *setting, int64_t *field, const char *text)
{
    int64_t ms;
    int rc = parse_duration_ms(text, &ms);
    if (rc != 0)
        return rc;
    if ((uint64_t)ms < setting->min || (uint64_t)ms > setting->max)
        return -ERANGE;
    *field = ms;
    return 0;
}

static int set_size(const struct setting *setting, uint64_t *field, const char *text)
{
    uint64_t bytes;
    int rc = parse_size(text, &bytes);
    if (rc != 0)
        return rc;
    if (bytes < setting->min || bytes > setting->max)
        return -ERANGE;
    *field = bytes;
    return 0;
}

static int set_number(const struct setting *setting, unsigned *field, const char *text)
{
    unsigned number;
    int rc = parse_unsigned(text, &number);
    if (rc != 0)
        return rc;
    if (number < setting->min || number > setting->max)
        return -ERANGE;
    *field = number;
    return 0;
}

static int set_real(const struct setting *setting, double *field, const char *text)
{
    double number;
    int rc = parse_number(text, strlen(text), &number);
    if (rc != 0)
        return rc;
    if (!(number >= (double)setting->min && number <= (double)setting->max))
        return -ERANGE;
    *field = number;
    return 0;
}

static int set_switch(bool *field, const char *text)
{
    bool on = strcmp(text, "on") == 0;

    if (!on && strcmp(text, "off") != 0)
        return -EINVAL;
    *field = on;
    return 0;
}

static int set_mode(enum scale_mode *field, const char *text)
{
    for (enum scale_mode mode = MODE_OFF; mode <= MODE_FULL; mode++) {
        if (strcmp(text, mode_names[mode]) != 0)
            continue;
        *field = mode;
        return 0;
    }
    return -EINVAL;
}

static int set_sync(const struct setting *setting, int64_t *field, const char *text)
{
    if (strcmp(text, "always") == 0)
        *field = SYNC_ALWAYS;
    else if (strcmp(text, "never") == 0)
        *field = SYNC_NEVER;
    else
        return set_duration(setting, field, text);
    return 0;
}

static int set_door(struct address *field, const char *text)
{
    if (strcmp(text, "off") != 0)
        return parse_address(text, field);
    *field = (struct address){0};
    return 0;
}

static int set_value(const struct setting *setting, void *field, const char *text)
{
    switch (setting->kind) {
    case SETTING_ADDRESS:
        return parse_address(text, field);
    case SETTING_DOOR:
        return set_door(field, text);
    case SETTING_PATH:
        return set_path(field, text);
    case SETTING_DURATION:
        return set_duration(setting, field, text);
    case SETTING_SIZE:
        return set_size(setting, field, text);
    case SETTING_SHARE:
        return parse_percent(text, field);
    case SETTING_NUMBER:
        return set_number(setting, field, text);
    case SETTING_REAL:
        return set_real(setting, field, text);
    case SETTING_SWITCH:
        return set_switch(field, text);
    case SETTING_MODE:
        return set_mode(field, text);
    case SETTING_SYNC:
        return set_sync(setting, field, text);
    }
    return -EINVAL;
}

int setting_set(const struct setting *setting, void *field, const char *text, char *error, size_t error_size)
{
    char allowed[64];

    int rc = set_value(setting, field, text);
    if (rc == 0)
        return 0;
    setting_format_allowed(setting, allowed, sizeof allowed);
    if (rc == -ERANGE)
        (void)snprintf(error, error_size, "\"%.80s\" is out of range; write %s", text, allowed);
    else
        (void)snprintf(error, error_size, "\"%.80s\" is not %s; write %s, for example %s", text,
                       kinds[setting->kind].what, allowed, kinds[setting->kind].example);
    return -EINVAL;
}

void setting_copy(const struct setting *setting, void *to, const void *from)
{
    memcpy(to, from, kinds[setting->kind].size);
}

static void format_sync(int64_t sync_ms, char *text, size_t size)
{
    if (sync_ms == SYNC_ALWAYS || sync_ms == SYNC_NEVER)
        (void)snprintf(text, size, "%s", sync_ms == SYNC_NEVER ? "never" : "always");
    else
        format_duration_value(sync_ms, text, size);
}

void setting_format(const struct setting *setting, const void *field, char *text, size_t size)
{
    switch (setting->kind) {
    case SETTING_ADDRESS:
        format_address(field, text, size);
        break;
    case SETTING_DOOR:
        if (((const struct address *)field)->host[0] == '\0')
            (void)snprintf(text, size, "off");
        else
            format_address(field, text, size);
        break;
    case SETTING_PATH:
        (void)snprintf(text, size, "%s", (const char *)field);
        break;
    case SETTING_DURATION:
        format_duration_value(*(const int64_t *)field, text, size);
        break;
    case SETTING_SIZE:
        format_size(*(const uint64_t *)field, text, size);
        break;
    case SETTING_SHARE:
        format_percent(*(const double *)field, text, size);
        break;
    case SETTING_NUMBER:
        (void)snprintf(text, size, "%u", *(const unsigned *)field);
        break;
    case SETTING_REAL:
        (void)snprintf(text, size, "%.15g", *(const double *)field);
        break;
    case SETTING_SWITCH:
        (void)snprintf(text, size, "%s", *(const bool *)field ? "on" : "off");
        break;
    case SETTING_MODE:
        (void)snprintf(text, size, "%s", mode_names[*(const enum scale_mode *)field]);
        break;
    case SETTING_SYNC:
        format_sync(*(const int64_t *)field, text, size);
        break;
    }
}

const char *setting_argument(const struct setting *setting)
{
    return kinds[setting->kind].argument;
}

static void format_bound(const struct setting *setting, uint64_t bound, char *text, size_t size)
{
    if (setting->kind == SETTING_DURATION)
        format_duration_value((int64_t)bound, text, size);
    else if (setting->kind == SETTING_SIZE)
        format_size(bound, text, size);
    else
        (void)snprintf(text, size, "%" PRIu64, bound);
}

void setting_format_allowed(const struct setting *setting, char *text, size_t size)
{
    char least[32], most[32];

    if (kinds[setting->kind].allowed) {
        (void)snprintf(text, size, "%s", kinds[setting->kind].allowed);
        return;
    }
    format_bound(setting, setting->min, least, sizeof least);
    format_bound(setting, setting->max, most, sizeof most);
    (void)snprintf(text, size, "%s to %s", least, most);
}

struct argp_option setting_option(const struct setting *setting, int key, int group)
{
    return (struct argp_option){
        .name = setting->name,
        .key = key,
        .arg = setting_argument(setting),
        .flags = setting->kind == SETTING_SWITCH ? OPTION_ARG_OPTIONAL : 0, /* alone it is on */
        .doc = setting->help,
        .group = group,
    };
}

char *setting_help(const struct setting *setting, const void *default_field, const char *text)
{
    char value[SETTING_TEXT_MAX], allowed[64] = "";
    char *whole;

    setting_format(setting, default_field, value, sizeof value);
    if (value[0] == '\0')
        return (char *)text;
    if (setting->min < setting->max)
        setting_format_allowed(setting, allowed, sizeof allowed);
    if (asprintf(&whole, "%s (%s%sdefault %s)", text, allowed, allowed[0] != '\0' ? ", " : "", value) < 0)
        return (char *)text;
    return whole;
}
