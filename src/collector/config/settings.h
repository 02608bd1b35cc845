/* Pure. The table of the collector's settings. Each one is named here once; flags, configuration file, --check-config
 * and what a reload may change follow from it. The scaler's program has those of a group among its flags. */
#ifndef COLLECTOR_CONFIG_SETTINGS_H
#define COLLECTOR_CONFIG_SETTINGS_H

#include "scaler/settings.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collector_config;

enum setting_scope {
    SCOPE_COLLECTOR, /* a flag, or in [collector] */
    SCOPE_GROUP      /* in [group NAME] too */
};

enum setting_kind {
    SETTING_ADDRESS,  /* struct address */
    SETTING_DOOR,     /* struct address, its host empty for "off" */
    SETTING_PATH,     /* char[PATH_MAX] */
    SETTING_DURATION, /* int64_t, milliseconds */
    SETTING_SIZE,     /* uint64_t, bytes */
    SETTING_SHARE,    /* double, 0 to 1, written in percent */
    SETTING_NUMBER,   /* unsigned */
    SETTING_REAL,     /* double */
    SETTING_SWITCH,   /* bool, on or off */
    SETTING_MODE,     /* enum scale_mode */
    SETTING_SYNC      /* int64_t, milliseconds, SYNC_ALWAYS or SYNC_NEVER */
};

struct setting {
    const char *name; /* of the flag without "--", and in the file */
    enum setting_scope scope;
    enum setting_kind kind;
    size_t offset;     /* in struct collector_config */
    uint64_t min, max; /* of durations, sizes and numbers */
    bool restart;      /* a running collector can't change it */
    const char *help;
};

#define SETTING_COUNT 41

extern const struct setting setting_table[]; /* SETTING_COUNT of them; settings.c sees to it */

/* NULL when there is none of that name. */
const struct setting *setting_find(const char *name);

/* For an unknown name, the one that may have been meant, or NULL. */
const char *setting_nearest(const char *name);

/* Where a setting stands: for all groups, and for one, which only those of SCOPE_GROUP have. As in strchr(), the result
 * is no more writable than the argument. */
void *setting_field(const struct setting *setting, const struct collector_config *config);
void *setting_group_field(const struct setting *setting, const struct scaler_settings *settings);

/* Sets the field from text. Returns 0, or -EINVAL with what is wrong and what is allowed in error; then the field is
 * untouched. */
int setting_set(const struct setting *setting, void *field, const char *text, char *error, size_t error_size);

void setting_copy(const struct setting *setting, void *to, const void *from);

#define SETTING_TEXT_MAX 4200U /* bytes of any value as text, with the 0 */

/* The text that setting_set() reads back as the same value. */
void setting_format(const struct setting *setting, const void *field, char *text, size_t size);

/* For help and errors: what stands for a value (TIME, SIZE, ...), and which ones are allowed
 * ("1s to 1m"). */
const char *setting_argument(const struct setting *setting);
void setting_format_allowed(const struct setting *setting, char *text, size_t size);

/* The setting's flag, for a table of them, and its help: what is allowed is added, and the default where it is text.
 * Returns text itself or, as argp's help_filter does, what argp frees. */
struct argp_option setting_option(const struct setting *setting, int key, int group);
char *setting_help(const struct setting *setting, const void *default_field, const char *text);

#endif
