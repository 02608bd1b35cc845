/* Pure. The collector's settings, one row each in config.h: default, range, flag, help.
 *
 * Precedence: defaults < [collector] of the file < flags < [group NAME] of the file. */
#ifndef COLLECTOR_CONFIG_CONFIG_H
#define COLLECTOR_CONFIG_CONFIG_H

#include "collector/config/schedule.h"
#include "common/limits.h"
#include "common/setting.h"
#include "feed/signal_settings.h"
#include "scaler/settings.h"
#include "tls/certificate_paths.h"
#include "tls/key_ring.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ADMIN_SOCKET_NAME "admin.sock" /* in the runtime directory, or in that of the data */

/* The headings of --help. */
enum config_heading {
    CONFIG_FILE,
    CONFIG_AGENTS,
    CONFIG_STORAGE,
    CONFIG_HTTP,
    CONFIG_COMMANDS,
    CONFIG_HOOK,
    CONFIG_ALERTS,
    CONFIG_SIGNALS,
    CONFIG_GROUPS
};

/* Which groups are scaled. Any other one is observed: nothing is ordered for a name that an agent has made up. */
enum scale_groups {
    SCALE_GROUPS_CONFIGURED, /* those with a section, a schedule or a signal; without any, the group `default` */
    SCALE_GROUPS_ANY
};

extern const char *const scale_groups_names[]; /* configured, any */

/* The rows of common/setting.h: X(field, KIND, default, SCOPE, heading, "name", "help"). Those of groups are in
 * scaler/settings.h. A new setting is a row here and a paragraph in packaging/headroom.conf. */
