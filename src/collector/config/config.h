/* Pure. The collector's settings: defaults < [collector] of the file < flags < [group NAME] of the file. */
#ifndef COLLECTOR_CONFIG_CONFIG_H
#define COLLECTOR_CONFIG_CONFIG_H

#include "common/limits.h"
#include "common/parse.h"
#include "scaler/settings.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct group_config {
    char name[NAME_LEN_MAX + 1];
    struct scaler_settings settings;
};

struct collector_config {
    struct address listen;          /* --listen, default 127.0.0.1:7420; port 0: any free one */
    char data_dir[PATH_MAX];        /* --data, default $STATE_DIRECTORY or ./data */
    char token_file[PATH_MAX];      /* --token-file; empty: agents need no token */
    char token[TOKEN_LEN_MAX + 1];  /* what stands in it */
    unsigned agents_max;            /* --max-agents, default 20000 */
    int64_t ack_interval_ms;        /* --ack-interval, default 5s */
    int64_t history_ms;             /* --history, default 10m: what a node's ring holds */
    int64_t flush_ms;               /* --flush, default 1s: longest time from receipt to write */
    int64_t sync_ms;                /* --sync, default always: time until written samples are synced */
    uint64_t rotate_bytes;          /* --rotate-size, default 256M */
    int64_t rotate_ms;              /* --rotate-age, default 1d */
    int64_t retain_ms;              /* --retain, default 30d; 0: for ever */
    int64_t gone_ms;                /* --gone-after, default 10m: a stale node counts as gone */
    char on_scale[PATH_MAX];        /* --on-scale; empty: nothing is run */
    int64_t hook_timeout_ms;        /* --hook-timeout, default 60s */
    struct address http;            /* --http, default 127.0.0.1:7421; host empty: off */
    char http_token_file[PATH_MAX]; /* --http-token-file; empty: who asks needs no token */
    char http_token[TOKEN_LEN_MAX + 1];
    unsigned http_connections_max;   /* --http-connections, default 64 */
    bool http_insecure;              /* --http-insecure: beyond loopback without a token */
    bool http_ingest;                /* --http-ingest: samples of the Python system's agents are taken */
    bool check;                      /* --check-config */
    struct scaler_settings settings; /* of groups without a section */
    struct group_config *groups;     /* owned, ascending by name */
    unsigned group_count;
};

extern const struct collector_config collector_config_defaults;

/* Reads argv and the file of --config into config. On success 0 and the caller calls collector_config_deinit(). On
 * failure a negative errno, nothing to free, and error says what was wrong, where (flag, or file and line) and what is
 * allowed, without newline. Can be called again with the same argv to reload. --help and --version print and exit. */
int collector_config_load(struct collector_config *config, int argc, char **argv, char *error, size_t error_size);

/* The same without reading the token, which is nobody else's business. */
int collector_config_load_settings(struct collector_config *config, int argc, char **argv, char *error,
                                   size_t error_size);
void collector_config_deinit(struct collector_config *config);

/* The settings in force for a group. */
const struct scaler_settings *collector_config_group(const struct collector_config *config, const char *group);

/* Says which settings differ that only a restart can change (listen, data, history, max-agents, ...): the name of the
 * first such flag, or NULL. */
const char *collector_config_needs_restart(const struct collector_config *before, const struct collector_config *after);

/* Prints all settings, then those of each group, in the form of the file, so that it can be read back. */
void collector_config_print(const struct collector_config *config, FILE *out);

#endif
