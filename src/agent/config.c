#include "agent/config.h"

#include "common/error_text.h"

#include <errno.h>
#include <string.h>

const struct agent_config agent_config_defaults = {AGENT_SETTINGS(SETTING_DEFAULT)};

#define ROW(...) SETTING_ROW(struct agent_config, agent_config_defaults, __VA_ARGS__)

static const struct setting rows[] = {AGENT_SETTINGS(ROW)};

const struct setting_table agent_config_table = {rows, sizeof rows / sizeof *rows};

int agent_config_complete(struct agent_config *config, const char *host_name, char *error, size_t error_size)
{
    for (size_t len = strlen(config->root); len > 0 && config->root[len - 1] == '/'; len--)
        config->root[len - 1] = '\0';
    if (config->node_id[0] != '\0')
        return 0;
    if (!parse_name_ok(host_name, strlen(host_name)))
        return error_text_set(
            error, error_size, -EINVAL,
            "the host name \"%s\" can't be the node's name, which must be up to 128 letters, digits, "
            "dots, underscores and hyphens, beginning with a letter or digit; give one with --node-id",
            host_name);
    memcpy(config->node_id, host_name, strlen(host_name) + 1);
    return 0;
}
