/* Pure. Defines the settings of a program as the rows of a table.
 *
 * A program names each of its settings once, as a row of an X-macro:
 *
 *     X(field, KIND, default, SCOPE, heading, "name", "help")
 *
 * The fields of its struct (SETTING_MEMBER), their defaults (SETTING_DEFAULT), the number of settings (SETTING_ONE) and
 * the rows of its table (SETTING_ROW) follow from it; flags, --help, the configuration file, --check-config and what a
 * reload compares follow from the table. Checks that involve several settings are functions of the program. */
#ifndef COMMON_SETTING_H
#define COMMON_SETTING_H

#include "common/limits.h"
#include "common/parse.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- kinds ---- */

enum setting_kind {
    SETTING_ADDRESS,          /* HOST:PORT */
    SETTING_OPTIONAL_ADDRESS, /* HOST:PORT or off, which is an empty host */
    SETTING_ADDRESSES,        /* HOST:PORT, given once per address; the port must not be 0 */
    SETTING_PATH,
    SETTING_OPTIONAL_PATH, /* may be empty */
    SETTING_NAME,          /* of a node or group */
    SETTING_DURATION,      /* milliseconds */
    SETTING_SYNC,          /* milliseconds, SYNC_ALWAYS or SYNC_NEVER */
    SETTING_SIZE,          /* bytes */
    SETTING_SHARE,         /* 0 to 1, written in percent */
    SETTING_NUMBER,
    SETTING_LIMIT, /* a number, SETTING_LIMIT_NONE or SETTING_LIMIT_UNSET */
    SETTING_REAL,
    SETTING_SWITCH, /* on or off; as a flag without a value, on */
    SETTING_FLAG,   /* a switch that takes no value */
    SETTING_CHOICE  /* an enum that counts from 0, with an array of names */
};

struct address_list {
    struct address addresses[COLLECTORS_MAX];
    unsigned count;
};

typedef char setting_path[PATH_MAX];
typedef char setting_name[NAME_LEN_MAX + 1];

/* The type of a field, by KIND. */
#define SETTING_TYPE_ADDRESS                   struct address
#define SETTING_TYPE_OPTIONAL_ADDRESS          struct address
#define SETTING_TYPE_ADDRESSES                 struct address_list
#define SETTING_TYPE_PATH(what)                setting_path
#define SETTING_TYPE_OPTIONAL_PATH(what)       setting_path
#define SETTING_TYPE_NAME                      setting_name
#define SETTING_TYPE_DURATION(least, most)     int64_t
#define SETTING_TYPE_SYNC(least, most)         int64_t
#define SETTING_TYPE_SIZE(least, most)         uint64_t
#define SETTING_TYPE_SHARE                     double
#define SETTING_TYPE_NUMBER(least, most)       unsigned
#define SETTING_TYPE_LIMIT(least, most)        unsigned
#define SETTING_TYPE_REAL(least, most)         double
#define SETTING_TYPE_SWITCH                    bool
#define SETTING_TYPE_FLAG                      bool
#define SETTING_TYPE_CHOICE(type, names, last) type

/* What a KIND adds to a row: the range, the argument in --help for paths (FILE, DIR), the names for choices. */
#define SETTING_KIND_ADDRESS                   .kind = SETTING_ADDRESS, .max = UINT16_MAX
#define SETTING_KIND_OPTIONAL_ADDRESS          .kind = SETTING_OPTIONAL_ADDRESS, .max = UINT16_MAX
#define SETTING_KIND_ADDRESSES                 .kind = SETTING_ADDRESSES, .min = 1, .max = UINT16_MAX
#define SETTING_KIND_PATH(what)                .kind = SETTING_PATH, .argument = (what)
#define SETTING_KIND_OPTIONAL_PATH(what)       .kind = SETTING_OPTIONAL_PATH, .argument = (what)
#define SETTING_KIND_NAME                      .kind = SETTING_NAME
#define SETTING_KIND_DURATION(least, most)     .kind = SETTING_DURATION, .min = (least), .max = (most)
#define SETTING_KIND_SYNC(least, most)         .kind = SETTING_SYNC, .min = (least), .max = (most)
#define SETTING_KIND_SIZE(least, most)         .kind = SETTING_SIZE, .min = (least), .max = (most)
#define SETTING_KIND_SHARE                     .kind = SETTING_SHARE
#define SETTING_KIND_NUMBER(least, most)       .kind = SETTING_NUMBER, .min = (least), .max = (most)
#define SETTING_KIND_LIMIT(least, most)        .kind = SETTING_LIMIT, .min = (least), .max = (most)
#define SETTING_KIND_REAL(least, most)         .kind = SETTING_REAL, .min = (least), .max = (most)
#define SETTING_KIND_SWITCH                    .kind = SETTING_SWITCH
#define SETTING_KIND_FLAG                      .kind = SETTING_FLAG
#define SETTING_KIND_CHOICE(type, names, last) .kind = SETTING_CHOICE, .choices = (names), .max = (last)

