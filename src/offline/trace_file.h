/* Reads a trace from a file, and the parameters of its replay from a manifest.json in the same directory. */
#ifndef OFFLINE_TRACE_FILE_H
#define OFFLINE_TRACE_FILE_H

#include "offline/trace.h"

struct trace_file {
    struct trace trace;
    double speed; /* replay_speed and replay_noise of the manifest's entry, else 1 and 0 */
    double noise;
};

/* The path that the manifest of a trace has. False: it does not fit. */
bool trace_file_manifest(const char *trace_path, char *path, size_t size);

/* Returns 0, and the caller calls trace_file_deinit(); or a negative errno with file, line and reason in error.
 * skip_bad: skips bad lines, and warns of them on standard error. */
int trace_file_read(const char *path, bool skip_bad, struct trace_file *file, char *error, size_t size);
void trace_file_deinit(struct trace_file *file);

#endif
