/* The connections of all simulated nodes, on one loop.
 *
 * Happy path: all nodes connect, as fast as the listener takes them; once all stream, or after CONNECT_MS_MAX, the
 * measured time begins; then nothing more is measured, each node sends what it has, says Goodbye, and closes when all
 * of it is acknowledged.
 * Failures: a connection that ends is tried again with the agent's backoff, and what was not acknowledged is sent
 * again. At most FINISH_MS_MAX after the measured time it ends in any case, and reports what is missing. */
#ifndef LOADGEN_LOAD_H
#define LOADGEN_LOAD_H

#include "loadgen/options.h"
#include "loadgen/report.h"

/* Runs all of it. 0: all nodes streamed, and all samples were acknowledged; -EIO: not so; or another negative errno,
 * with the reason in error. report: its histogram and options live as long as the program. */
int load_run(const struct options *options, struct report *report, char *error, size_t error_size);

#endif