/* Of a limit: nobody has set it, and it is set to "none". */
#define SETTING_LIMIT_UNSET 0U
#define SETTING_LIMIT_NONE  UINT_MAX

/* The default of an address. */
#define SETTING_ADDRESS_OF(host_, port_) ((struct address){.host = host_, .port = port_})

#define SETTING_SECOND_MS UINT64_C(1000)
#define SETTING_MINUTE_MS (60 * SETTING_SECOND_MS)
#define SETTING_HOUR_MS   (60 * SETTING_MINUTE_MS)
#define SETTING_DAY_MS    (24 * SETTING_HOUR_MS)

/* ---- rows ---- */

enum setting_scope {
    SETTING_FLAG_ONLY, /* a flag, not a line of the configuration file */
    SETTING_RESTART,   /* a flag or a line of the main section; a change takes effect at the next start */
    SETTING_RELOAD,    /* a flag or a line of the main section; a reload applies a change */
    SETTING_GROUP      /* also a line of a group's section; a reload applies a change */
};

struct setting {
    const char *name; /* of the flag without "--", and in the file */
    const char *help;
    enum setting_kind kind;
    enum setting_scope scope;
    unsigned heading;    /* in --help, counted from 0 */
    size_t offset;       /* of the field in the program's struct */
    const void *initial; /* the default value */
    uint64_t min, max;   /* of durations, sizes, numbers, ports and choices */
    const char *argument;
    const char *const *choices;
};

struct setting_table {
    const struct setting *rows;
    size_t count;
};

/* What a row X(...) expands to: a member of the struct, a member of its initialiser, a summand of the count.
 * SETTING_ROW also takes the struct's type and an object with the defaults. */
#define SETTING_MEMBER(field, kind, ...)         SETTING_TYPE_##kind field;
#define SETTING_DEFAULT(field, kind, value, ...) .field = value,
#define SETTING_ONE(...)                         +1
#define SETTING_ROW(type, defaults, member, kind_, value, scope_, heading_, name_, help_)                              \
    {.name = (name_),                                                                                                  \
     .help = (help_),                                                                                                  \
     .scope = SETTING_##scope_,                                                                                        \
     .heading = (heading_),                                                                                            \
     .offset = offsetof(type, member),                                                                                 \
     .initial = &(defaults).member,                                                                                    \
     SETTING_KIND_##kind_},

/* NULL if no setting has that name. */
const struct setting *setting_find(const struct setting_table *table, const char *name);

/* For an unknown name in a configuration file: the setting that was probably meant, or NULL. */
const char *setting_nearest(const struct setting_table *table, const char *name);

/* ---- values ---- */

/* The setting's field in the program's struct. As with strchr(), the result is no more writable than the argument. */
void *setting_field(const struct setting *setting, const void *owner);

/* Sets the field from text; an address is appended to an address list. Returns 0, or -EINVAL with "must be ..., got
 * ..." in error and the field untouched. */
int setting_set(const struct setting *setting, void *field, const char *text, char *error, size_t error_size);

/* Whether a field that was not set from text is within its range. Returns 0, or -EINVAL with "NAME must be ..., got
 * ..." in error. */
int setting_check(const struct setting *setting, const void *field, char *error, size_t error_size);

void setting_copy(const struct setting *setting, void *to, const void *from);

#define SETTING_TEXT_MAX 4200U /* bytes of any value as text, with the 0 */

/* The text that setting_set() reads back as the same value. */
void setting_format(const struct setting *setting, const void *field, char *text, size_t size);

/* ---- help ---- */

/* What stands for the value in --help: TIME, SIZE, DIR, ...; NULL for a SETTING_FLAG. */
const char *setting_argument(const struct setting *setting);

/* The help text followed by the range and the default, as in "... (1s to 1m, default 5s)". The caller frees it; NULL
 * without memory. */
char *setting_help(const struct setting *setting);

#endif
