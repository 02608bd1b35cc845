/* Pure. The file `overrides`: a line with its version, then one override a line, each a JSON object. A write replaces
 * it as a whole. */
#ifndef COLLECTOR_AUTOSCALE_OVERRIDE_FILE_H
#define COLLECTOR_AUTOSCALE_OVERRIDE_FILE_H

#include "collector/autoscale/overrides.h"
#include "common/disk.h"

#include <stddef.h>

#define OVERRIDE_FILE_NAME "overrides"
#define OVERRIDE_FILE_MAX  (64 + OVERRIDES_MAX * OVERRIDE_JSON_MAX) /* bytes */

/* The content of the file, from malloc(); NULL: out of memory. */
char *override_file_text(const struct overrides *overrides, size_t *len);

/* Replaces the file: 0, and the new content is durable, or a negative errno. For a worker. */
int override_file_write(const struct disk *disk, const char *text, size_t len);

/* Reads the file into overrides that are all zero. Returns 0, also without a file; -EBADMSG: damaged; -ENOTSUP: of
 * another version; or another negative errno. On failure they stay all zero. */
int override_file_read(const struct disk *disk, struct overrides *overrides);

/* Renames the file, so that the next write does not replace it. */
int override_file_put_aside(const struct disk *disk);

#endif
