/* Reads a node's metrics so that a file that hangs (lxcfs, FUSE, a dead NFS root) costs its metrics only.
 *
 * Happy path: at each tick, the caller's thread reads the sources that are due and prompt: all their files are open,
 * and the kernel itself answers the reads, from memory. A thread of the probe opens files, reads the other sources, one
 * after the other, and reports the end.
 * Failures: a thread that gets no further within its patience is left alone with the source it reads, and another one
 * takes over the other sources. The sample contains what has been read by the deadline. When the reading ends after
 * all, the source is read again from the next tick on, and the thread ends. So there are never more threads than
 * sources. If no thread can be started, the sources wait until one can. */
#ifndef AGENT_SAMPLING_PROBE_H
#define AGENT_SAMPLING_PROBE_H

#include "agent/sampling/measure.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBE_DEADLINE_MS_MAX 500U /* from the tick to its sample; half the interval if that is less */

#define PROBE_THREAD_NAME "node-reader" /* as top and ps show it */

struct agent_config;
struct probe;

/* Takes the first reading, and waits for it until its deadline. The config outlives the probe and its threads; its root
 * stands before /proc and /sys, and is "" on a real node. On success 0 and *probe, which the caller frees; -ENOENT when
 * neither cpu nor memory can be read under root, -ENOMEM, -EAGAIN without a thread; it is logged. */
int probe_new(const struct agent_config *config, struct probe **probe);

/* A thread that hangs is not waited for: what it uses is never freed. */
void probe_free(struct probe *probe);

/* A reading that the caller waits for, for wait_ms at most. */
void probe_read(struct probe *probe, uint64_t wait_ms, struct sample *sample);

/* ---- a reading that the caller does not wait for ---- */

/* Called in the probe's thread, and under its lock: everything that was due has been read. */
typedef void probe_cb(void *arg);

/* cb NULL: nobody. */
void probe_report_to(struct probe *probe, probe_cb *cb, void *arg);

/* Returns whether the reading is complete already: then nothing is reported. */
bool probe_begin(struct probe *probe);

bool probe_is_complete(struct probe *probe);

/* To be called each probe_patience_ms() while the reading is not complete. */
void probe_check(struct probe *probe);

/* Since the last probe_begin(). */
uint64_t probe_patience_ms(const struct probe *probe);
uint64_t probe_deadline_ms(const struct probe *probe);

/* Takes what has been read: present, value, and the times when the reading began. Logs sources that are late. */
void probe_end(struct probe *probe, struct sample *sample);

/* As last read. */
struct node_facts probe_facts(struct probe *probe);

/* Returns false (nothing set) if they are the same as at the last call. */
bool probe_new_facts(struct probe *probe, struct node_facts *facts);

#endif
