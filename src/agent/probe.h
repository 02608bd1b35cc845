/* Reads the node: opens the files of /proc once and preads them at each tick.
 *
 * A file that is missing or can't be read costs its metrics, never the sample: they are absent, and the file is tried
 * again later. Shell: it opens and reads files (memory-backed, so on the loop thread), and asks no clock but the one
 * given. */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

#include "common/sample.h"

#include <stdint.h>

struct probe;

/* What the Hello says of the node. */
struct probe_node {
    unsigned cores;        /* 0: unknown */
    uint64_t memory_bytes; /* 0: unknown */
};

/* root: what stands before /proc and /sys, "" on a real node. On success 0 and *probe, which the caller frees;
 * -ENOENT when neither cpu nor memory can be read under root, -ENOMEM. */
int probe_new(const char *root, struct probe **probe);
void probe_free(struct probe *probe);

void probe_node(struct probe *probe, struct probe_node *node);

/* Takes a reading into sample: present, value and uptime_ms; seq and time_ms are the caller's. The first reading has no
 * percentages that need two. uptime_ms is CLOCK_BOOTTIME at the reading. No allocation. */
void probe_read(struct probe *probe, uint64_t uptime_ms, struct sample *sample);

#endif
