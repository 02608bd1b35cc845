#include "collector/config/config_draft.h"

#include "common/error_text.h"
#include "tls/certificate_identity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#define REASON_MAX       512U
#define SETTING_NAME_MAX 32U

#define SECTIONS_TEXT "[collector], [group NAME], [schedule NAME] or [signal NAME]"

/* A [group NAME]. What it does not set is known only when all lines and flags are. */
struct config_section {
    struct config_section *next;
    struct group_config group;
    unsigned line;
    unsigned lines[COLLECTOR_SETTING_COUNT]; /* where it sets each setting; 0: nowhere */
};

/* ---- errors ---- */

/* fail(draft, rc, format, ...) and, with the file and the line, fail_line(draft, format, ...). */
#define fail(draft, rc, ...) error_text_set((draft)->error, (draft)->error_size, rc, __VA_ARGS__)
#define fail_line(draft, format, ...)                                                                                  \
    fail(draft, -EINVAL, "%s:%u: " format, (draft)->config.file, (draft)->line __VA_OPT__(, ) __VA_ARGS__)

static size_t index_of(const struct setting *setting)
{
    return (size_t)(setting - collector_config_table.rows);
}

int config_draft_fail_at(struct config_draft *draft, const char *name, int rc, const char *reason)
{
    size_t index = index_of(setting_find(&collector_config_table, name));

    if (draft->given[index])
        return fail(draft, rc, "--%s: %s", name, reason);
    return fail(draft, rc, "%s:%u: %s: %s", draft->config.file, draft->lines[index], name, reason);
}

void config_draft_init(struct config_draft *draft, char *error, size_t error_size)
{
    *draft = (struct config_draft){
        .config = collector_config_defaults,
        .error = error,
        .error_size = error_size,
    };
}

void config_draft_deinit(struct config_draft *draft)
{
    struct config_section *section = NULL, *following = NULL;

    LL_FOREACH_SAFE (draft->sections, section, following)
        free(section);
    draft->sections = NULL;
    draft->section_count = 0;
}

/* ---- sections ---- */

/* The link of the list to the first section whose name is not before this one. */
static struct config_section **find_section(struct config_draft *draft, const char *name)
{
    struct config_section **link = &draft->sections;

    while (*link != NULL && strcmp((*link)->group.name, name) < 0)
        link = &(*link)->next;
    return link;
}

static int insert_section(struct config_draft *draft, struct config_section **link, const char *name)
{
    struct config_section *section = calloc(1, sizeof *section);

    if (section == NULL)
        return fail(draft, -ENOMEM, "out of memory");
    section->line = draft->line;
    memcpy(section->group.name, name, strlen(name) + 1);
    section->next = *link;
    *link = section;
    draft->section_count++;
    draft->section = section;
    draft->section_lines = section->lines;
    return 0;
}

static int begin_group(struct config_draft *draft, const char *name)
{
    if (!parse_name_ok(name, strlen(name)))
        return fail_line(draft,
                         "[group %.160s]: the name must be up to 128 letters, digits, dots, underscores and hyphens, "
                         "beginning with a letter or digit",
                         name);
    struct config_section **link = find_section(draft, name);
    if (*link != NULL && strcmp((*link)->group.name, name) == 0)
        return fail_line(draft, "[group %s] already begins in line %u; put all of its settings there", name,
                         (*link)->line);
    if (draft->section_count == GROUPS_MAX)
        return fail_line(draft, "[group %s] exceeds the limit of %u groups", name, GROUPS_MAX);
    return insert_section(draft, link, name);
}

/* ---- sections [schedule NAME] and [signal NAME] ---- */

static int end_named(struct config_draft *draft)
{
    char reason[REASON_MAX];
    int rc = config_named_end(&draft->named, &draft->config, reason, sizeof reason);

    return rc == 0 ? 0 : fail(draft, rc, "%s:%u: %s", draft->config.file, draft->named.line, reason);
}

static int begin_named(struct config_draft *draft, const char *head, bool *found)
{
    char reason[REASON_MAX];
    int rc = config_named_begin(&draft->named, &draft->config, head, draft->line, found, reason, sizeof reason);

    return rc == 0 ? 0 : fail(draft, rc, "%s:%u: %s", draft->config.file, draft->line, reason);
}

