#include "collector/config/config.h"

#include "collector/config/settings.h"
#include "common/flags.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX (PATH_MAX + 256)

enum { FLAG_CONFIG = FLAG_OWN, FLAG_CHECK, FLAG_SETTING }; /* FLAG_SETTING + i is that of setting_table[i] */

/* A [group NAME], as long as it isn't known what it doesn't say. */
struct section {
    struct group_config group;
    unsigned line;
    unsigned lines[SETTING_COUNT]; /* where each setting stands, 0: not here */
};

struct load {
    struct collector_config *config;
    bool flags[SETTING_COUNT];          /* which ones were given */
    struct collector_config overridden; /* takes what the file says in vain: it must be right all the same */

    const char *path;              /* of the file, NULL: none */
    unsigned line;                 /* the last one that was read */
    unsigned lines[SETTING_COUNT]; /* of [collector] */
    unsigned *section_lines;       /* of the section around this line; NULL: none begun */
    struct section *section;       /* NULL: it is [collector] */
    struct section *sections;      /* ascending by name */
    unsigned section_count;

    int result;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 3, 4))) static int fail(struct load *load, int result, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(load->error, load->error_size, format, args);
    va_end(args);
    load->result = result;
    return result;
}

/* Likewise, at the line of the file that was read last. */
__attribute__((format(printf, 2, 3))) static int fail_line(struct load *load, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return fail(load, -EINVAL, "%s:%u: %s", load->path, load->line, reason);
}

static size_t index_of(const struct setting *setting)
{
    return (size_t)(setting - setting_table);
}

/* ---- defaults ---- */

const struct collector_config collector_config_defaults = {
    .listen = {.host = "127.0.0.1", .port = 7420},
    .data_dir = "./data",
    .agents_max = 20000,
    .ack_interval_ms = 5000,
    .history_ms = 600000,
    .flush_ms = 1000,
    .sync_ms = SYNC_ALWAYS,
    .rotate_bytes = 256U << 20,
    .rotate_ms = 86400000,
    .retain_ms = 30LL * 86400000,
    .gone_ms = 600000,
    .http = {.host = "127.0.0.1", .port = 7421},
    .http_connections_max = 64,
    .hook_timeout_ms = 60000,
    .settings = SCALER_SETTINGS_DEFAULT,
};

/* systemd names the unit's StateDirectory= there; of several the first is ours. */
static int take_state_directory(struct load *load)
{
    char path[PATH_MAX];
    char reason[REASON_MAX];

    const char *state = getenv("STATE_DIRECTORY");
    if (!state || state[0] == '\0')
        return 0;
    size_t len = strcspn(state, ":");
    if (len >= sizeof path)
        return fail(load, -EINVAL, "$STATE_DIRECTORY is too long; give the directory with --data");
    memcpy(path, state, len);
    path[len] = '\0';
    if (setting_set(setting_find("data"), load->config->data_dir, path, reason, sizeof reason) != 0)
        return fail(load, -EINVAL, "$STATE_DIRECTORY: %s", reason);
    return 0;
}

/* ---- flags ---- */

static const char about[] =
    "Collects the samples of a fleet's agents, keeps them as CSV, and says how many nodes each group needs."
    "\vA TIME is a number with its unit: 250ms, 90s, 1.5h, 7d. A SIZE is a number of bytes; K, M and G stand for "
    "powers "
    "of 1024, as in 256M.\n\n"
    "The configuration file has a section [collector] for what is given here, as in \"cpu-high = 75%\", and a section "
    "[group NAME] for each group that is to differ. A flag overrides [collector]; [group NAME] overrides both.";

/* No token file is the default, and needs no words. */
static char *help(int key, const char *text, void *arg)
{
    (void)arg;

    if (key < FLAG_SETTING || key >= FLAG_SETTING + SETTING_COUNT)
        return (char *)text;
    const struct setting *setting = &setting_table[key - FLAG_SETTING];
    return setting_help(setting, setting_field(setting, &collector_config_defaults), text);
}

