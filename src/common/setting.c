#include "common/setting.h"

#include "common/error_text.h"
#include "common/format.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MUST_MAX 256U /* bytes of "a duration from 100ms to 1h, such as 15s" */

static_assert(SETTING_TEXT_MAX > PATH_MAX && PATH_MAX == 4096 && NAME_LEN_MAX == 128 && COLLECTORS_MAX == 8,
              "a path must fit, and the errors below state these limits");

union value {
    struct address address;
    struct address_list addresses;
    setting_path path;
    setting_name name;
    int64_t ms;
    uint64_t bytes;
    double real;
    unsigned number; /* also of an enum */
    bool on;
};

/* ---- text to value: 0, -EINVAL, or -ERANGE; value is then undefined ---- */

typedef int parse_cb(const struct setting *setting, const char *text, union value *value);

static int on_address(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_address(text, &value->address);
}

static int on_optional_address(const struct setting *setting, const char *text, union value *value)
{
    if (strcmp(text, "off") != 0)
        return on_address(setting, text, value);
    value->address = (struct address){0};
    return 0;
}

static int on_addresses(const struct setting *setting, const char *text, union value *value)
{
    struct address_list *list = &value->addresses;
    struct address address;
    int rc = parse_address(text, &address);

    if (rc == 0 && address.port < setting->min)
        rc = -ERANGE;
    if (rc == 0 && list->count == COLLECTORS_MAX)
        rc = -E2BIG;
    if (rc == 0)
        list->addresses[list->count++] = address;
    return rc;
}

/* A line of the file must be able to hold it: no control characters, no space at either end. */
static int on_path(const struct setting *setting, const char *text, union value *value)
{
    size_t len = strlen(text);

    if (len == 0 && setting->kind != SETTING_OPTIONAL_PATH)
        return -EINVAL;
    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return -EINVAL;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ')
            return -EINVAL;
    if (len >= PATH_MAX)
        return -ERANGE;
    memcpy(value->path, text, len + 1);
    return 0;
}

static int on_name(const struct setting *setting, const char *text, union value *value)
{
    size_t len = strlen(text);
    (void)setting;

    if (!parse_name_ok(text, len))
        return -EINVAL;
    memcpy(value->name, text, len + 1);
    return 0;
}

static int on_duration(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_duration_ms(text, &value->ms);
}

static int on_sync(const struct setting *setting, const char *text, union value *value)
{
    if (strcmp(text, "always") == 0)
        value->ms = SYNC_ALWAYS;
    else if (strcmp(text, "never") == 0)
        value->ms = SYNC_NEVER;
    else if (on_duration(setting, text, value) != 0 || value->ms < (int64_t)setting->min)
        return -EINVAL; /* 0 would otherwise mean SYNC_ALWAYS */
    return 0;
}

static int on_size(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_size(text, &value->bytes);
}

static int on_share(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_percent(text, &value->real);
}

static int on_number(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_unsigned(text, &value->number);
}

/* No number stands for a word. */
static int on_limit(const struct setting *setting, const char *text, union value *value)
{
    if (strcmp(text, "none") == 0)
        value->number = SETTING_LIMIT_NONE;
    else if (strcmp(text, "unset") == 0)
        value->number = SETTING_LIMIT_UNSET;
    else if (on_number(setting, text, value) != 0 || value->number < setting->min || value->number > setting->max)
        return -EINVAL;
    return 0;
}

static int on_real(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    return parse_number(text, strlen(text), &value->real);
}

static int on_switch(const struct setting *setting, const char *text, union value *value)
{
    (void)setting;

    value->on = strcmp(text, "on") == 0;
    return value->on || strcmp(text, "off") == 0 ? 0 : -EINVAL;
}

static int on_choice(const struct setting *setting, const char *text, union value *value)
{
    for (unsigned i = 0; i <= setting->max; i++) {
        if (strcmp(text, setting->choices[i]) != 0)
            continue;
        value->number = i;
        return 0;
    }
    return -EINVAL;
}

/* ---- kinds ---- */

