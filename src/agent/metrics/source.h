/* Pure. What measure needs to know of a source of metrics: one or a few files that are read together, and may be late
 * or fail without the other sources.
 *
 * A module x_source exports one or more of these; measure.c lists them all. */
#ifndef AGENT_METRICS_SOURCE_H
#define AGENT_METRICS_SOURCE_H

#include "agent/node/node_source.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_COMPLAINT_MAX 192U

struct agent_config;

/* What a source contributes to the sample and to the node's facts; all zeros before it is read. */
struct source_part {
    struct sample metrics; /* only present and value */
    uint32_t replaces; /* a bit a metric: no other source contributes it, whether or not this one has it; holds while
                          the source can't be read */
    bool may_hang;     /* the next reading opens files: a thread has to do it */
    unsigned rest_ms;  /* the next reading is not needed before; 0: as the source's period has it */
    struct node_facts facts;
    char complaint[SOURCE_COMPLAINT_MAX]; /* a sentence for the log, if there is something that people should know; with
                                             a rate limit, so it holds nothing that differs at each reading */
};

struct source {
    const char *name;   /* for people: "cpu" */
    unsigned period_ms; /* at least from one reading to the next, between which the part stays in the samples; 0: each
                           tick */
    bool is_vital;      /* a node has at least one of these */
    uint32_t replaces;  /* as that of the part, before the first reading */
    size_t state_size;  /* what it remembers from one reading to the next; all zeros before init */

    /* Whether there is anything to read with this config. NULL: always. */
    bool (*is_used)(const struct agent_config *config);
    /* 0 or -ENOMEM. The config outlives the state. */
    int (*init)(void *state, const struct agent_config *config);
    /* Of a state in which init has failed, too. NULL: there is nothing to release. */
    void (*deinit)(void *state, const struct node_source *node);

    /* Reads at uptime_ms (CLOCK_BOOTTIME). No allocation, unless there are new devices. Returns false if it could not
     * be read or understood: then it is tried again at the next tick, and the part does not count. */
    bool (*read)(void *state, const struct node_source *node, uint64_t uptime_ms, struct source_part *part);
};

#endif
