/* Pure. The command line of headroom-loadgen. */
#ifndef LOADGEN_OPTIONS_H
#define LOADGEN_OPTIONS_H

#include "common/limits.h"
#include "common/parse.h"
#include "tls/certificate_paths.h"
#include "tls/key_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
    struct address collector;
    const char *token_file; /* NULL: none */
    struct key_text key;    /* its content, which options_load() does not read */
    struct certificate_paths certificates;
    bool no_tickets; /* by which nodes with certificates return */
    unsigned nodes;
    unsigned groups;
    char prefix[NAME_LEN_MAX - 15]; /* of node ids and group names */
    uint32_t interval_ms;
    bool all_metrics;   /* also those that few nodes have */
    int64_t settle_ms;  /* from when all nodes stream to the measured time */
    int64_t for_ms;     /* the measured time */
    unsigned batch;     /* samples in a frame; 0: as an agent, which obeys report_ms */
    unsigned backlog;   /* samples that each node has at its start */
    bool flat_out;      /* each node always has samples */
    unsigned churn;     /* connections broken off per second */
    unsigned addresses; /* local addresses of the connections; 0: the kernel chooses */
    bool stay;          /* no Goodbye at the end */
    pid_t pid;          /* of the collector, to report its CPU and memory; 0: unknown */
    uint64_t seed;
};

/* 0, or a negative errno with the reason in error. --help and --version print and exit. */
int options_load(struct options *options, int argc, char **argv, char *error, size_t error_size);

#endif