/* must_be is what an error demands. The range or the choices follow where it is empty or ends with a space. */
static const struct kind {
    size_t size;
    const char *argument;
    const char *must_be;
    bool example; /* the default shows what the form is */
    parse_cb *parse;
} kinds[] = {
    [SETTING_ADDRESS] = {sizeof(struct address), "HOST:PORT", "HOST:PORT with a port from 0 to 65535", true,
                         on_address},
    [SETTING_OPTIONAL_ADDRESS] = {sizeof(struct address), "HOST:PORT|off",
                                  "off, or HOST:PORT with a port from 0 to 65535", true, on_optional_address},
    [SETTING_ADDRESSES] = {sizeof(struct address_list), "HOST:PORT", "HOST:PORT with a port from 1 to 65535", true,
                           on_addresses},
    [SETTING_PATH] = {sizeof(setting_path), NULL, "a path of 1 to 4095 bytes without control characters", false,
                      on_path},
    [SETTING_OPTIONAL_PATH] = {sizeof(setting_path), NULL, "a path of at most 4095 bytes without control characters",
                               false, on_path},
    [SETTING_NAME] = {sizeof(setting_name), "NAME",
                      "up to 128 letters, digits, dots, underscores and hyphens, beginning with a letter or digit",
                      false, on_name},
    [SETTING_DURATION] = {sizeof(int64_t), "TIME", "a duration from ", true, on_duration},
    [SETTING_SYNC] = {sizeof(int64_t), "always|TIME|never", "", false, on_sync},
    [SETTING_SIZE] = {sizeof(uint64_t), "SIZE", "a size from ", true, on_size},
    [SETTING_SHARE] = {sizeof(double), "PERCENT", "a percentage from 0% to 100%", true, on_share},
    [SETTING_NUMBER] = {sizeof(unsigned), "N", "a whole number from ", false, on_number},
    [SETTING_LIMIT] = {sizeof(unsigned), "N|none", "none, or a whole number from ", false, on_limit},
    [SETTING_REAL] = {sizeof(double), "NUMBER", "a number from ", false, on_real},
    [SETTING_SWITCH] = {sizeof(bool), "on|off", "on or off", false, on_switch},
    [SETTING_FLAG] = {sizeof(bool), NULL, "on or off", false, on_switch},
    [SETTING_CHOICE] = {sizeof(unsigned), "MODE", "", false, on_choice},
};

const struct setting *setting_find(const struct setting_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

const char *setting_nearest(const struct setting_table *table, const char *name)
{
    const char *nearest = NULL;

    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].scope != SETTING_FLAG_ONLY)
            nearest = parse_nearer(name, nearest, table->rows[i].name);
    return nearest;
}

void *setting_field(const struct setting *setting, const void *owner)
{
    return (char *)owner + setting->offset;
}

void setting_copy(const struct setting *setting, void *to, const void *from)
{
    memcpy(to, from, kinds[setting->kind].size);
}

/* ---- value to text ---- */

static void format_word(const char *word, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", word);
}

static void format_addresses(const struct address_list *list, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < list->count && len + 1 < size; i++) {
        if (i > 0)
            text[len++] = ',';
        format_address(&list->addresses[i], text + len, size - len);
        len += strlen(text + len);
    }
}

static void format_limit(unsigned limit, char *text, size_t size)
{
    if (limit == SETTING_LIMIT_UNSET || limit == SETTING_LIMIT_NONE)
        format_word(limit == SETTING_LIMIT_NONE ? "none" : "unset", text, size);
    else
        (void)snprintf(text, size, "%u", limit);
}

static void format_sync(int64_t sync_ms, char *text, size_t size)
{
    if (sync_ms == SYNC_ALWAYS || sync_ms == SYNC_NEVER)
        format_word(sync_ms == SYNC_NEVER ? "never" : "always", text, size);
    else
        format_duration_value(sync_ms, text, size);
}

void setting_format(const struct setting *setting, const void *field, char *text, size_t size)
{
    union value value;

    memcpy(&value, field, kinds[setting->kind].size);
    switch (setting->kind) {
    case SETTING_OPTIONAL_ADDRESS:
    case SETTING_ADDRESS:
        if (value.address.host[0] == '\0')
            format_word("off", text, size);
        else
            format_address(&value.address, text, size);
        break;
    case SETTING_ADDRESSES:
        format_addresses(&value.addresses, text, size);
        break;
    case SETTING_PATH:
    case SETTING_OPTIONAL_PATH:
    case SETTING_NAME:
        format_word(value.path, text, size);
        break;
    case SETTING_DURATION:
        format_duration_value(value.ms, text, size);
        break;
    case SETTING_SYNC:
        format_sync(value.ms, text, size);
        break;
    case SETTING_SIZE:
        format_size(value.bytes, text, size);
        break;
    case SETTING_SHARE:
        format_percent(value.real, text, size);
        break;
    case SETTING_NUMBER:
        (void)snprintf(text, size, "%u", value.number);
        break;
    case SETTING_LIMIT:
        format_limit(value.number, text, size);
        break;
    case SETTING_REAL:
        (void)snprintf(text, size, "%.15g", value.real);
        break;
    case SETTING_SWITCH:
    case SETTING_FLAG:
        format_word(value.on ? "on" : "off", text, size);
        break;
    case SETTING_CHOICE:
        format_word(setting->choices[value.number], text, size);
        break;
    }
}

/* ---- ranges ---- */

static bool between(int64_t value, const struct setting *setting)
{
    return value >= (int64_t)setting->min && value <= (int64_t)setting->max;
}

