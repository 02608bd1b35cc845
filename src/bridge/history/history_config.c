#include "bridge/history/history_config.h"

#include "common/error_text.h"
#include "common/setting_flags.h"

#include <errno.h>
#include <string.h>

static const struct history_config defaults = {HISTORY_SETTINGS(SETTING_DEFAULT)};

#define ROW(...) SETTING_ROW(struct history_config, defaults, __VA_ARGS__)

static const struct setting rows[] = {HISTORY_SETTINGS(ROW)};

static const struct setting_table table = {rows, sizeof rows / sizeof *rows};

static const char about[] =
    "Asks a time series database about the past of a node or a group, once: the collector starts it for its page."
    "\vThe question is a line on standard input: \"group web FROM TO NOW demand,capacity\", with times in "
    "milliseconds. "
    "The answer is the JSON of /api/v1/history.";

static const char *const headings[] = {"Engine:", NULL};

static char *on_help(int key, const char *text, void *arg)
{
    (void)arg;

    return setting_flags_help(&table, FLAG_OWN, key, text);
}

int history_config_parse(struct history_config *config, int argc, char **argv, char *error, size_t error_size)
{
    bool given[HISTORY_SETTING_COUNT] = {false};
    const struct setting_flags flags = {.program = "headroom-bridge history",
                                        .about = about,
                                        .table = &table,
                                        .headings = headings,
                                        .help = on_help,
                                        .owner = config,
                                        .given = given};

    *config = defaults;
    int rc = setting_flags_parse(&flags, argc, argv, error, error_size);
    if (rc == 0 && strncmp(config->url, "http://", 7) != 0 && strncmp(config->url, "https://", 8) != 0)
        rc = error_text_set(error, error_size, -EINVAL, "--url must begin with http:// or https://, got \"%.80s\"",
                            config->url);
    return rc;
}