static int on_flag(int key, const char *value, void *arg)
{
    struct load *load = arg;
    char reason[REASON_MAX];

    if (key == FLAG_CONFIG) {
        load->path = value;
    } else if (key == FLAG_CHECK) {
        load->config->check = true;
    } else {
        const struct setting *setting = &setting_table[key - FLAG_SETTING];
        const char *text = value != NULL ? value : "on";
        if (setting_set(setting, setting_field(setting, load->config), text, reason, sizeof reason) != 0)
            return fail(load, -EINVAL, "--%s: %s", setting->name, reason);
        load->flags[key - FLAG_SETTING] = true;
    }
    return 0;
}

static int read_flags(struct load *load, int argc, char **argv)
{
    enum { GROUP_FILE = 1, GROUP_COLLECTOR, GROUP_SCALING };
    const struct argp_option fixed[] = {
        {.doc = "Configuration:", .group = GROUP_FILE},
        {.name = "config", .key = FLAG_CONFIG, .arg = "FILE", .doc = "Read this file", .group = GROUP_FILE},
        {.name = "check-config", .key = FLAG_CHECK, .doc = "Print the settings in force and exit", .group = GROUP_FILE},
        {.doc = "The collector:", .group = GROUP_COLLECTOR},
        {.doc = "Groups, where [group NAME] of the file says nothing else:", .group = GROUP_SCALING},
        {.doc = "This program:", .group = -1},
        FLAGS_STANDARD,
    };
    enum { FIXED_COUNT = sizeof fixed / sizeof *fixed };
    struct argp_option options[FIXED_COUNT + SETTING_COUNT + 1] = {{0}};

    memcpy(options, fixed, sizeof fixed);
    for (int i = 0; i < SETTING_COUNT; i++)
        options[FIXED_COUNT + i] =
            setting_option(&setting_table[i], FLAG_SETTING + i,
                           setting_table[i].scope == SCOPE_GROUP ? GROUP_SCALING : GROUP_COLLECTOR);
    struct flags flags = {.program = "headroom-collector",
                          .about = about,
                          .options = options,
                          .help = help,
                          .on_flag = on_flag,
                          .arg = load};
    return flags_parse(&flags, argc, argv, load->error, load->error_size);
}

/* ---- the file ---- */

static int begin_group(struct load *load, const char *name)
{
    size_t len = strlen(name);
    if (!parse_name_ok(name, len))
        return fail_line(load,
                         "[group %.160s]: not a name; write up to 128 letters, digits, dots, underscores and "
                         "hyphens, the first a letter or digit",
                         name);
    unsigned at = 0;
    while (at < load->section_count && strcmp(load->sections[at].group.name, name) < 0)
        at++;
    if (at < load->section_count && strcmp(load->sections[at].group.name, name) == 0)
        return fail_line(load,
                         "[group %s] a second time; it begins in line %u, and all of a group goes into one section",
                         name, load->sections[at].line);
    if (load->section_count == GROUPS_MAX)
        return fail_line(load, "[group %s] is one too many; up to %u are allowed", name, GROUPS_MAX);

    struct section *sections = reallocarray(load->sections, load->section_count + 1, sizeof *sections);
    if (!sections)
        return fail(load, -ENOMEM, "out of memory");
    memmove(&sections[at + 1], &sections[at], (load->section_count - at) * sizeof *sections);
    sections[at] = (struct section){.line = load->line};
    memcpy(sections[at].group.name, name, len + 1);
    load->sections = sections;
    load->section_count++;
    load->section = &sections[at];
    load->section_lines = sections[at].lines;
    return 0;
}

/* text begins with "[" and ends with what isn't white space. */
static int begin_section(struct load *load, char *text)
{
    size_t len = strlen(text);
    if (text[len - 1] != ']')
        return fail_line(load, "a section without \"]\" at the end; write [collector] or [group NAME]");
    text[len - 1] = '\0';

    const char *name = text + 1;
    if (strncmp(name, "group ", 6) == 0)
        return begin_group(load, name + 6);
    if (strcmp(name, "collector") != 0)
        return fail_line(load, "unknown section [%.80s]; write [collector] or [group NAME]", name);
    load->section = NULL;
    load->section_lines = load->lines;
    return 0;
}