/* Comparisons are written so that NaN fails them. */
static bool in_range(const struct setting *setting, const union value *value)
{
    switch (setting->kind) {
    case SETTING_DURATION:
        return between(value->ms, setting);
    case SETTING_SYNC:
        return value->ms == SYNC_ALWAYS || value->ms == SYNC_NEVER || between(value->ms, setting);
    case SETTING_SIZE:
        return value->bytes >= setting->min && value->bytes <= setting->max;
    case SETTING_SHARE:
        return value->real >= 0.0 && value->real <= 1.0;
    case SETTING_NUMBER:
    case SETTING_CHOICE:
        return value->number >= setting->min && value->number <= setting->max;
    case SETTING_LIMIT:
        return value->number == SETTING_LIMIT_UNSET || value->number == SETTING_LIMIT_NONE ||
               (value->number >= setting->min && value->number <= setting->max);
    case SETTING_REAL:
        return value->real >= (double)setting->min && value->real <= (double)setting->max;
    default:
        return true; /* has no range, or was parsed */
    }
}

static void format_bound(const struct setting *setting, uint64_t bound, char *text, size_t size)
{
    if (setting->kind == SETTING_DURATION || setting->kind == SETTING_SYNC)
        format_duration_value((int64_t)bound, text, size);
    else if (setting->kind == SETTING_SIZE)
        format_size(bound, text, size);
    else
        (void)snprintf(text, size, "%" PRIu64, bound);
}

/* "1s to 1m", or "off, observe, out-only or full"; empty for kinds without. */
static void format_allowed(const struct setting *setting, char *text, size_t size)
{
    char least[32], most[32];
    size_t len = 0;

    text[0] = '\0';
    if (setting->kind == SETTING_CHOICE) {
        for (unsigned i = 0; i <= setting->max && len < size; i++)
            len += (size_t)snprintf(text + len, size - len, "%s%s",
                                    i == 0             ? ""
                                    : i < setting->max ? ", "
                                                       : " or ",
                                    setting->choices[i]);
    } else if (setting->max > 0 && setting->max != UINT16_MAX) { /* ports are part of the kind */
        format_bound(setting, setting->min, least, sizeof least);
        format_bound(setting, setting->max, most, sizeof most);
        (void)snprintf(text, size, "%s%s to %s", setting->kind == SETTING_SYNC ? "always, never, or " : "", least,
                       most);
    }
}

/* ---- setting, checking ---- */

/* What the setting must be, as in "a duration from 100ms to 1h, such as 15s". */
static void format_must_be(const struct setting *setting, char *text, size_t size)
{
    const struct kind *kind = &kinds[setting->kind];
    char allowed[96], example[SETTING_TEXT_MAX];

    format_allowed(setting, allowed, sizeof allowed);
    setting_format(setting, setting->initial, example, sizeof example);
    (void)snprintf(text, size, "%s%s%s%.80s", kind->must_be, allowed, kind->example ? ", such as " : "",
                   kind->example ? example : "");
}

int setting_set(const struct setting *setting, void *field, const char *text, char *error, size_t error_size)
{
    const struct kind *kind = &kinds[setting->kind];
    char must_be[MUST_MAX];
    union value value;

    memcpy(&value, field, kind->size);
    int rc = kind->parse(setting, text, &value);
    if (rc == -E2BIG)
        return error_text_set(error, error_size, -EINVAL, "may be given at most %u times, got \"%.80s\" as well",
                              COLLECTORS_MAX, text);
    if (rc == 0 && in_range(setting, &value)) {
        memcpy(field, &value, kind->size);
        return 0;
    }
    format_must_be(setting, must_be, sizeof must_be);
    return error_text_set(error, error_size, -EINVAL, "must be %s, got \"%.80s\"", must_be, text);
}

int setting_check(const struct setting *setting, const void *field, char *error, size_t error_size)
{
    char must_be[MUST_MAX], text[SETTING_TEXT_MAX];
    union value value;

    memcpy(&value, field, kinds[setting->kind].size);
    if (in_range(setting, &value))
        return 0;
    format_must_be(setting, must_be, sizeof must_be);
    setting_format(setting, field, text, sizeof text);
    return error_text_set(error, error_size, -EINVAL, "%s must be %s, got %.80s", setting->name, must_be, text);
}

/* ---- help ---- */

const char *setting_argument(const struct setting *setting)
{
    return setting->argument != NULL ? setting->argument : kinds[setting->kind].argument;
}

char *setting_help(const struct setting *setting)
{
    char initial[SETTING_TEXT_MAX], allowed[96];
    char *help;

    setting_format(setting, setting->initial, initial, sizeof initial);
    if (setting->kind == SETTING_FLAG || initial[0] == '\0')
        return strdup(setting->help);
    format_allowed(setting, allowed, sizeof allowed);
    if (asprintf(&help, "%s (%s%sdefault %s)", setting->help, allowed, allowed[0] != '\0' ? "; " : "", initial) < 0)
        return NULL;
    return help;
}
