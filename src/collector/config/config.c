#include "collector/config/config.h"

#include "common/writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_DEFAULT "default" /* of agents without --group */

/* ---- the table ---- */

const char *const scale_groups_names[] = {"configured", "any"};

const struct collector_config collector_config_defaults = {
    COLLECTOR_SETTINGS(SETTING_DEFAULT).settings = SCALER_SETTINGS_DEFAULT,
};

#define ROW(...) SETTING_ROW(struct collector_config, collector_config_defaults, __VA_ARGS__)
#define GROUP_ROW(field, kind, value, scope, ...)                                                                      \
    SETTING_ROW(struct collector_config, collector_config_defaults, settings.field, kind, value, scope, CONFIG_GROUPS, \
                __VA_ARGS__)

static const struct setting rows[] = {COLLECTOR_SETTINGS(ROW) SCALER_SETTINGS(GROUP_ROW)};

const struct setting_table collector_config_table = {rows, sizeof rows / sizeof *rows};

bool collector_config_is_scaler(const struct setting *setting)
{
    return setting->scope == SETTING_GROUP && setting->offset >= offsetof(struct collector_config, settings) &&
           setting->offset < offsetof(struct collector_config, settings) + sizeof(struct scaler_settings);
}

void *collector_config_scaler_field(const struct setting *setting, const struct scaler_settings *settings)
{
    assert(collector_config_is_scaler(setting));
    return (char *)settings + (setting->offset - offsetof(struct collector_config, settings));
}

void *collector_config_group_field(const struct setting *setting, const struct group_config *group)
{
    if (collector_config_is_scaler(setting))
        return collector_config_scaler_field(setting, &group->settings);
    if (setting->offset == offsetof(struct collector_config, cert_group))
        return (char *)group->cert_group;
    assert(setting->offset == offsetof(struct collector_config, count));
    return (char *)group->count;
}

/* ---- groups ---- */

void collector_config_deinit(struct collector_config *config)
{
    free(config->groups);
    config->groups = NULL;
    config->group_count = 0;
    for (unsigned i = 0; i < config->schedule_count; i++)
        time_zone_free(&config->schedules[i].zone);
    free(config->schedules);
    config->schedules = NULL;
    config->schedule_count = 0;
    free(config->signals);
    config->signals = NULL;
    config->signal_count = 0;
    key_ring_deinit(&config->keys);
}

static int compare_name(const void *name, const void *group)
{
    return strcmp(name, ((const struct group_config *)group)->name);
}

static const struct group_config *find_group(const struct collector_config *config, const char *group)
{
    if (config->group_count == 0)
        return NULL;
    return bsearch(group, config->groups, config->group_count, sizeof *config->groups, compare_name);
}

/* ---- signals ---- */

static int compare_signals(const void *a, const void *b)
{
    const struct signal_settings *x = a;
    const struct signal_settings *y = b;
    int order = strcmp(x->group, y->group);

    return order != 0 ? order : strcmp(x->name, y->name);
}

void collector_config_sort_signals(struct collector_config *config)
{
    if (config->signal_count > 0)
        qsort(config->signals, config->signal_count, sizeof *config->signals, compare_signals);
}