static int assign(struct load *load, const char *name, const char *value)
{
    char reason[REASON_MAX];

    if (!load->section_lines)
        return fail_line(load, "%.80s stands before any section; begin with [collector] or [group NAME]", name);
    const struct setting *setting = setting_find(name);
    if (!setting) {
        const char *nearest = setting_nearest(name);
        return nearest ? fail_line(load, "unknown setting %.80s; did you mean %s?", name, nearest)
                       : fail_line(load, "unknown setting %.80s; --help lists them", name);
    }
    if (load->section && setting->scope != SCOPE_GROUP)
        return fail_line(load, "%s is not allowed in [group %s]; it goes into [collector]", name,
                         load->section->group.name);
    unsigned *line = &load->section_lines[index_of(setting)];
    if (*line != 0)
        return fail_line(load, "%s a second time; it is set in line %u", name, *line);

    struct collector_config *config = load->flags[index_of(setting)] ? &load->overridden : load->config;
    void *field =
        load->section ? setting_group_field(setting, &load->section->group.settings) : setting_field(setting, config);
    if (setting_set(setting, field, value, reason, sizeof reason) != 0)
        return fail_line(load, "%s: %s", name, reason);
    *line = load->line;
    return 0;
}

/* Cuts white space off both ends. */
static char *trim(char *text)
{
    static const char white[] = " \t\r\n\v\f";
    size_t len = strlen(text);

    while (len > 0 && strchr(white, text[len - 1]))
        text[--len] = '\0';
    return text + strspn(text, white);
}

/* As in systemd's files, a comment is a line of its own. */
static int read_line(struct load *load, char *line)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";

    if (load->line == 1 && strncmp(line, byte_order_mark, 3) == 0)
        line += 3;
    char *text = trim(line);
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return 0;
    if (text[0] == '[')
        return begin_section(load, text);
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return fail_line(load, "not a setting; write NAME = VALUE");
    *equals = '\0';
    return assign(load, trim(text), trim(equals + 1));
}

static int read_file(struct load *load)
{
    char line[CONFIG_LINE_MAX];

    FILE *file = fopen(load->path, "re");
    if (!file)
        return fail(load, -errno, "%s: can't be read: %s", load->path, strerror(errno));
    while (load->result == 0 && fgets(line, sizeof line, file)) {
        load->line++;
        if (!strchr(line, '\n') && !feof(file))
            (void)fail_line(load, "longer than %u bytes, or with a zero byte in it", CONFIG_LINE_MAX);
        else
            (void)read_line(load, line);
    }
    if (ferror(file))
        (void)fail(load, -errno, "%s: can't be read: %s", load->path, strerror(errno));
    (void)fclose(file);
    return load->result;
}

/* ---- the whole ---- */

/* What a section doesn't say is as for all groups. */
static int take_groups(struct load *load)
{
    if (load->section_count == 0)
        return 0;
    load->config->groups = calloc(load->section_count, sizeof *load->config->groups);
    if (!load->config->groups)
        return fail(load, -ENOMEM, "out of memory");
    load->config->group_count = load->section_count;

    for (unsigned g = 0; g < load->section_count; g++) {
        const struct section *section = &load->sections[g];
        struct group_config *group = &load->config->groups[g];
        *group = section->group;
        group->settings = load->config->settings;
        for (size_t i = 0; i < SETTING_COUNT; i++)
            if (section->lines[i] != 0)
                setting_copy(&setting_table[i], setting_group_field(&setting_table[i], &group->settings),
                             setting_group_field(&setting_table[i], &section->group.settings));
    }
    return 0;
}

/* Whether the settings fit each other; each one alone is in its range by now. */
static int check_settings(struct load *load)
{
    char reason[256];
    bool flag = false;

    for (size_t i = 0; i < SETTING_COUNT; i++)
        flag = flag || load->flags[i];
    if (scaler_settings_check(&load->config->settings, reason, sizeof reason) != 0)
        return load->path
                   ? fail(load, -EINVAL, "%s: [collector]%s: %s", load->path, flag ? " with the flags" : "", reason)
                   : fail(load, -EINVAL, "flags: %s", reason);
    for (unsigned g = 0; g < load->section_count; g++)
        if (scaler_settings_check(&load->config->groups[g].settings, reason, sizeof reason) != 0)
            return fail(load, -EINVAL, "%s:%u: [group %s]: %s", load->path, load->sections[g].line,
                        load->sections[g].group.name, reason);
    return 0;
}

