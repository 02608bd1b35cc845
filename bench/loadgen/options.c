#include "loadgen/options.h"

#include "common/flags.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define NODES_DEFAULT     100U
#define ADDRESSES_DEFAULT 8U
#define FOR_MS_MAX        (INT64_C(24) * 3600000)
#define BACKLOG_MS_MAX    (UINT64_C(50) * 86400000)

enum {
    FLAG_COLLECTOR = FLAG_OWN,
    FLAG_TOKEN_FILE,
    FLAG_CA_FILE,
    FLAG_CERT_FILE,
    FLAG_KEY_FILE,
    FLAG_NO_TICKETS,
    FLAG_NODES,
    FLAG_GROUPS,
    FLAG_PREFIX,
    FLAG_INTERVAL,
    FLAG_ALL_METRICS,
    FLAG_SETTLE,
    FLAG_FOR,
    FLAG_BATCH,
    FLAG_BACKLOG,
    FLAG_FLAT_OUT,
    FLAG_CHURN,
    FLAG_ADDRESSES,
    FLAG_STAY,
    FLAG_PID,
    FLAG_SEED
};

#define FLAG(flag_name, flag_key, flag_arg, flag_group, flag_doc)                                                      \
    {                                                                                                                  \
        .name = flag_name, .key = flag_key, .arg = flag_arg, .group = flag_group, .doc = flag_doc                      \
    }

static const struct argp_option table[] = {
    {.doc = "The collector:", .group = 1},
    FLAG("collector", FLAG_COLLECTOR, "HOST:PORT", 1, "Its address, default 127.0.0.1:7420"),
    FLAG("token-file", FLAG_TOKEN_FILE, "FILE", 1, "The key that it requires: connections are encrypted"),
    FLAG("ca-file", FLAG_CA_FILE, "FILE", 1, "The CAs that sign for collectors: connections are encrypted"),
    FLAG("cert-file", FLAG_CERT_FILE, "FILE", 1, "The certificate of all nodes; the collector has node-name = any"),
    FLAG("key-file", FLAG_KEY_FILE, "FILE", 1, "Its key"),
    FLAG("no-tickets", FLAG_NO_TICKETS, NULL, 1, "Show the certificate at each connection, not the ticket of the last"),
    FLAG("pid", FLAG_PID, "PID", 1, "Its process, to report CPU time and memory"),
    FLAG("addresses", FLAG_ADDRESSES, "N", 1,
         "Connect from this many addresses, 127.0.1.1 and following, up to 250, default 8; 0: let the kernel choose, "
         "for a collector on another machine"),

    {.doc = "The nodes:", .group = 2},
    FLAG("nodes", FLAG_NODES, "N", 2, "Number of nodes, default 100"),
    FLAG("groups", FLAG_GROUPS, "N", 2, "Number of groups, load-0 and following, default 1"),
    FLAG("prefix", FLAG_PREFIX, "NAME", 2, "Prefix of node ids and group names, default load"),
    FLAG("interval", FLAG_INTERVAL, "TIME", 2, "Between two samples of a node, default 1s"),
    FLAG("all-metrics", FLAG_ALL_METRICS, NULL, 2, "Also measure what few nodes do: throttling, an application, ..."),
    FLAG("backlog", FLAG_BACKLOG, "N", 2, "Samples that each node has at its start, default 0"),
    FLAG("seed", FLAG_SEED, "N", 2, "Seed of instances and jitter, default 1"),

    {.doc = "The load:", .group = 3},
    FLAG("settle", FLAG_SETTLE, "TIME", 3,
         "Begin to measure that long after all nodes are connected, so that Acks come as steadily as samples, default "
         "0"),
    FLAG("for", FLAG_FOR, "TIME", 3, "How long to measure, default 10s"),
    FLAG("batch", FLAG_BATCH, "N", 3,
         "Samples in a frame, 1 to 1024; default: all that wait, as agents do, which obey the collector's report_ms"),
    FLAG("flat-out", FLAG_FLAT_OUT, NULL, 3, "Send as fast as the collector grants credit, from an endless backlog"),
    FLAG("churn", FLAG_CHURN, "N", 3, "Connections to break off per second, default 0"),
    FLAG("stay", FLAG_STAY, NULL, 3, "End without Goodbye, as if all nodes lost power"),

    {.doc = "This program:", .group = -1},
    FLAGS_STANDARD,
    {0},
};

static const char about[] = "Simulates many agents that send to a Headroom collector, and measures it.\v"
                            "Prints a report to standard error and one line of JSON to standard output. Samples have "
                            "the metrics of an ordinary "
                            "node, which rise and fall like those of a busy fleet. Exits with 1 if a node could not "
                            "connect or a sample was not "
                            "acknowledged.";

struct load {
    struct options *options;
    char *error;
    size_t error_size;
};

static int fail(const struct load *load, const char *flag, const char *value, const char *allowed)
{
    snprintf(load->error, load->error_size, "--%s: \"%.80s\" is not %s", flag, value, allowed);
    return -EINVAL;
}

static int set_number(const struct load *load, const char *flag, const char *value, unsigned min, unsigned max,
                      unsigned *number)
{
    char allowed[48];
    unsigned parsed = 0;

    if (parse_unsigned(value, &parsed) == 0 && parsed >= min && parsed <= max) {
        *number = parsed;
        return 0;
    }
    snprintf(allowed, sizeof allowed, "a number of %u to %u", min, max);
    return fail(load, flag, value, allowed);
}

