/* Pure. The settings of headroom-bridge forward, one row each. */
#ifndef BRIDGE_FORWARD_FORWARD_CONFIG_H
#define BRIDGE_FORWARD_FORWARD_CONFIG_H

#include "bridge/forward/write_request.h"
#include "common/setting.h"

enum forward_heading { FORWARD_ROWS, FORWARD_ENGINE };

/* Where to begin without a cursor. */
enum forward_from { FORWARD_NEWEST, FORWARD_OLDEST };

extern const char *const forward_from_names[];

#define FORWARD_SETTINGS(X)                                                                                            \
    X(data, PATH("DIR"), "/var/lib/headroom", FLAG_ONLY, FORWARD_ROWS, "data",                                         \
      "The collector's data directory, or a copy of it; it is only read")                                              \
    X(state, PATH("DIR"), "", FLAG_ONLY, FORWARD_ROWS, "state",                                                        \
      "Directory of the cursor and the refused rows (default: $STATE_DIRECTORY)")                                      \
    X(report, PATH("DIR"), "", FLAG_ONLY, FORWARD_ROWS, "report",                                                      \
      "Directory of forward-NAME.state, which the collector reads (default: $RUNTIME_DIRECTORY, or that of --state)")  \
    X(from, CHOICE(enum forward_from, forward_from_names, FORWARD_OLDEST), FORWARD_NEWEST, FLAG_ONLY, FORWARD_ROWS,    \
      "from", "Where to begin without a cursor: newest: with the next row; oldest: with all that is stored")           \
    X(metrics, PATH("NAMES"), "", FLAG_ONLY, FORWARD_ROWS, "metrics",                                                  \
      "Columns of metrics.csv to send, separated by commas (default: all)")                                            \
    X(labels, PATH("NAME=VALUE,..."), "", FLAG_ONLY, FORWARD_ROWS, "labels",                                           \
      "Up to 8 labels of all series beside group and node, such as datacenter=fra")                                    \
    X(batch_ms, DURATION(100, SETTING_MINUTE_MS), 5000, FLAG_ONLY, FORWARD_ROWS, "batch",                              \
      "How long rows are collected for a request; engines take the values of one series together at half the cost")    \
                                                                                                                       \
    X(to, PATH("URL"), "", FLAG_ONLY, FORWARD_ENGINE, "to",                                                            \
      "The engine's address for Prometheus remote write, such as http://127.0.0.1:8428/api/v1/write")                  \
    X(name, NAME, "engine", FLAG_ONLY, FORWARD_ENGINE, "name",                                                         \
      "Name of the engine in file names, metrics and the log")                                                         \
    X(settle_ms, DURATION(0, SETTING_HOUR_MS), 60000, FLAG_ONLY, FORWARD_ENGINE, "settle",                             \
      "How long the engine may still lose what it has acknowledged, if it is killed; longer than the time in which "   \
      "it writes to its disk")                                                                                         \
    X(token_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "token-file", "File with a bearer token")      \
    X(basic_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "basic-file",                                  \
      "File with USER:PASSWORD for basic authentication")                                                              \
    X(header_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "header-file",                                \
      "File with more HTTP headers, one on each line, such as X-Scope-OrgID: fleet")                                   \
    X(ca_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "ca-file",                                        \
      "Certificates of the authorities that may have signed the engine's (default: those of the system)")              \
    X(cert_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "cert-file",                                    \
      "Certificate with which the bridge identifies itself")                                                           \
    X(key_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, FORWARD_ENGINE, "key-file", "The key of --cert-file")

#define FORWARD_SETTING_COUNT (0 FORWARD_SETTINGS(SETTING_ONE))

struct forward_config {
    FORWARD_SETTINGS(SETTING_MEMBER)
    struct write_options options; /* of metrics and labels; label texts point into labels_text */
    setting_path labels_text;
};

extern const struct forward_config forward_config_defaults;

/* $STATE_DIRECTORY and $RUNTIME_DIRECTORY, or NULL. */
struct forward_directories {
    const char *state;
    const char *runtime;
};

/* Sets what the flags in argv say. 0, or a negative errno with the reason in error. */
int forward_config_parse(struct forward_config *config, int argc, char **argv,
                         const struct forward_directories *directories, char *error, size_t error_size);

#endif
