#include "bridge/forward/forward_config.h"

#include "bridge/forward/write_labels.h"
#include "common/error_text.h"
#include "common/setting_flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const forward_from_names[] = {[FORWARD_NEWEST] = "newest", [FORWARD_OLDEST] = "oldest"};

const struct forward_config forward_config_defaults = {FORWARD_SETTINGS(SETTING_DEFAULT)};

#define ROW(...) SETTING_ROW(struct forward_config, forward_config_defaults, __VA_ARGS__)

static const struct setting rows[] = {FORWARD_SETTINGS(ROW)};

static const struct setting_table table = {rows, sizeof rows / sizeof *rows};

static const char about[] =
    "Sends every row of a collector's metrics.csv, and its decisions, to a time series database, by Prometheus remote "
    "write."
    "\vEach row reaches the engine, also if the engine, this program or the machine is killed: the cursor in --state "
    "stays behind by --settle, and what follows it is sent again after a break. A row that is sent twice is one sample "
    "in the engine. Run one process for each engine.";

static const char *const headings[] = {[FORWARD_ROWS] = "Rows:", [FORWARD_ENGINE] = "Engine:", NULL};

static char *on_help(int key, const char *text, void *arg)
{
    (void)arg;

    return setting_flags_help(&table, FLAG_OWN, key, text);
}

/* ---- lists ---- */

/* The next part of a list that commas separate; NULL at its end. */
static char *next_part(char **list)
{
    char *part = NULL;

    do
        part = strsep(list, ",");
    while (part != NULL && *part == '\0');
    return part;
}

static int find_column(const char *name)
{
    for (int metric = 0; metric < METRIC_COUNT; metric++)
        if (strcmp(metric_table[metric].column, name) == 0)
            return metric;
    return -1;
}

static int set_metrics(struct forward_config *config, char *error, size_t error_size)
{
    setting_path text;
    char *list = text;

    memcpy(text, config->metrics, sizeof text);
    config->options.metrics = 0;
    for (char *name = next_part(&list); name != NULL; name = next_part(&list)) {
        int metric = find_column(name);
        if (metric < 0)
            return error_text_set(error, error_size, -EINVAL,
                                  "--metrics: \"%.40s\" is not a column of metrics.csv; \"head -1 metrics.csv\" prints "
                                  "their names",
                                  name);
        config->options.metrics |= 1U << metric;
    }
    if (config->options.metrics == 0)
        config->options.metrics = (1U << METRIC_COUNT) - 1;
    return 0;
}

static int compare_labels(const void *a, const void *b)
{
    return strcmp(((const struct write_label *)a)->name, ((const struct write_label *)b)->name);
}

static int add_label(struct write_options *options, char *text, char *error, size_t error_size)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals[1] == '\0')
        return error_text_set(error, error_size, -EINVAL, "--labels: \"%.40s\" must be NAME=VALUE", text);
    if (options->label_count == WRITE_LABELS_MAX)
        return error_text_set(error, error_size, -EINVAL, "--labels: %u labels are the most", WRITE_LABELS_MAX);
    *equals = '\0';
    if (!write_labels_name_ok(text) || strlen(equals + 1) > WRITE_LABELS_VALUE_MAX)
        return error_text_set(error, error_size, -EINVAL,
                              "--labels: \"%.40s\" can't be added: a name has lower-case letters, digits and _, begins "
                              "with a letter, and is not group, node, resource or state; a value has at most %u bytes",
                              text, WRITE_LABELS_VALUE_MAX);
    options->labels[options->label_count++] = (struct write_label){text, equals + 1};
    return 0;
}

static int set_labels(struct forward_config *config, char *error, size_t error_size)
{
    struct write_options *options = &config->options;
    char *list = config->labels_text;
    int rc = 0;

    memcpy(config->labels_text, config->labels, sizeof config->labels_text);
    options->label_count = 0;
    for (char *text = next_part(&list); text != NULL && rc == 0; text = next_part(&list))
        rc = add_label(options, text, error, error_size);
    qsort(options->labels, options->label_count, sizeof *options->labels, compare_labels);
    for (unsigned i = 1; i < options->label_count && rc == 0; i++)
        if (compare_labels(&options->labels[i - 1], &options->labels[i]) == 0)
            rc = error_text_set(error, error_size, -EINVAL, "--labels: %s is given twice", options->labels[i].name);
    return rc;
}

/* ---- all ---- */

static void take_default(setting_path path, const char *from)
{
    if (path[0] == '\0' && from != NULL && strlen(from) < sizeof(setting_path))
        memcpy(path, from, strlen(from) + 1);
}

static int complete(struct forward_config *config, const struct forward_directories *directories, char *error,
                    size_t error_size)
{
    if (config->to[0] == '\0')
        return error_text_set(error, error_size, -EINVAL,
                              "--to is missing: the engine's address, such as http://127.0.0.1:8428/api/v1/write");
    if (strncmp(config->to, "http://", 7) != 0 && strncmp(config->to, "https://", 8) != 0)
        return error_text_set(error, error_size, -EINVAL, "--to must begin with http:// or https://, got \"%.80s\"",
                              config->to);
    take_default(config->state, directories->state);
    if (config->state[0] == '\0')
        return error_text_set(error, error_size, -EINVAL,
                              "--state is missing: a directory in which the bridge may write its cursor");
    take_default(config->report, directories->runtime);
    take_default(config->report, config->state);
    if (config->token_file[0] != '\0' && config->basic_file[0] != '\0')
        return error_text_set(error, error_size, -EINVAL, "--token-file or --basic-file, not both");
    if ((config->cert_file[0] == '\0') != (config->key_file[0] == '\0'))
        return error_text_set(error, error_size, -EINVAL, "--cert-file and --key-file must be given together");
    int rc = set_metrics(config, error, error_size);
    return rc == 0 ? set_labels(config, error, error_size) : rc;
}

int forward_config_parse(struct forward_config *config, int argc, char **argv,
                         const struct forward_directories *directories, char *error, size_t error_size)
{
    bool given[FORWARD_SETTING_COUNT] = {false};
    const struct setting_flags flags = {.program = "headroom-bridge forward",
                                        .about = about,
                                        .table = &table,
                                        .headings = headings,
                                        .help = on_help,
                                        .owner = config,
                                        .given = given};
    int rc = setting_flags_parse(&flags, argc, argv, error, error_size);

    return rc == 0 ? complete(config, directories, error, error_size) : rc;
}
