/* The connections of all simulated nodes, on one loop.
 *
 * Happy path: all nodes connect, as fast as the listener accepts; once all stream, or after CONNECT_MS_MAX, and
 * after --settle, the measured time begins; after it each node sends the rest of its samples and Goodbye, and closes
 * when all are acknowledged. Failures: a node whose connection ends reconnects with the agent's backoff, and sends what
 * was not acknowledged again. The run ends at most FINISH_MS_MAX after the measured time, and reports what is missing.
 */
#ifndef LOADGEN_LOAD_H
#define LOADGEN_LOAD_H

#include "loadgen/options.h"
#include "loadgen/report.h"

/* Runs the load. 0: all nodes streamed, and all samples were acknowledged; -EIO: not all; or another negative errno
 * with the reason in error. The histograms and options that report points to live as long as the program. */
int load_run(const struct options *options, struct report *report, char *error, size_t error_size);

#endif