static int assign_to_named(struct config_draft *draft, const char *name, const char *value)
{
    char reason[REASON_MAX];
    int rc = config_named_assign(&draft->named, &draft->config, name, value, draft->line, reason, sizeof reason);

    return rc == 0 ? 0 : fail(draft, rc, "%s:%u: %s", draft->config.file, draft->line, reason);
}

/* ---- the sections' heads ---- */

/* text begins with "[" and ends with what isn't white space. */
static int begin_section(struct config_draft *draft, char *text)
{
    size_t len = strlen(text);

    if (text[len - 1] != ']')
        return fail_line(draft, "a section must end with \"]\"; write " SECTIONS_TEXT);
    text[len - 1] = '\0';

    const char *name = text + 1;
    bool is_named = false;
    int rc = end_named(draft);
    if (rc == 0)
        rc = begin_named(draft, name, &is_named);
    if (rc < 0 || is_named)
        return rc;
    if (strncmp(name, "group ", 6) == 0)
        return begin_group(draft, name + 6);
    if (strcmp(name, "collector") != 0)
        return fail_line(draft, "unknown section [%.80s]; write " SECTIONS_TEXT, name);
    draft->section = NULL;
    draft->section_lines = draft->lines;
    return 0;
}

/* ---- settings ---- */

static int explain_unknown(struct config_draft *draft, const char *name)
{
    const char *nearest = setting_nearest(&collector_config_table, name);

    if (nearest == NULL)
        return fail_line(draft, "unknown setting %.80s; see --help for the list", name);
    return fail_line(draft, "unknown setting %.80s; did you mean %s?", name, nearest);
}

/* Where a line sets the setting: in the group's section, or for all groups unless a flag overrides it. */
static void *target_of(struct config_draft *draft, const struct setting *setting)
{
    if (draft->section != NULL)
        return collector_config_group_field(setting, &draft->section->group);
    return setting_field(setting, draft->given[index_of(setting)] ? &draft->overridden : &draft->config);
}

static int assign(struct config_draft *draft, const char *name, const char *value)
{
    const struct setting *setting = setting_find(&collector_config_table, name);
    char reason[REASON_MAX];

    if (draft->section_lines == NULL)
        return fail_line(draft, "%.80s is outside any section; begin with [collector] or [group NAME]", name);
    if (setting == NULL)
        return explain_unknown(draft, name);
    if (setting->scope == SETTING_FLAG_ONLY)
        return fail_line(draft, "%s is not allowed in the file; it is a flag, --%s", name, name);
    if (draft->section != NULL && setting->scope != SETTING_GROUP)
        return fail_line(draft, "%s is not allowed in [group %s]; it goes into [collector]", name,
                         draft->section->group.name);
    unsigned *line = &draft->section_lines[index_of(setting)];
    if (*line != 0)
        return fail_line(draft, "%s is already set in line %u", name, *line);
    if (setting_set(setting, target_of(draft, setting), value, reason, sizeof reason) != 0)
        return fail_line(draft, "%s %s", name, reason);
    *line = draft->line;
    return 0;
}

/* ---- lines ---- */

/* Cuts white space off both ends. */
static char *trim(char *text)
{
    static const char white[] = " \t\r\n\v\f";
    size_t len = strlen(text);

    while (len > 0 && strchr(white, text[len - 1]) != NULL)
        text[--len] = '\0';
    return text + strspn(text, white);
}

/* As in systemd's files, a comment is a line of its own. */
int config_draft_read_line(struct config_draft *draft, char *line, bool whole)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";

    draft->line++;
    if (!whole)
        return fail_line(draft, "the line has more than %u bytes, or a zero byte", CONFIG_LINE_MAX);
    if (draft->line == 1 && strncmp(line, byte_order_mark, 3) == 0)
        line += 3;
    char *text = trim(line);
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return 0;
    if (text[0] == '[')
        return begin_section(draft, text);
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return fail_line(draft, "not a setting; write NAME = VALUE");
    *equals = '\0';
    if (config_named_is_open(&draft->named))
        return assign_to_named(draft, trim(text), trim(equals + 1));
    return assign(draft, trim(text), trim(equals + 1));
}

