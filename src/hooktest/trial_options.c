#include "hooktest/trial_options.h"

#include "common/error_text.h"
#include "common/flags.h"
#include "scaler/settings.h"

#include <errno.h>
#include <string.h>

#define NODES_MIN_OF_TEST 3U
#define NODES_MAX_OF_TEST 100U
#define NODES_OF_TEST     3U
#define TIMEOUT_MS        (60 * (int64_t)SETTING_SECOND_MS)
#define SETTLE_MS         (60 * (int64_t)SETTING_SECOND_MS)

enum { FLAG_GROUP = FLAG_OWN, FLAG_VICTIMS, FLAG_MAX, FLAG_TIMEOUT, FLAG_SETTLE, FLAG_QUEUE, FLAG_SANDBOX, FLAG_YES };

static const char about[] =
    "Tests whether a hook keeps contract 2: calls PROGRAM as headroom-collector does, and prints what it gets wrong."
    "\vIt adds and removes real nodes. Use a group that exists for this: the nodes of the group may be removed, also "
    "those "
    "that were there before, if the hook is wrong. Nodes that the test has added are removed at its end. The hook runs "
    "without HOME, as under systemd.\n\n"
    "The exit status is 0 if nothing wrong was found, 1 if something was or the test could not be done, and 2 if the "
    "command line is not valid.\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

static const struct argp_option flag_options[] = {
    {.doc = "Test:", .group = 1},
    {"group", FLAG_GROUP, "NAME", 0, "Group whose nodes the hook adds and removes (default " TRIAL_GROUP ")", 1},
    {"victims", FLAG_VICTIMS, "MODE", 0,
     "Setting of the group: any if the hook can't remove nodes by name (least-loaded, newest, oldest or any; default "
     "least-loaded)",
     1},
    {"max", FLAG_MAX, "N", 0, "Maximum number of nodes that the test adds to the group, 3 to 100 (default 3)", 1},
    {"hook-timeout", FLAG_TIMEOUT, "TIME", 0, "Time limit of a run, as in the collector's settings (default 60s)", 1},
    {"settle", FLAG_SETTLE, "TIME", 0,
     "How long count may take to show what an order has changed (default 60s); for a cloud, minutes", 1},
    {"queue", FLAG_QUEUE, NULL, 0,
     "The hook hands its orders to a queue: test that it refuses an order that is older than the last one", 1},
    {"sandbox", FLAG_SANDBOX, NULL, 0,
     "Run the test as the unit headroom-collector.service runs the collector; needs root and systemd", 1},
    {"yes", FLAG_YES, NULL, 0,
     "Do it, although the group is not " TRIAL_GROUP " or has nodes already: all of them may be removed", 1},
    {.doc = "This program:", .group = -1},
    FLAGS_STANDARD,
    {0}};

struct reading {
    struct trial_options *options;
    char *error;
    size_t size;
};

static int refuse(const struct reading *reading, const char *flag, const char *value, const char *wanted)
{
    return error_text_set(reading->error, reading->size, -EINVAL, "--%s: \"%.80s\" is not %s", flag, value, wanted);
}

static int read_victims(const struct reading *reading, const char *value)
{
    for (unsigned i = 0; i <= VICTIMS_ANY; i++)
        if (strcmp(victims_names[i], value) == 0) {
            reading->options->any_victims = i == VICTIMS_ANY;
            return 0;
        }
    return refuse(reading, "victims", value, "least-loaded, newest, oldest or any");
}

static int read_time(const struct reading *reading, const char *flag, const char *value, int64_t *ms)
{
    int64_t given = 0;

    if (parse_duration_ms(value, &given) < 0 || given <= 0 || given > (int64_t)SETTING_DAY_MS)
        return refuse(reading, flag, value, "a time, such as 90s");
    *ms = given;
    return 0;
}

static int read_group(const struct reading *reading, const char *value)
{
    if (!parse_name_ok(value, strlen(value)))
        return refuse(reading, "group", value, "the name of a group");
    memcpy(reading->options->group, value, strlen(value) + 1);
    return 0;
}

static int read_max(const struct reading *reading, const char *value)
{
    unsigned given = 0;

    if (parse_unsigned(value, &given) < 0 || given < NODES_MIN_OF_TEST || given > NODES_MAX_OF_TEST)
        return refuse(reading, "max", value, "a number from 3 to 100");
    reading->options->nodes_max = given;
    return 0;
}

static int trial_options_on_flag(int key, const char *value, void *arg)
{
    const struct reading *reading = arg;
    struct trial_options *options = reading->options;

    switch (key) {
    case FLAG_GROUP:
        return read_group(reading, value);
    case FLAG_VICTIMS:
        return read_victims(reading, value);
    case FLAG_MAX:
        return read_max(reading, value);
    case FLAG_TIMEOUT:
        return read_time(reading, "hook-timeout", value, &options->timeout_ms);
    case FLAG_SETTLE:
        return read_time(reading, "settle", value, &options->settle_ms);
    case FLAG_QUEUE:
        options->has_queue = true;
        return 0;
    case FLAG_SANDBOX:
        options->is_sandboxed = true;
        return 0;
    default:
        options->is_confirmed = true;
        return 0;
    }
}

static int trial_options_on_operand(int key, const char *value, void *arg)
{
    const struct reading *reading = arg;

    (void)key;
    if (reading->options->program != NULL)
        return error_text_set(reading->error, reading->size, -EINVAL,
                              "only one PROGRAM is tested: \"%.80s\" is one too "
                              "many",
                              value);
    reading->options->program = value;
    return 0;
}

int trial_options_read(struct trial_options *options, int argc, char **argv, char *error, size_t size)
{
    struct reading reading = {options, error, size};
    const struct flags flags = {.program = "headroom-hook-test",
                                .about = about,
                                .options = flag_options,
                                .on_flag = trial_options_on_flag,
                                .operands = "PROGRAM",
                                .on_operand = trial_options_on_operand,
                                .arg = &reading};

    *options = (struct trial_options){
        .group = TRIAL_GROUP, .nodes_max = NODES_OF_TEST, .timeout_ms = TIMEOUT_MS, .settle_ms = SETTLE_MS};
    int rc = flags_parse(&flags, argc, argv, error, size);
    if (rc == 0 && options->program == NULL)
        return error_text_set(error, size, -EINVAL, "give the PROGRAM to test; see --help");
    return rc;
}
