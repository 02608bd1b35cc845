#include "collector/config/config_flags.h"

#include "common/error_text.h"
#include "common/setting_flags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char about[] =
    "Collects samples from the agents of a fleet, writes them to CSV files, and decides how many nodes each group "
    "needs."
    "\vA TIME is a number with a unit: 250ms, 90s, 1.5h, 7d. A SIZE is a number of bytes; the suffixes K, M and G "
    "multiply it by powers of 1024, as in 256M.\n\n"
    "In the configuration file, the section [collector] sets defaults under the names of the flags, as in "
    "\"cpu-high = 75%\", and a section [group NAME] sets the values of one group. A flag overrides [collector]; "
    "[group NAME] overrides both.";

static const char *const headings[] = {
    [CONFIG_FILE] = "Configuration:",
    [CONFIG_AGENTS] = "Agents:",
    [CONFIG_STORAGE] = "Storage:",
    [CONFIG_HTTP] = "HTTP server:",
    [CONFIG_COMMANDS] = "Commands (the program headroom):",
    [CONFIG_HOOK] = "Hook:",
    [CONFIG_ALERTS] = "Alerts:",
    [CONFIG_SIGNALS] = "Signals (sections [signal NAME] of the file):",
    [CONFIG_GROUPS] = "Groups (a section [group NAME] of the file can override these):",
    NULL,
};

static char *on_help(int key, const char *text, void *arg)
{
    (void)arg;

    return setting_flags_help(&collector_config_table, FLAG_OWN, key, text);
}

int config_flags_take_state_directory(struct config_draft *draft, const char *state)
{
    char path[PATH_MAX], reason[CONFIG_REASON_MAX];

    if (state == NULL || state[0] == '\0')
        return 0;
    size_t len = strcspn(state, ":");
    if (len >= sizeof path)
        return error_text_set(draft->error, draft->error_size, -EINVAL,
                              "$STATE_DIRECTORY is too long; give the directory with --data");
    memcpy(path, state, len);
    path[len] = '\0';
    if (setting_set(setting_find(&collector_config_table, "data"), draft->config.data_dir, path, reason,
                    sizeof reason) != 0)
        return error_text_set(draft->error, draft->error_size, -EINVAL, "$STATE_DIRECTORY %s", reason);
    return 0;
}

int config_flags_take_runtime_directory(struct config_draft *draft, const char *runtime)
{
    char path[PATH_MAX];

    if (runtime == NULL || runtime[0] == '\0')
        return 0;
    int len = snprintf(path, sizeof path, "%.*s/" ADMIN_SOCKET_NAME, (int)strcspn(runtime, ":"), runtime);
    if (len < 0 || (size_t)len >= sizeof path)
        return error_text_set(draft->error, draft->error_size, -EINVAL,
                              "$RUNTIME_DIRECTORY is too long; give the socket with --admin-socket");
    memcpy(draft->config.admin_socket, path, (size_t)len + 1);
    return 0;
}

int config_flags_read(struct config_draft *draft, int argc, char **argv)
{
    const struct setting_flags flags = {.program = "headroom-collector",
                                        .about = about,
                                        .table = &collector_config_table,
                                        .headings = headings,
                                        .help = on_help,
                                        .owner = &draft->config,
                                        .given = draft->given};

    return setting_flags_parse(&flags, argc, argv, draft->error, draft->error_size);
}