/* ---- the whole ---- */

/* A section overrides what holds for all groups. */
static void apply_section(const struct config_section *section, const struct group_config *group)
{
    for (size_t i = 0; i < COLLECTOR_SETTING_COUNT; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        if (section->lines[i] != 0)
            setting_copy(setting, collector_config_group_field(setting, group),
                         collector_config_group_field(setting, &section->group));
    }
}

static bool sets(const struct config_draft *draft, const struct config_section *section, const char *name)
{
    size_t i = index_of(setting_find(&collector_config_table, name));

    return draft->given[i] || draft->lines[i] != 0 || (section != NULL && section->lines[i] != 0);
}

/* A target that nothing sets keeps the ratio that the defaults have: the same room for growth, relative to the load,
 * whatever `high` is, and always below it. Rounded like text, so that it can be printed and read back.
 * section: NULL for all groups. */
static void follow_high(const struct config_draft *draft, const struct config_section *section,
                        struct scaler_settings *settings)
{
    char name[SETTING_NAME_MAX];

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct thresholds *initial = &collector_config_defaults.settings.thresholds[r];
        struct thresholds *thresholds = &settings->thresholds[r];
        snprintf(name, sizeof name, "%s-target", resource_names[r]);
        if (!sets(draft, section, name))
            thresholds->target = round(thresholds->high * initial->target / initial->high * 1e6) / 1e4 / 100.0;
    }
}

/* Whether one of the group's signals shows when no node is needed. */
static bool may_be_empty(const struct collector_config *config, const char *group)
{
    unsigned count = 0;
    const struct signal_settings *signals = collector_config_signals(config, group, &count);

    for (unsigned i = 0; i < count; i++)
        if (signal_settings_may_be_zero(&signals[i]))
            return true;
    return false;
}

static int make_groups(struct config_draft *draft)
{
    struct collector_config *config = &draft->config;

    follow_high(draft, NULL, &config->settings);
    if (draft->section_count == 0)
        return 0;
    config->groups = calloc(draft->section_count, sizeof *config->groups);
    if (config->groups == NULL)
        return fail(draft, -ENOMEM, "out of memory");
    config->group_count = draft->section_count;
    struct group_config *group = config->groups;
    const struct config_section *section = NULL;
    LL_FOREACH (draft->sections, section) {
        *group = section->group;
        group->settings = config->settings;
        memcpy(group->count, config->count, sizeof config->count);
        memcpy(group->cert_group, config->cert_group, sizeof config->cert_group);
        apply_section(section, group);
        follow_high(draft, section, &group->settings);
        group->settings.may_be_empty = may_be_empty(config, group->name);
        group++;
    }
    return 0;
}

static bool any_flag(const struct config_draft *draft)
{
    for (size_t i = 0; i < COLLECTOR_SETTING_COUNT; i++)
        if (draft->given[i] && collector_config_table.rows[i].scope != SETTING_FLAG_ONLY)
            return true;
    return false;
}

/* Each setting is in its range by now; this is about how those of a scaler fit together. */
static int check_scalers(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    char reason[REASON_MAX];

    if (scaler_settings_check(&config->settings, reason, sizeof reason) != 0) {
        if (config->file[0] == '\0')
            return fail(draft, -EINVAL, "flags: %s", reason);
        return fail(draft, -EINVAL, "%s: [collector]%s: %s", config->file, any_flag(draft) ? " with the flags" : "",
                    reason);
    }
    const struct group_config *group = config->groups;
    const struct config_section *section = NULL;
    LL_FOREACH (draft->sections, section) {
        if (scaler_settings_check(&group->settings, reason, sizeof reason) != 0)
            return fail(draft, -EINVAL, "%s:%u: [group %s]: %s", config->file, section->line, group->name, reason);
        group++;
    }
    return 0;
}

