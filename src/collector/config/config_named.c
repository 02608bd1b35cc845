#include "collector/config/config_named.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 512U

/* ---- the kinds ---- */

struct list {
    char *items; /* each begins with its name */
    unsigned count;
};

struct config_named_kind {
    const char *word;
    unsigned name_len_max;
    unsigned max;
    size_t size; /* of an element */
    const void *initial;
    const char *const *field_names;
    unsigned field_count;
    const char *fields_text;
    struct list (*get)(const struct collector_config *config);
    void (*put)(struct collector_config *config, struct list list);
    int (*set)(void *item, unsigned field, const char *value, char *error, size_t error_size);
    int (*check)(const struct collector_config *config, void *item, char *error, size_t error_size);
};

static struct list get_schedules(const struct collector_config *config)
{
    return (struct list){(char *)config->schedules, config->schedule_count};
}

static void put_schedules(struct collector_config *config, struct list list)
{
    config->schedules = (struct schedule *)(void *)list.items;
    config->schedule_count = list.count;
}

static int set_schedule(void *item, unsigned field, const char *value, char *error, size_t error_size)
{
    return schedule_set(item, field, value, error, error_size);
}

static int check_schedule(const struct collector_config *config, void *item, char *error, size_t error_size)
{
    (void)config;

    return schedule_check(item, error, error_size);
}

static struct list get_signals(const struct collector_config *config)
{
    return (struct list){(char *)config->signals, config->signal_count};
}

static void put_signals(struct collector_config *config, struct list list)
{
    config->signals = (struct signal_settings *)(void *)list.items;
    config->signal_count = list.count;
}

static int set_signal(void *item, unsigned field, const char *value, char *error, size_t error_size)
{
    return signal_settings_set(item, field, value, error, error_size);
}

/* The signals are not sorted by group yet. */
static int check_signal(const struct collector_config *config, void *item, char *error, size_t error_size)
{
    struct signal_settings *signal = item;
    unsigned count = 0;
    int rc = signal_settings_check(signal, error, error_size);

    for (unsigned i = 0; i < config->signal_count; i++)
        count += strcmp(config->signals[i].group, signal->group) == 0;
    if (rc == 0 && count > SIGNALS_OF_GROUP_MAX)
        return error_text_set(error, error_size, -EINVAL,
                              "the group %s has %u signals already, and no more are allowed", signal->group,
                              SIGNALS_OF_GROUP_MAX);
    return rc;
}

static const struct config_named_kind kinds[] = {
    {"schedule", NAME_LEN_MAX, SCHEDULES_MAX, sizeof(struct schedule), &schedule_initial, schedule_field_names,
     SCHEDULE_FIELDS, "group, days, from, to, zone, min and max", get_schedules, put_schedules, set_schedule,
     check_schedule},
    {"signal", SIGNAL_NAME_LEN_MAX, SIGNAL_SECTIONS_MAX, sizeof(struct signal_settings), &signal_settings_initial,
     signal_settings_field_names, SIGNAL_FIELDS, SIGNAL_FIELDS_TEXT, get_signals, put_signals, set_signal,
     check_signal},
};

static_assert(SCHEDULE_FIELDS <= CONFIG_NAMED_FIELDS_MAX && SIGNAL_FIELDS <= CONFIG_NAMED_FIELDS_MAX, "all have lines");
static_assert(offsetof(struct schedule, name) == 0 && offsetof(struct signal_settings, name) == 0,
              "the name comes first");

/* The kind whose word the head begins with; *name: what follows. */
static const struct config_named_kind *kind_of(const char *head, const char **name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i].word);
        if (strncmp(head, kinds[i].word, len) != 0 || head[len] != ' ')
            continue;
        *name = head + len + 1;
        return &kinds[i];
    }
    return NULL;
}

/* ---- a section ---- */

static char *item_at(const struct config_named_kind *kind, const struct list *list, unsigned index)
{
    return list->items + index * kind->size;
}

/* Where the section stands or belongs. */
static unsigned find(const struct config_named_kind *kind, const struct list *list, const char *name, bool *found)
{
    unsigned at = 0;
    int order = 1;

    while (at < list->count && (order = strcmp(item_at(kind, list, at), name)) < 0)
        at++;
    *found = at < list->count && order == 0;
    return at;
}

static int insert(const struct config_named_kind *kind, struct list *list, unsigned at, const char *name)
{
    char *items = reallocarray(list->items, list->count + 1, kind->size);

    if (items == NULL)
        return -ENOMEM;
    list->items = items;
    memmove(item_at(kind, list, at + 1), item_at(kind, list, at), (list->count - at) * kind->size);
    memcpy(item_at(kind, list, at), kind->initial, kind->size);
    memcpy(item_at(kind, list, at), name, strlen(name) + 1);
    list->count++;
    return 0;
}

int config_named_begin(struct config_named *named, struct collector_config *config, const char *head, unsigned line,
                       bool *found, char *error, size_t error_size)
{
    const char *name = "";
    const struct config_named_kind *kind = kind_of(head, &name);
    bool is_known = false;

    *found = kind != NULL;
    if (kind == NULL)
        return 0;
    if (!parse_name_ok(name, strlen(name)) || strlen(name) > kind->name_len_max)
        return error_text_set(error, error_size, -EINVAL,
                              "[%s %.160s]: the name must be up to %u letters, digits, dots, underscores and "
                              "hyphens, beginning with a letter or digit",
                              kind->word, name, kind->name_len_max);
    struct list list = kind->get(config);
    unsigned at = find(kind, &list, name, &is_known);
    if (is_known)
        return error_text_set(error, error_size, -EINVAL,
                              "there are two sections [%s %s]; give each %s a name of its own", kind->word, name,
                              kind->word);
    if (list.count == kind->max)
        return error_text_set(error, error_size, -EINVAL, "[%s %s] exceeds the limit of %u %ss", kind->word, name,
                              kind->max, kind->word);
    if (insert(kind, &list, at, name) < 0)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    kind->put(config, list);
    *named = (struct config_named){.kind = kind, .index = at, .line = line};
    return 0;
}

int config_named_assign(struct config_named *named, struct collector_config *config, const char *name,
                        const char *value, unsigned line, char *error, size_t error_size)
{
    const struct config_named_kind *kind = named->kind;
    const struct list list = kind->get(config);
    char reason[REASON_MAX];

    for (unsigned field = 0; field < kind->field_count; field++) {
        if (strcmp(kind->field_names[field], name) != 0)
            continue;
        if (named->lines[field] != 0)
            return error_text_set(error, error_size, -EINVAL, "%s is already set in line %u", name,
                                  named->lines[field]);
        named->lines[field] = line;
        int rc = kind->set(item_at(kind, &list, named->index), field, value, reason, sizeof reason);
        return rc == 0 ? 0 : error_text_set(error, error_size, rc, "%s %s", name, reason);
    }
    return error_text_set(error, error_size, -EINVAL, "unknown setting %.80s; a %s has %s", name, kind->word,
                          kind->fields_text);
}

int config_named_end(struct config_named *named, struct collector_config *config, char *error, size_t error_size)
{
    const struct config_named_kind *kind = named->kind;
    char reason[REASON_MAX];

    if (kind == NULL)
        return 0;
    const struct list list = kind->get(config);
    char *item = item_at(kind, &list, named->index);
    named->kind = NULL;
    int rc = kind->check(config, item, reason, sizeof reason);
    return rc == 0 ? 0 : error_text_set(error, error_size, rc, "[%s %s]: %s", kind->word, item, reason);
}
