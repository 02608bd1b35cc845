#include "collector/config/config_warnings.h"

#include "scaler/predictor.h"
#include "tls/certificate_identity.h"

#include <string.h>

struct section {
    const char *name; /* of the group; NULL: [collector] */
    const struct scaler_settings *settings;
    const char *count;
};

struct warnings {
    const struct collector_config *config;
    config_warnings_cb *cb;
    void *arg;
};

static void warn(const struct warnings *warnings, const struct section *section, const char *text)
{
    char line[NAME_LEN_MAX + 256];

    if (section->name != NULL)
        snprintf(line, sizeof line, "[group %s]: %s", section->name, text);
    else
        snprintf(line, sizeof line, "%s", text);
    warnings->cb(line, warnings->arg);
}

static void check(const struct warnings *warnings, const struct section *section)
{
    const struct scaler_settings *settings = section->settings;
    bool has_program = warnings->config->on_scale[0] != '\0';
    bool has_hook = settings->actuator == ACTUATOR_HOOK || (settings->actuator == ACTUATOR_AUTO && has_program);
    bool has_reader = settings->actuator == ACTUATOR_READER;

    if (settings->mode < MODE_OUT_ONLY || !(has_hook || has_reader))
        return;
    if (has_hook && !has_program)
        warn(warnings, section, "actuator = hook, but on-scale is not set: nothing is ordered");
    if (settings->nodes_max == 0)
        warn(warnings, section, "max is not set: the number of nodes has no limit; set max to a number, or to none");
    if (settings->victims == VICTIMS_ANY && has_reader && section->count[0] == '\0')
        warn(warnings, section,
             "victims = any, but count is not set: scale-in is refused, since the collector must know how many nodes "
             "exist");
}

/* Who has just set on-scale expects that all groups are scaled. */
static void check_groups(const struct warnings *warnings)
{
    const struct collector_config *config = warnings->config;
    bool orders = config->on_scale[0] != '\0' || config->settings.actuator == ACTUATOR_READER;

    if (orders && config->scale_groups == SCALE_GROUPS_CONFIGURED && !collector_config_has_names(config))
        warn(warnings, &(struct section){.settings = &config->settings},
             "no group has a section: only the group default is scaled; add a section [group NAME] for each other "
             "one, or set scale-groups = any");
}

static void check_certificates(const struct warnings *warnings)
{
    const struct collector_config *config = warnings->config;

    if (config->cert_file[0] != '\0' && strcmp(config->node_name, CERTIFICATE_NODE_ANY) == 0)
        warn(warnings, &(struct section){.settings = &config->settings},
             "node-name = any: whoever has a certificate of a CA in ca-file may report for every node");
}

/* The scaler may use the shorter of its two windows. */
static void check_signals(const struct warnings *warnings)
{
    const struct collector_config *config = warnings->config;
    char text[512], line[NAME_LEN_MAX + 528];

    for (unsigned i = 0; i < config->signal_count; i++) {
        const struct signal_settings *signal = &config->signals[i];
        const struct scaler_settings *settings = collector_config_group(config, signal->group);
        double window_ms = PREDICTOR_SHORT_WINDOW * (double)settings->stabilization_ms;
        if (settings->mode != MODE_FULL ||
            !signal_settings_range_warning(signal, (int64_t)window_ms, text, sizeof text))
            continue;
        snprintf(line, sizeof line, "[signal %s]: %s", signal->name, text);
        warnings->cb(line, warnings->arg);
    }
}

/* Whether the group's own settings call for another warning than those of [collector], which hold for all groups. */
static bool is_special(const struct collector_config *config, const struct group_config *group)
{
    const struct scaler_settings *own = &group->settings;
    const struct scaler_settings *general = &config->settings;

    return own->mode != general->mode || own->actuator != general->actuator || own->nodes_max != general->nodes_max ||
           own->victims != general->victims || strcmp(group->count, config->count) != 0;
}

void config_warnings_each(const struct collector_config *config, config_warnings_cb *cb, void *arg)
{
    const struct warnings warnings = {.config = config, .cb = cb, .arg = arg};
    const struct section general = {.settings = &config->settings, .count = config->count};

    check(&warnings, &general);
    check_groups(&warnings);
    check_certificates(&warnings);
    for (unsigned g = 0; g < config->group_count; g++) {
        const struct group_config *group = &config->groups[g];
        const struct section section = {.name = group->name, .settings = &group->settings, .count = group->count};
        if (is_special(config, group))
            check(&warnings, &section);
    }
    check_signals(&warnings);
}
