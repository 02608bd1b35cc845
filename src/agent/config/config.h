/* Pure. The agent's settings, one row each in config.h: default, range, flag, help. */
#ifndef AGENT_CONFIG_CONFIG_H
#define AGENT_CONFIG_CONFIG_H

#include "common/limits.h"
#include "common/setting.h"
#include "tls/certificate_paths.h"
#include "tls/key_text.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The headings of --help. */
enum agent_config_heading { AGENT_CONFIG_DELIVERY, AGENT_CONFIG_NODE, AGENT_CONFIG_SAMPLING };

/* What --on-stop says. */
enum on_stop { ON_STOP_AUTO, ON_STOP_LEAVING, ON_STOP_RESTARTING };

extern const char *const agent_config_on_stop[]; /* auto, leaving, restarting */

#define AGENT_CONFIG_COLLECTORS ((struct address_list){.addresses = {{.host = "127.0.0.1", .port = 7420}}, .count = 1})

/* The rows of common/setting.h: X(field, KIND, default, SCOPE, heading, "name", "help"). */
#define AGENT_SETTINGS(X)                                                                                              \
    X(collectors, ADDRESSES, AGENT_CONFIG_COLLECTORS, FLAG_ONLY, AGENT_CONFIG_DELIVERY, "collector",                   \
      "Address of a collector; IPv6 addresses need brackets. May be given up to 8 times: the agent uses the "          \
      "first collector that it can reach")                                                                             \
    X(token_file, PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "token-file",                                    \
      "File with the fleet's key, or that of this node or group: the agent sends its samples encrypted, and only to "  \
      "a "                                                                                                             \
      "collector with the same key. \"headroom key\" makes keys; by default, nothing is encrypted")                    \
    X(ca_file, PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "ca-file",                                          \
      "Certificates of the CAs that sign for collectors, in PEM, instead of --token-file: the agent sends its "        \
      "samples "                                                                                                       \
      "encrypted, and only to a collector with a certificate of one of them, for its host name")                       \
    X(ca_pin, PATH("DIGEST"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "ca-pin",                                          \
      "sha256: and the SHA-256 of the public key of the CA, beside --ca-file; or instead of it, if the collector's "   \
      "cert-file ends with the CA's certificate")                                                                      \
    X(cert_file, PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "cert-file",                                      \
      "This node's certificate, in PEM, with those that lead to the CA")                                               \
    X(key_file, PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "key-file",                                        \
      "Key of this node's certificate, in PEM")                                                                        \
    X(server_name, PATH("NAME"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "server-name",                                  \
      "Name that the certificates of all collectors must have, instead of the host at which each is reached")          \
    X(outbox_samples, NUMBER(OUTBOX_SAMPLES_MIN, OUTBOX_SAMPLES_MAX), 3600, FLAG_ONLY, AGENT_CONFIG_DELIVERY,          \
      "outbox",                                                                                                        \
      "Maximum number of unacknowledged samples that the agent retains; when it is reached, the agent drops the "      \
      "oldest sample and counts it")                                                                                   \
    X(spool, OPTIONAL_PATH("DIR"), "", FLAG_ONLY, AGENT_CONFIG_DELIVERY, "spool",                                      \
      "Directory of a file in which unacknowledged samples survive a kill or a reboot; if not given or empty, they "   \
      "are "                                                                                                           \
      "in memory only")                                                                                                \
                                                                                                                       \
    X(node_id, NAME, "", FLAG_ONLY, AGENT_CONFIG_NODE, "node-id",                                                      \
      "Name of this node; it must be unique and must not change between starts (default: the host name)")              \
    X(group, NAME, "default", FLAG_ONLY, AGENT_CONFIG_NODE, "group", "Group that this node belongs to")                \
    X(drain, FLAG, false, FLAG_ONLY, AGENT_CONFIG_NODE, "drain", "The same as --on-stop leaving")                      \
    X(on_stop, CHOICE(enum on_stop, agent_config_on_stop, ON_STOP_RESTARTING), ON_STOP_AUTO, FLAG_ONLY,                \
      AGENT_CONFIG_NODE, "on-stop",                                                                                    \
      "What the agent reports of its node when it is stopped: leaving, restarting, or auto: leaving if it is the "     \
      "main "                                                                                                          \
      "process of a container or the machine is powered off, restarting otherwise")                                    \
    X(protect_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_NODE, "protect-file",                           \
      "While this file exists, the node is protected: no scale-in removes it")                                         \
                                                                                                                       \
    X(interval_ms, DURATION(INTERVAL_MS_MIN, INTERVAL_MS_MAX), 1000, FLAG_ONLY, AGENT_CONFIG_SAMPLING, "interval",     \
      "Interval between samples")                                                                                      \
    X(root, OPTIONAL_PATH("DIR"), "", FLAG_ONLY, AGENT_CONFIG_SAMPLING, "root",                                        \
      "Read DIR/proc and DIR/sys instead of /proc and /sys, for containers that mount the host's there")               \
    X(cgroup, PATH("auto|off|PATH"), "auto", FLAG_ONLY, AGENT_CONFIG_SAMPLING, "cgroup",                               \
      "The control group (container) whose cpu, memory and disk metrics are those of the node: auto: the agent's "     \
      "own, if it has limits; off: none, the whole machine; or a directory below /sys/fs/cgroup")                      \
    X(app_file, OPTIONAL_PATH("FILE"), "", FLAG_ONLY, AGENT_CONFIG_SAMPLING, "app-file",                               \
      "File into which the application writes its load and its capacity, two numbers in any one unit, and which it "   \
      "replaces by a rename; they are metrics of the node while the file is not older than 3 intervals (at least 3 "   \
      "s)")                                                                                                            \
    X(once, FLAG, false, FLAG_ONLY, AGENT_CONFIG_SAMPLING, "once",                                                     \
      "Print one sample as JSON and exit; no collector is needed")

#define AGENT_SETTING_COUNT (0 AGENT_SETTINGS(SETTING_ONE))

struct agent_config {
    AGENT_SETTINGS(SETTING_MEMBER)
    struct key_text key; /* the content of token_file, if there is one */
};

/* Where the files of certificates are. */
void agent_config_certificates(const struct agent_config *config, struct certificate_paths *paths);

extern const struct agent_config agent_config_defaults;
extern const struct setting_table agent_config_table; /* AGENT_SETTING_COUNT rows */

/* Sets what the flags in argv say; the config holds the defaults. As setting_flags_parse(): --help and --version end
 * the program. */
int agent_config_parse(struct agent_config *config, int argc, char **argv, char *error, size_t error_size);

/* Completes what the flags have set: takes the host name as the node id if none is given, and cuts slashes off the end
 * of root. Returns 0, or -EINVAL with the reason in error. */
int agent_config_complete(struct agent_config *config, const char *host_name, char *error, size_t error_size);

/* Where in the interval this node takes its samples, so that a fleet does not do so all at once; see ticker.h. */
uint64_t agent_config_phase(const struct agent_config *config);

#endif
