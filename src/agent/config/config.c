#include "agent/config/config.h"

#include "common/error_text.h"
#include "common/hash.h"
#include "common/setting_flags.h"

#include <errno.h>
#include <string.h>

const char *const agent_config_on_stop[] = {
    [ON_STOP_AUTO] = "auto", [ON_STOP_LEAVING] = "leaving", [ON_STOP_RESTARTING] = "restarting"};

const struct agent_config agent_config_defaults = {AGENT_SETTINGS(SETTING_DEFAULT)};

#define ROW(...) SETTING_ROW(struct agent_config, agent_config_defaults, __VA_ARGS__)

static const struct setting rows[] = {AGENT_SETTINGS(ROW)};

const struct setting_table agent_config_table = {rows, sizeof rows / sizeof *rows};

void agent_config_certificates(const struct agent_config *config, struct certificate_paths *paths)
{
    *paths = (struct certificate_paths){0};
    memcpy(paths->cert, config->cert_file, sizeof paths->cert);
    memcpy(paths->key, config->key_file, sizeof paths->key);
    memcpy(paths->ca, config->ca_file, sizeof paths->ca);
    memcpy(paths->pin, config->ca_pin, sizeof paths->pin);
}

/* ---- flags ---- */

static const char about[] =
    "Samples the metrics of this node and sends them to a Headroom collector."
    "\vA TIME is a number with a unit: 250ms, 1s, 1.5m, 2h. A NAME has up to 128 letters, digits, dots, underscores "
    "and "
    "hyphens, beginning with a letter or digit.\n\n"
    "On SIGTERM or SIGINT, the agent takes up to 5 seconds to send the remaining samples, and exits.";

static const char *const headings[] = {
    [AGENT_CONFIG_DELIVERY] = "Delivery of samples:",
    [AGENT_CONFIG_NODE] = "This node:",
    [AGENT_CONFIG_SAMPLING] = "Sampling:",
    NULL,
};

static char *on_help(int key, const char *text, void *arg)
{
    (void)arg;

    return setting_flags_help(&agent_config_table, FLAG_OWN, key, text);
}

int agent_config_parse(struct agent_config *config, int argc, char **argv, char *error, size_t error_size)
{
    bool given[AGENT_SETTING_COUNT] = {false};
    const struct setting_flags flags = {.program = "headroom-agent",
                                        .about = about,
                                        .table = &agent_config_table,
                                        .headings = headings,
                                        .help = on_help,
                                        .owner = config,
                                        .given = given};

    return setting_flags_parse(&flags, argc, argv, error, error_size);
}

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

uint64_t agent_config_phase(const struct agent_config *config)
{
    return hash_fnv1a(hash_fnv1a_begin(), config->node_id, strlen(config->node_id));
}
