#include "agent/config.h"

#include "common/flags.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLAG_COLLECTOR = FLAG_OWN,
    FLAG_NODE_ID,
    FLAG_GROUP,
    FLAG_INTERVAL,
    FLAG_OUTBOX,
    FLAG_SPOOL,
    FLAG_TOKEN_FILE,
    FLAG_ROOT,
    FLAG_ONCE,
    FLAG_DRAIN
};

static const struct argp_option options[] = {
    {.doc = "Where samples go:", .group = 1},
    {.name = "collector",
     .key = FLAG_COLLECTOR,
     .arg = "HOST:PORT",
     .group = 1,
     .doc =
         "A collector, default 127.0.0.1:7420; an IPv6 address in brackets. Give it up to 8 times: the agent keeps to "
         "the first that it can reach"},
    {.name = "token-file",
     .key = FLAG_TOKEN_FILE,
     .arg = "FILE",
     .group = 1,
     .doc = "The token to show to collectors that ask for one, alone in a file"},
    {.name = "outbox",
     .key = FLAG_OUTBOX,
     .arg = "N",
     .group = 1,
     .doc =
         "Samples kept while no collector takes them, 16 to 10000000, default 3600; then the oldest are dropped, and "
         "counted"},
    {.name = "spool",
     .key = FLAG_SPOOL,
     .arg = "DIR",
     .group = 1,
     .doc =
         "Keep them in a file in DIR, so that they outlive the agent; default, or with an empty DIR: in memory only"},

    {.doc = "What this node is:", .group = 2},
    {.name = "node-id",
     .key = FLAG_NODE_ID,
     .arg = "NAME",
     .group = 2,
     .doc = "Its name, the same after each start and no other node's; default: the host name"},
    {.name = "group",
     .key = FLAG_GROUP,
     .arg = "NAME",
     .group = 2,
     .doc = "The group that it is scaled with, default \"default\""},
    {.name = "drain",
     .key = FLAG_DRAIN,
     .group = 2,
     .doc = "Told to stop, say that the node leaves for good; else it counts as restarting"},

    {.doc = "How it is measured:", .group = 3},
    {.name = "interval",
     .key = FLAG_INTERVAL,
     .arg = "TIME",
     .group = 3,
     .doc = "Time between two samples, 50ms to 1h, default 1s"},
    {.name = "root",
     .key = FLAG_ROOT,
     .arg = "DIR",
     .group = 3,
     .doc = "Read DIR/proc and DIR/sys, for containers that see the host's there"},
    {.name = "once", .key = FLAG_ONCE, .group = 3, .doc = "Print one sample as JSON and exit, without a collector"},

    {.doc = "This program:", .group = -1},
    FLAGS_STANDARD,
    {0},
};

static const char about[] =
    "Measures this node and sends the samples to a Headroom collector."
    "\vA TIME is a number with its unit: 250ms, 1s, 1.5m, 2h. A NAME begins with a letter or "
    "digit; then come up to 127 "
    "letters, digits, dots, underscores or hyphens.\n\n"
    "Told to stop by SIGTERM or SIGINT, the agent sends what it still has, for up to 5 seconds.";

static_assert(COLLECTORS_MAX == 8 && OUTBOX_SAMPLES_MIN == 16 && OUTBOX_SAMPLES_MAX == 10000000 &&
                  INTERVAL_MS_MIN == 50 && INTERVAL_MS_MAX == 3600000 && NAME_LEN_MAX == 128,
              "help and errors say so");

struct load {
    struct agent_config *config;
    const char *token_file;
    char *error;
    size_t error_size;
};

#define NAME_RULE "up to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit"

static int fail(const struct load *load, const char *flag, const char *value, const char *reason)
{
    (void)snprintf(load->error, load->error_size, "--%s: \"%.80s\" %s", flag, value, reason);
    return -EINVAL;
}

static int set_name(const struct load *load, const char *flag, const char *value, char *name)
{
    size_t len = strlen(value);
    if (!parse_name_ok(value, len))
        return fail(load, flag, value, "is not a name; write " NAME_RULE);
    memcpy(name, value, len + 1);
    return 0;
}

static int add_collector(const struct load *load, const char *value)
{
    struct agent_config *config = load->config;
    struct address address;

    if (config->collector_count == COLLECTORS_MAX)
        return fail(load, "collector", value, "is one too many; up to 8 are allowed");
    if (parse_address(value, &address) != 0 || address.port == 0)
        return fail(
            load, "collector", value,
            "is not an address; write HOST:PORT with a port of 1 to 65535, for example 127.0.0.1:7420 or [::1]:7420");
    config->collectors[config->collector_count++] = address;
    return 0;
}