#define COLLECTOR_SETTINGS(X)                                                                                          \
    X(file, PATH("FILE"), "", FLAG_ONLY, CONFIG_FILE, "config", "Read settings from this file")                        \
    X(check, FLAG, false, FLAG_ONLY, CONFIG_FILE, "check-config", "Print the settings in effect and exit")             \
                                                                                                                       \
    X(listen, ADDRESS, SETTING_ADDRESS_OF("127.0.0.1", 7420), RESTART, CONFIG_AGENTS, "listen",                        \
      "Address to listen on for agents; port 0 picks any free port")                                                   \
    X(token_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "token-file",                                               \
      "File with the fleet's key: agents must have the same key, or one that is derived from it, and send encrypted. " \
      "\"headroom key --new\" makes one. Required on any address other than loopback, unless --cert-file or "          \
      "--insecure is given")                                                                                           \
    X(revoked_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "revoked-file",                                           \
      "File with the names of nodes whose keys are no longer accepted, one on each line; \"group NAME\": the key of "  \
      "a "                                                                                                             \
      "group")                                                                                                         \
    X(cert_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "cert-file",                                                 \
      "Certificate that the collector shows to agents with certificates, in PEM, with those that lead to the CA; an "  \
      "agent chooses between a key and a certificate")                                                                 \
    X(key_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "key-file",                                                   \
      "Key of --cert-file: ECDSA, Ed25519, or RSA with 2048 bits")                                                     \
    X(ca_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "ca-file",                                                     \
      "Certificates of the CAs that sign for agents, in PEM")                                                          \
    X(crl_file, PATH("FILE"), "", RELOAD, CONFIG_AGENTS, "crl-file",                                                   \
      "Lists of the certificates that these CAs have revoked, in PEM")                                                 \
    X(node_name, PATH("RULE"), "dns", RELOAD, CONFIG_AGENTS, "node-name",                                              \
      "Which name in an agent's certificate must be that of its node: dns: a DNS name of the SAN; spiffe://PREFIX: "   \
      "the only URI, which is PREFIX/GROUP/NODE or PREFIX/NODE; any: none")                                            \
    X(cert_group, OPTIONAL_PATH("NAME"), "", GROUP, CONFIG_AGENTS, "cert-group",                                       \
      "OU, or beginning of the URI, that a certificate must have to speak for nodes of the group; empty: none")        \
    X(insecure, SWITCH, false, RESTART, CONFIG_AGENTS, "insecure",                                                     \
      "Allow agents on other machines to connect without a key or certificate, and without encryption")                \
    X(agents_max, NUMBER(1, NODES_MAX), 20000, RESTART, CONFIG_AGENTS, "max-agents",                                   \
      "Maximum number of connected agents")                                                                            \
    X(ack_interval_ms, DURATION(SETTING_SECOND_MS, SETTING_MINUTE_MS), 5 * SETTING_SECOND_MS, RESTART, CONFIG_AGENTS,  \
      "ack-interval", "Interval between acknowledgements to an agent")                                                 \
    X(gone_ms, DURATION(SETTING_SECOND_MS, 30 * SETTING_DAY_MS), 10 * SETTING_MINUTE_MS, RELOAD, CONFIG_AGENTS,        \
      "gone-after", "How long a node may be missing until it counts as gone")                                          \
                                                                                                                       \
    X(data_dir, PATH("DIR"), "./data", RESTART, CONFIG_STORAGE, "data",                                                \
      "Directory of the CSV files; under systemd the default is $STATE_DIRECTORY")                                     \
    X(history_ms, DURATION(10 * SETTING_SECOND_MS, SETTING_DAY_MS), 10 * SETTING_MINUTE_MS, RESTART, CONFIG_STORAGE,   \
      "history", "How long each node's samples are held in memory")                                                    \
    X(memory_max, SIZE(0, UINT64_C(1) << 50), 0, RESTART, CONFIG_STORAGE, "memory-max",                                \
      "Maximum memory for the samples of --history; when it is used up, further nodes have a history of a few "        \
      "samples. 0: half of the machine's memory, or of the limit of the collector's control group")                    \
    X(flush_ms, DURATION(10, SETTING_MINUTE_MS), SETTING_SECOND_MS, RELOAD, CONFIG_STORAGE, "flush",                   \
      "Maximum time from receiving a sample to writing it")                                                            \
    X(sync_ms, SYNC(SYNC_MS_MIN, SYNC_MS_MAX), SYNC_ALWAYS, RELOAD, CONFIG_STORAGE, "sync",                            \
      "When samples are synced to disk: before they are acknowledged, within TIME after they are written, or "         \
      "when the kernel writes them back. This determines which acknowledged samples a power failure can lose; "        \
      "killing the collector never loses any")                                                                         \
    X(rotate_bytes, SIZE(4096, UINT64_C(1) << 40), UINT64_C(256) << 20, RELOAD, CONFIG_STORAGE, "rotate-size",         \
      "Size at which the collector begins a new file")                                                                 \
    X(rotate_ms, DURATION(SETTING_SECOND_MS, 365 * SETTING_DAY_MS), SETTING_DAY_MS, RELOAD, CONFIG_STORAGE,            \
      "rotate-age", "Age at which the collector begins a new file")                                                    \
    X(retain_ms, DURATION(0, 3650 * SETTING_DAY_MS), 30 * SETTING_DAY_MS, RELOAD, CONFIG_STORAGE, "retain",            \
      "Age at which the collector deletes old files; 0: never")                                                        \
    X(retain_bytes, SIZE(0, UINT64_C(1) << 50), 0, RELOAD, CONFIG_STORAGE, "retain-size",                              \
      "Size of all files of metrics.csv above which the collector deletes the oldest finished ones; the same for "     \
      "gaps.csv and decisions.csv; 0: no limit")                                                                       \
    X(compress_after_ms, DURATION(0, 3650 * SETTING_DAY_MS), SETTING_HOUR_MS, RELOAD, CONFIG_STORAGE,                  \
      "compress-after", "Age at which finished files are compressed with zstd; 0: never")                              \
                                                                                                                       \
    X(http, OPTIONAL_ADDRESS, SETTING_ADDRESS_OF("127.0.0.1", 7421), RESTART, CONFIG_HTTP, "http",                     \
      "Address to listen on for the page, the JSON API and Prometheus; port 0 picks any free port")                    \
    X(http_token_file, PATH("FILE"), "", RELOAD, CONFIG_HTTP, "http-token-file",                                       \
      "File with the token that HTTP clients must present; required on any address other than loopback, unless "       \
      "--http-ca-file or --http-insecure is given")                                                                    \
    X(http_cert_file, PATH("FILE"), "", RESTART, CONFIG_HTTP, "http-cert-file",                                        \
      "PEM file with a certificate, and those that lead from it to its CA: the server speaks HTTPS. The file is read " \
      "again when it changes")                                                                                         \
    X(http_key_file, PATH("FILE"), "", RESTART, CONFIG_HTTP, "http-key-file",                                          \
      "PEM file with the key of --http-cert-file")                                                                     \
    X(http_ca_file, PATH("FILE"), "", RESTART, CONFIG_HTTP, "http-ca-file",                                            \
      "PEM file with CA certificates: an HTTPS client with a certificate of one of them needs no token")               \
    X(history_url, OPTIONAL_PATH("URL"), "", RELOAD, CONFIG_HTTP, "history-url",                                       \
      "Address of an engine with the API of Prometheus, to which headroom-bridge forward sends: the page's history "   \
      "comes from there; empty: from the files")                                                                       \
    X(history_token_file, OPTIONAL_PATH("FILE"), "", RELOAD, CONFIG_HTTP, "history-token-file",                        \
      "File with a bearer token for the engine")                                                                       \
    X(history_ca_file, OPTIONAL_PATH("FILE"), "", RELOAD, CONFIG_HTTP, "history-ca-file",                              \
      "Certificates of the CAs that may have signed the engine's; empty: those of the system")                         \
    X(http_insecure, SWITCH, false, RESTART, CONFIG_HTTP, "http-insecure",                                             \
      "Allow other machines to read without a token")                                                                  \
    X(http_ingest, SWITCH, false, RELOAD, CONFIG_HTTP, "http-ingest",                                                  \
      "Accept samples that agents of the Python system post")                                                          \
    X(http_connections_max, NUMBER(4, HTTP_CONNECTIONS_MAX), 64, RESTART, CONFIG_HTTP, "http-connections",             \
      "Maximum number of HTTP connections; at most half of them from one address")                                     \
    X(forward_dir, OPTIONAL_PATH("DIR"), "/run/headroom-forward", RELOAD, CONFIG_HTTP, "forward-dir",                  \
      "Directory of the states that forwarders report (headroom-bridge forward --report DIR/NAME), for the page, "     \
      "JSON "                                                                                                          \
      "and Prometheus; empty: none")                                                                                   \
                                                                                                                       \
    X(admin_socket, PATH("PATH"), "", RESTART, CONFIG_COMMANDS, "admin-socket",                                        \
      "Socket for the commands of the program headroom; under systemd the default is $RUNTIME_DIRECTORY/admin.sock, "  \
      "otherwise admin.sock in the directory of --data")                                                               \
                                                                                                                       \
    X(on_scale, PATH("PROGRAM"), "", RELOAD, CONFIG_HOOK, "on-scale",                                                  \
      "Program that the collector runs to add and remove nodes; without it, decisions are only recorded")              \
    X(scale_groups, CHOICE(enum scale_groups, scale_groups_names, SCALE_GROUPS_ANY), SCALE_GROUPS_CONFIGURED, RELOAD,  \
      CONFIG_HOOK, "scale-groups",                                                                                     \
      "Which groups are scaled: configured, those with a section [group NAME], a schedule or a signal, and without "   \
      "any the group default; or any. Others are only observed")                                                       \
    X(hook_timeout_ms, DURATION(SETTING_SECOND_MS, SETTING_HOUR_MS), SETTING_MINUTE_MS, RELOAD, CONFIG_HOOK,           \
      "hook-timeout", "Time limit for each run of the --on-scale program, and of the --on-alert program")              \
    X(count, OPTIONAL_PATH("PROGRAM"), "", GROUP, CONFIG_HOOK, "count",                                                \
      "Program that the collector asks how many nodes of a group exist; without it, the --on-scale program is asked")  \
                                                                                                                       \
    X(on_alert, PATH("PROGRAM"), "", RELOAD, CONFIG_ALERTS, "on-alert",                                                \
      "Program that the collector runs when problems begin, still last and end; they come as JSON on its standard "    \
      "input")                                                                                                         \
    X(alert_repeat_ms, DURATION(0, 30 * SETTING_DAY_MS), 4 * SETTING_HOUR_MS, RELOAD, CONFIG_ALERTS, "alert-repeat",   \
      "After which time the --on-alert program hears again of a problem that lasts; 0: never")                         \
    X(alert_interval_ms, DURATION(0, SETTING_DAY_MS), 5 * SETTING_MINUTE_MS, RELOAD, CONFIG_ALERTS, "alert-interval",  \
      "Minimum time between two messages to the --on-alert program about one problem")                                 \
                                                                                                                       \
    X(query_url, OPTIONAL_PATH("URL"), "", RELOAD, CONFIG_SIGNALS, "query-url",                                        \
      "Address of the engine that the queries of signals are sent to, such as http://127.0.0.1:8428")                  \
    X(query_token_file, OPTIONAL_PATH("FILE"), "", RELOAD, CONFIG_SIGNALS, "query-token-file",                         \
      "File with a bearer token for that engine")                                                                      \
    X(query_ca_file, OPTIONAL_PATH("FILE"), "", RELOAD, CONFIG_SIGNALS, "query-ca-file",                               \
      "Certificates of the CAs that may have signed the engine's, in PEM; without it, those of the system")            \
    X(query_timeout_ms, DURATION(100, SETTING_MINUTE_MS), 4 * SETTING_SECOND_MS, RELOAD, CONFIG_SIGNALS,               \
      "query-timeout", "Time limit for the answer to a query")

