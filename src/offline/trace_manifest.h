/* Reads the parameters of a trace's replay from a manifest.json in the same directory. */
#ifndef OFFLINE_TRACE_MANIFEST_H
#define OFFLINE_TRACE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

/* The path that the manifest of a trace has. False: it does not fit. */
bool trace_manifest_path(const char *trace_path, char *path, size_t size);

/* Sets *speed and *noise to replay_speed and replay_noise of the entry of that trace, if there are any. Returns 0, or a
 * negative errno with file and reason in error. */
int trace_manifest_read(const char *trace_path, double *speed, double *noise, char *error, size_t size);

#endif