const struct signal_settings *collector_config_signals(const struct collector_config *config, const char *group,
                                                       unsigned *count)
{
    unsigned first = 0;
    unsigned end = config->signal_count;

    while (first < end) {
        unsigned middle = first + (end - first) / 2;
        if (strcmp(config->signals[middle].group, group) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    while (end < config->signal_count && strcmp(config->signals[end].group, group) == 0)
        end++;
    *count = end - first;
    return end > first ? &config->signals[first] : NULL;
}

/* ---- names ---- */

bool collector_config_has_names(const struct collector_config *config)
{
    return config->group_count + config->schedule_count + config->signal_count > 0;
}

bool collector_config_names(const struct collector_config *config, const char *group)
{
    unsigned signals = 0;

    (void)collector_config_signals(config, group, &signals);
    if (signals > 0)
        return true;
    for (unsigned i = 0; i < config->schedule_count; i++)
        if (strcmp(config->schedules[i].group, group) == 0)
            return true;
    return find_group(config, group) != NULL;
}

bool collector_config_scales(const struct collector_config *config, const char *group)
{
    if (config->scale_groups == SCALE_GROUPS_ANY)
        return true;
    if (!collector_config_has_names(config))
        return strcmp(group, GROUP_DEFAULT) == 0;
    return collector_config_names(config, group);
}

const struct scaler_settings *collector_config_group(const struct collector_config *config, const char *group)
{
    const struct group_config *found = find_group(config, group);

    return found != NULL ? &found->settings : &config->settings;
}

const char *collector_config_count(const struct collector_config *config, const char *group)
{
    const struct group_config *found = find_group(config, group);

    return found != NULL ? found->count : config->count;
}

const char *collector_config_cert_group(const struct collector_config *config, const char *group)
{
    const struct group_config *found = find_group(config, group);

    return found != NULL ? found->cert_group : config->cert_group;
}

void collector_config_certificates(const struct collector_config *config, struct certificate_paths *paths)
{
    *paths = (struct certificate_paths){0};
    memcpy(paths->cert, config->cert_file, sizeof paths->cert);
    memcpy(paths->key, config->key_file, sizeof paths->key);
    memcpy(paths->ca, config->ca_file, sizeof paths->ca);
    memcpy(paths->crl, config->crl_file, sizeof paths->crl);
}

/* ---- comparing and printing ---- */

static bool is_same(const struct setting *setting, const void *a, const void *b)
{
    char a_text[SETTING_TEXT_MAX], b_text[SETTING_TEXT_MAX];

    setting_format(setting, a, a_text, sizeof a_text);
    setting_format(setting, b, b_text, sizeof b_text);
    return strcmp(a_text, b_text) == 0;
}

bool collector_config_keep_fixed(const struct collector_config *before, struct collector_config *after, char *names,
                                 size_t size)
{
    struct writer writer = {.text = names, .size = size};
    bool any = false;

    names[0] = '\0';
    for (const struct setting *setting = rows; setting < rows + COLLECTOR_SETTING_COUNT; setting++) {
        void *fixed = setting_field(setting, before);
        void *field = setting_field(setting, after);
        if (setting->scope != SETTING_RESTART || is_same(setting, fixed, field))
            continue;
        writer_print(&writer, "%s%s", any ? ", " : "", setting->name);
        setting_copy(setting, field, fixed);
        any = true;
    }
    return any;
}

static void print_setting(const struct setting *setting, const void *field, FILE *out)
{
    char text[SETTING_TEXT_MAX];

    setting_format(setting, field, text, sizeof text);
    if (text[0] != '\0')
        (void)fprintf(out, "%s = %s\n", setting->name, text);
    else
        (void)fprintf(out, "# %s =\n", setting->name);
}

void collector_config_print(const struct collector_config *config, FILE *out)
{
    (void)fprintf(out, "[collector]\n");
    for (const struct setting *setting = rows; setting < rows + COLLECTOR_SETTING_COUNT; setting++)
        if (setting->scope != SETTING_FLAG_ONLY)
            print_setting(setting, setting_field(setting, config), out);
    for (unsigned g = 0; g < config->group_count; g++) {
        const struct group_config *group = &config->groups[g];
        (void)fprintf(out, "\n[group %s]\n", group->name);
        for (const struct setting *setting = rows; setting < rows + COLLECTOR_SETTING_COUNT; setting++)
            if (setting->scope == SETTING_GROUP)
                print_setting(setting, collector_config_group_field(setting, group), out);
    }
    for (unsigned i = 0; i < config->schedule_count; i++) {
        (void)fprintf(out, "\n");
        schedule_print(&config->schedules[i], out);
    }
    for (unsigned i = 0; i < config->signal_count; i++) {
        (void)fprintf(out, "\n");
        signal_settings_print(&config->signals[i], out);
    }
}