static int set_interval(const struct load *load, const char *value)
{
    int64_t ms;
    int rc = parse_duration_ms(value, &ms);
    if (rc == -EINVAL)
        return fail(load, "interval", value, "is not a time; write 50ms to 1h, for example 1s");
    if (rc != 0 || ms < INTERVAL_MS_MIN || ms > INTERVAL_MS_MAX)
        return fail(load, "interval", value, "is out of range; write 50ms to 1h");
    load->config->interval_ms = (uint32_t)ms;
    return 0;
}

static int set_outbox(const struct load *load, const char *value)
{
    unsigned samples;
    int rc = parse_unsigned(value, &samples);
    if (rc == -EINVAL)
        return fail(load, "outbox", value, "is not a number; write 16 to 10000000");
    if (rc != 0 || samples < OUTBOX_SAMPLES_MIN || samples > OUTBOX_SAMPLES_MAX)
        return fail(load, "outbox", value, "is out of range; write 16 to 10000000");
    load->config->outbox_samples = samples;
    return 0;
}

static int set_root(const struct load *load, const char *value)
{
    size_t len = strlen(value);
    while (len > 0 && value[len - 1] == '/')
        len--;
    if (len >= sizeof load->config->root)
        return fail(load, "root", value, "is too long for a path");
    memcpy(load->config->root, value, len);
    load->config->root[len] = '\0';
    return 0;
}

/* What a person has to mend. A disk that does not work is no reason not to measure. */
static int set_spool(const struct load *load, const char *value)
{
    struct stat status;
    size_t len = strlen(value);

    if (len >= sizeof load->config->spool)
        return fail(load, "spool", value, "is too long for a path");
    int rc = len > 0 && stat(value, &status) < 0 ? errno : 0;
    if (rc == ENOENT || rc == ENOTDIR || (len > 0 && rc == 0 && !S_ISDIR(status.st_mode)))
        return fail(load, "spool", value, "is not a folder; make it, writable for the agent");
    if (rc == EACCES || (len > 0 && access(value, W_OK | X_OK) < 0 && errno == EACCES))
        return fail(load, "spool", value, "is not writable for the agent; give it to the agent's user");
    memcpy(load->config->spool, value, len + 1);
    return 0;
}

static int on_flag(int key, const char *value, void *arg)
{
    struct load *load = arg;
    struct agent_config *config = load->config;

    switch (key) {
    case FLAG_COLLECTOR:
        return add_collector(load, value);
    case FLAG_NODE_ID:
        return set_name(load, "node-id", value, config->node_id);
    case FLAG_GROUP:
        return set_name(load, "group", value, config->group);
    case FLAG_INTERVAL:
        return set_interval(load, value);
    case FLAG_OUTBOX:
        return set_outbox(load, value);
    case FLAG_SPOOL:
        return set_spool(load, value);
    case FLAG_TOKEN_FILE:
        load->token_file = value;
        break;
    case FLAG_ROOT:
        return set_root(load, value);
    case FLAG_ONCE:
        config->once = true;
        break;
    case FLAG_DRAIN:
        config->drain = true;
        break;
    default:
        break;
    }
    return 0;
}

/* What has no constant default. */
static int complete(const struct load *load)
{
    struct agent_config *config = load->config;

    if (config->collector_count == 0)
        config->collectors[config->collector_count++] = (struct address){.host = "127.0.0.1", .port = 7420};
    if (config->node_id[0] != '\0')
        return 0;

    char name[256]; /* longer than any host name of Linux */
    if (gethostname(name, sizeof name) != 0) {
        int rc = -errno;
        (void)snprintf(load->error, load->error_size, "can't read the host name: %s; name the node with --node-id",
                       strerror(-rc));
        return rc;
    }
    size_t len = strlen(name);
    if (!parse_name_ok(name, len)) {
        (void)snprintf(load->error, load->error_size,
                       "the host name \"%s\" can't be the node's name (" NAME_RULE "); give one with --node-id", name);
        return -EINVAL;
    }
    memcpy(config->node_id, name, len + 1);
    return 0;
}

static int read_token(const struct load *load)
{
    char reason[PATH_MAX + 128];

    if (!load->token_file)
        return 0;
    int rc = flags_read_token(load->token_file, load->config->token, reason, sizeof reason);
    if (rc != 0)
        (void)snprintf(load->error, load->error_size, "--token-file: %s", reason);
    return rc;
}

int agent_config_load(struct agent_config *config, int argc, char **argv, char *error, size_t error_size)
{
    struct agent_config loaded = {.group = "default", .interval_ms = 1000, .outbox_samples = 3600};
    struct load load = {.config = &loaded, .error = error, .error_size = error_size};
    struct flags flags = {
        .program = "headroom-agent", .about = about, .options = options, .on_flag = on_flag, .arg = &load};

    int rc = flags_parse(&flags, argc, argv, error, error_size);
    if (rc == 0)
        rc = complete(&load);
    if (rc == 0)
        rc = read_token(&load);
    if (rc == 0)
        *config = loaded;
    return rc;
}
