/* A trace from a file, with what a manifest.json beside it says of its replay. */
#ifndef OFFLINE_TRACE_FILE_H
#define OFFLINE_TRACE_FILE_H

#include "offline/trace.h"

struct trace_file {
    struct trace trace;
    double speed; /* replay_speed and replay_noise of the manifest's entry, else 1 and 0 */
    double noise;
};

/* Where the manifest of a trace would be. False: the path does not fit. */
bool trace_file_manifest(const char *trace_path, char *path, size_t size);

/* 0 and the caller calls trace_file_deinit(), or a negative errno with file, line and reason in error. With skip_bad
 * bad lines are left out, and standard error says how many. */
int trace_file_read(const char *path, bool skip_bad, struct trace_file *file, char *error, size_t size);
void trace_file_deinit(struct trace_file *file);

#endif