#define COLLECTOR_SETTING_COUNT (0 COLLECTOR_SETTINGS(SETTING_ONE) SCALER_SETTINGS(SETTING_ONE))

struct group_config {
    char name[NAME_LEN_MAX + 1];
    struct scaler_settings settings;
    setting_path count;
    setting_path cert_group;
};

struct collector_config {
    COLLECTOR_SETTINGS(SETTING_MEMBER)
    struct key_ring keys;               /* owned: the content of token_file and revoked_file */
    char http_token[TOKEN_LEN_MAX + 1]; /* the content of http_token_file; empty: HTTP clients need none */
    uint64_t file_hash;                 /* of the text of `file` (common/hash.h); of no bytes without a file */
    struct scaler_settings settings;    /* of groups without a section */
    struct group_config *groups;        /* owned, ascending by name */
    unsigned group_count;
    struct schedule *schedules; /* owned, ascending by name */
    unsigned schedule_count;
    struct signal_settings *signals; /* owned, ascending by group, then by name */
    unsigned signal_count;
};

extern const struct collector_config collector_config_defaults;
extern const struct setting_table collector_config_table; /* COLLECTOR_SETTING_COUNT rows */

void collector_config_deinit(struct collector_config *config);

/* Whether a setting is one of a group's scaler, and its field in such settings. */
bool collector_config_is_scaler(const struct setting *setting);
void *collector_config_scaler_field(const struct setting *setting, const struct scaler_settings *settings);

