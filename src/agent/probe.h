/* Reads a node's metrics: it opens the files of /proc once, reads them at each tick, and lets measure build the sample.
 *
 * Happy path: a tick is some eight preads of files that stay open.
 * Failures: a file that can't be opened or read (no PSI in this kernel, EIO, a restarted lxcfs) is closed and tried
 * again after 1, 2, 4 ... and then every 60 ticks; its metrics are absent meanwhile. A text that can't be parsed costs
 * that tick only. */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

#include "agent/measure.h"
#include "common/sample.h"

#include <stdint.h>

struct probe;

struct agent_config;

/* Takes the first reading, at uptime_ms. The config outlives the probe; its root stands before /proc and /sys and is ""
 * on a real node. On success 0 and *probe, which the caller frees; -ENOENT when neither cpu nor memory can be read
 * under root, -ENOMEM; it is logged. */
int probe_new(const struct agent_config *config, uint64_t uptime_ms, struct probe **probe);
void probe_free(struct probe *probe);

/* As last read. */
struct node_facts probe_facts(const struct probe *probe);

/* As measure_read(). The files are memory-backed, so reading them on the loop's thread is no wait. */
void probe_read(struct probe *probe, uint64_t uptime_ms, struct sample *sample);

#endif