/* The Python system's agents post by HTTP. */
static int check_addresses(struct config_draft *draft)
{
    if (!draft->config.http_ingest || draft->config.http.host[0] != '\0')
        return 0;
    return config_draft_fail_at(draft, "http-ingest", -EINVAL,
                                "needs the HTTP server, but --http is off: set --http to an address, or turn this off");
}

static int check_https(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    bool has_cert = config->http_cert_file[0] != '\0';
    bool has_key = config->http_key_file[0] != '\0';

    if (has_cert && !has_key)
        return config_draft_fail_at(draft, "http-cert-file", -EINVAL,
                                    "needs http-key-file, the key of the certificate");
    if (has_key && !has_cert)
        return config_draft_fail_at(draft, "http-key-file", -EINVAL,
                                    "needs http-cert-file, the certificate of the key");
    if (config->http_ca_file[0] != '\0' && !has_cert)
        return config_draft_fail_at(draft, "http-ca-file", -EINVAL,
                                    "needs http-cert-file and http-key-file: only HTTPS has clients with certificates");
    return 0;
}

static int check_history(struct config_draft *draft)
{
    const char *url = draft->config.history_url;

    if (url[0] != '\0' && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return config_draft_fail_at(draft, "history-url", -EINVAL, "must begin with http:// or https://");
    return 0;
}

static int check_certificates(struct config_draft *draft)
{
    static const char *const names[] = {"cert-file", "key-file", "ca-file", "crl-file"};
    const struct collector_config *config = &draft->config;

    if (!certificate_identity_setting_ok(config->node_name))
        return config_draft_fail_at(draft, "node-name", -EINVAL,
                                    "must be dns, any or spiffe:// and a prefix without a slash at its end");
    if (config->cert_file[0] != '\0' && config->key_file[0] != '\0' && config->ca_file[0] != '\0')
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*(const char *)setting_field(setting_find(&collector_config_table, names[i]), config) != '\0')
            return config_draft_fail_at(draft, names[i], -EINVAL,
                                        "certificates need all of cert-file, key-file and ca-file");
    return 0;
}

/* ---- signals ---- */

static int fail_signal(struct config_draft *draft, const struct signal_settings *signal, const char *reason)
{
    return fail(draft, -EINVAL, "%s: [signal %s]: %s", draft->config.file, signal->name, reason);
}

/* What it takes over from its group and from [collector] must fit, too. */
static int check_signal(struct config_draft *draft, const struct signal_settings *signal)
{
    const struct thresholds *cpu = &collector_config_group(&draft->config, signal->group)->thresholds[RESOURCE_CPU];
    double high = 0.0;
    double target = 0.0;

    signal_settings_thresholds(signal, cpu->high, cpu->target, &high, &target);
    if (target > high)
        return fail_signal(draft, signal, "its target is above cpu-high of the group, which is its high; set high");
    if (signal->query[0] != '\0' && signal->url[0] == '\0' && draft->config.query_url[0] == '\0')
        return fail_signal(draft, signal, "nothing says where to send its query; set url, or query-url in [collector]");
    return 0;
}

static int check_signals(struct config_draft *draft)
{
    const struct collector_config *config = &draft->config;
    int rc = 0;

    if (config->query_url[0] != '\0' && !signal_settings_url_ok(config->query_url))
        return config_draft_fail_at(draft, "query-url", -EINVAL,
                                    "must begin with http:// or https://, and have up to "
                                    "511 bytes without spaces");
    for (unsigned i = 0; i < config->signal_count && rc == 0; i++)
        rc = check_signal(draft, &config->signals[i]);
    return rc;
}

int config_draft_complete(struct config_draft *draft)
{
    int rc = end_named(draft);

    collector_config_sort_signals(&draft->config);
    if (rc == 0)
        rc = make_groups(draft);
    if (rc == 0)
        rc = check_signals(draft);
    if (rc == 0)
        rc = check_scalers(draft);
    if (rc == 0)
        rc = check_addresses(draft);
    if (rc == 0)
        rc = check_https(draft);
    if (rc == 0)
        rc = check_history(draft);
    if (rc == 0)
        rc = check_certificates(draft);
    return rc;
}