/* The field of a SETTING_GROUP in one group's section. */
void *collector_config_group_field(const struct setting *setting, const struct group_config *group);

/* Whether any group has a section of its own, a schedule or a signal. */
bool collector_config_has_names(const struct collector_config *config);

/* Whether the group has one. */
bool collector_config_names(const struct collector_config *config, const char *group);

/* Whether the group is scaled, by the setting scale-groups. */
bool collector_config_scales(const struct collector_config *config, const char *group);

/* The settings in effect for a group. */
const struct scaler_settings *collector_config_group(const struct collector_config *config, const char *group);

#define CONFIG_NAMES_MAX 256U /* bytes of the names of all settings that only a restart can change */

/* Lists the settings that differ and that only a restart can change: "listen, data", cut at size. In `after` they get
 * the value that stays in effect, that of `before`. Returns whether there are any. */
bool collector_config_keep_fixed(const struct collector_config *before, struct collector_config *after, char *names,
                                 size_t size);

/* Where the files of certificates are. */
void collector_config_certificates(const struct collector_config *config, struct certificate_paths *paths);

/* The setting `cert-group` of a group; empty: any certificate will do. */
const char *collector_config_cert_group(const struct collector_config *config, const char *group);

/* The program of its setting `count`; empty: there is none. */
const char *collector_config_count(const struct collector_config *config, const char *group);

/* The group's signals, ascending by name: *count of them; NULL if there is none. */
const struct signal_settings *collector_config_signals(const struct collector_config *config, const char *group,
                                                       unsigned *count);

/* Sorts the signals, once all are known. */
void collector_config_sort_signals(struct collector_config *config);

/* Prints all settings, then those of each group, the schedules and the signals, in the form of the configuration file.
 */
void collector_config_print(const struct collector_config *config, FILE *out);

#endif