/* At the flag, or the line of the file, that has set it. */
static int fail_at(struct load *load, const char *name, int result, const char *reason)
{
    size_t index = index_of(setting_find(name));

    return load->flags[index] ? fail(load, result, "--%s: %s", name, reason)
                              : fail(load, result, "%s:%u: %s: %s", load->path, load->lines[index], name, reason);
}

/* Old agents would post to nobody. */
static int check_doors(struct load *load)
{
    if (!load->config->http_ingest || load->config->http.host[0] != '\0')
        return 0;
    return fail_at(load, "http-ingest", -EINVAL,
                   "needs the HTTP server, and --http is off: give it an address, or leave the flag out");
}

static int read_token(struct load *load, const char *name, const char *path, char *token)
{
    char reason[REASON_MAX];

    if (path[0] == '\0')
        return 0;
    int rc = flags_read_token(path, token, reason, sizeof reason);
    return rc == 0 ? 0 : fail_at(load, name, rc, reason);
}

static int check_program(struct load *load)
{
    char reason[REASON_MAX];

    if (load->config->on_scale[0] == '\0')
        return 0;
    int rc = flags_check_program(load->config->on_scale, reason, sizeof reason);
    return rc == 0 ? 0 : fail_at(load, "on-scale", rc, reason);
}

static int load_config(struct collector_config *config, int argc, char **argv, bool rest, char *error,
                       size_t error_size)
{
    struct collector_config loaded = collector_config_defaults;
    struct load load = {.config = &loaded, .error = error, .error_size = error_size};

    int rc = take_state_directory(&load);
    if (rc == 0)
        rc = read_flags(&load, argc, argv);
    if (rc == 0 && load.path)
        rc = read_file(&load);
    if (rc == 0)
        rc = take_groups(&load);
    if (rc == 0)
        rc = check_settings(&load);
    if (rc == 0)
        rc = check_doors(&load);
    if (rc == 0 && rest)
        rc = read_token(&load, "token-file", loaded.token_file, loaded.token);
    if (rc == 0 && rest)
        rc = read_token(&load, "http-token-file", loaded.http_token_file, loaded.http_token);
    if (rc == 0 && rest)
        rc = check_program(&load);

    free(load.sections);
    if (rc == 0)
        *config = loaded;
    else
        free(loaded.groups);
    return rc;
}

int collector_config_load(struct collector_config *config, int argc, char **argv, char *error, size_t error_size)
{
    return load_config(config, argc, argv, true, error, error_size);
}

int collector_config_load_settings(struct collector_config *config, int argc, char **argv, char *error,
                                   size_t error_size)
{
    return load_config(config, argc, argv, false, error, error_size);
}

void collector_config_deinit(struct collector_config *config)
{
    free(config->groups);
    config->groups = NULL;
    config->group_count = 0;
}

static int compare_name(const void *name, const void *group)
{
    return strcmp(name, ((const struct group_config *)group)->name);
}

const struct scaler_settings *collector_config_group(const struct collector_config *config, const char *group)
{
    const struct group_config *found = NULL;
    if (config->group_count > 0)
        found = bsearch(group, config->groups, config->group_count, sizeof *config->groups, compare_name);
    return found ? &found->settings : &config->settings;
}

const char *collector_config_needs_restart(const struct collector_config *before, const struct collector_config *after)
{
    char was[SETTING_TEXT_MAX], is[SETTING_TEXT_MAX];

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &setting_table[i];
        setting_format(setting, setting_field(setting, before), was, sizeof was);
        setting_format(setting, setting_field(setting, after), is, sizeof is);
        if (setting->restart && strcmp(was, is) != 0)
            return setting->name;
    }
    return NULL;
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
    for (size_t i = 0; i < SETTING_COUNT; i++)
        print_setting(&setting_table[i], setting_field(&setting_table[i], config), out);
    for (unsigned g = 0; g < config->group_count; g++) {
        const struct group_config *group = &config->groups[g];
        (void)fprintf(out, "\n[group %s]\n", group->name);
        for (size_t i = 0; i < SETTING_COUNT; i++)
            if (setting_table[i].scope == SCOPE_GROUP)
                print_setting(&setting_table[i], setting_group_field(&setting_table[i], &group->settings), out);
    }
}