static int set_time(const struct load *load, const char *flag, const char *value, int64_t min, int64_t max,
                    int64_t *time_ms)
{
    int64_t parsed = 0;

    if (parse_duration_ms(value, &parsed) < 0 || parsed < min || parsed > max)
        return fail(load, flag, value, "a time such as 1s, 500ms or 5m, or is out of range");
    *time_ms = parsed;
    return 0;
}

static int set_prefix(const struct load *load, const char *value)
{
    size_t len = strlen(value);

    if (len >= sizeof load->options->prefix || !parse_name_ok(value, len))
        return fail(load, "prefix", value, "a name of letters, digits, dots, underscores and hyphens, or too long");
    memcpy(load->options->prefix, value, len + 1);
    return 0;
}

static int set_path(const struct load *load, const char *flag, const char *value, setting_path path)
{
    if (strlen(value) >= sizeof(setting_path))
        return fail(load, flag, value, "a path, or is too long");
    memcpy(path, value, strlen(value) + 1);
    return 0;
}

static int set_collector(const struct load *load, const char *value)
{
    if (parse_address(value, &load->options->collector) == 0 && load->options->collector.port > 0)
        return 0;
    return fail(load, "collector", value, "HOST:PORT");
}

static int on_flag(int key, const char *value, void *arg)
{
    struct load *load = arg;
    struct options *options = load->options;
    int64_t interval_ms = 0;
    unsigned number = 0;
    int rc = 0;

    switch (key) {
    case FLAG_COLLECTOR:
        return set_collector(load, value);
    case FLAG_TOKEN_FILE:
        options->token_file = value;
        return 0;
    case FLAG_CA_FILE:
        return set_path(load, "ca-file", value, options->certificates.ca);
    case FLAG_CERT_FILE:
        return set_path(load, "cert-file", value, options->certificates.cert);
    case FLAG_KEY_FILE:
        return set_path(load, "key-file", value, options->certificates.key);
    case FLAG_NO_TICKETS:
        options->no_tickets = true;
        return 0;
    case FLAG_NODES:
        return set_number(load, "nodes", value, 1, NODES_MAX, &options->nodes);
    case FLAG_GROUPS:
        return set_number(load, "groups", value, 1, GROUPS_MAX, &options->groups);
    case FLAG_PREFIX:
        return set_prefix(load, value);
    case FLAG_INTERVAL:
        rc = set_time(load, "interval", value, INTERVAL_MS_MIN, INTERVAL_MS_MAX, &interval_ms);
        options->interval_ms = rc == 0 ? (uint32_t)interval_ms : options->interval_ms;
        return rc;
    case FLAG_ALL_METRICS:
        options->all_metrics = true;
        return 0;
    case FLAG_SETTLE:
        return set_time(load, "settle", value, 0, FOR_MS_MAX, &options->settle_ms);
    case FLAG_FOR:
        return set_time(load, "for", value, 1, FOR_MS_MAX, &options->for_ms);
    case FLAG_BATCH:
        return set_number(load, "batch", value, 1, BATCH_SAMPLES_MAX, &options->batch);
    case FLAG_BACKLOG:
        return set_number(load, "backlog", value, 0, OUTBOX_SAMPLES_MAX, &options->backlog);
    case FLAG_FLAT_OUT:
        options->flat_out = true;
        return 0;
    case FLAG_CHURN:
        return set_number(load, "churn", value, 0, NODES_MAX, &options->churn);
    case FLAG_ADDRESSES:
        return set_number(load, "addresses", value, 0, 250, &options->addresses);
    case FLAG_STAY:
        options->stay = true;
        return 0;
    case FLAG_PID:
        rc = set_number(load, "pid", value, 1, INT_MAX, &number);
        options->pid = rc == 0 ? (pid_t)number : options->pid;
        return rc;
    case FLAG_SEED:
        rc = set_number(load, "seed", value, 0, UINT_MAX, &number);
        options->seed = rc == 0 ? number : options->seed;
        return rc;
    default:
        return 0;
    }
}

int options_load(struct options *options, int argc, char **argv, char *error, size_t error_size)
{
    struct options loaded = {
        .collector = {.host = "127.0.0.1", .port = 7420},
        .nodes = NODES_DEFAULT,
        .groups = 1,
        .prefix = "load",
        .interval_ms = 1000,
        .for_ms = 10000,
        .addresses = ADDRESSES_DEFAULT,
        .seed = 1,
    };
    struct load load = {.options = &loaded, .error = error, .error_size = error_size};
    struct flags flags = {
        .program = "headroom-loadgen", .about = about, .options = table, .on_flag = on_flag, .arg = &load};

    int rc = flags_parse(&flags, argc, argv, error, error_size);
    if (rc == 0 && (uint64_t)loaded.backlog * loaded.interval_ms > BACKLOG_MS_MAX) {
        snprintf(error, error_size, "--backlog: more than 50 days at this --interval");
        rc = -ERANGE;
    }
    if (rc == 0 && loaded.token_file != NULL && certificate_paths_any(&loaded.certificates)) {
        snprintf(error, error_size, "--token-file: a node has a key or a certificate");
        rc = -EINVAL;
    }
    if (rc == 0)
        *options = loaded;
    return rc;
}
