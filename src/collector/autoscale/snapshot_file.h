/* Pure. Reads the file scaler.state, replaces it with a new one, and renames it if it is damaged. */
#ifndef COLLECTOR_AUTOSCALE_SNAPSHOT_FILE_H
#define COLLECTOR_AUTOSCALE_SNAPSHOT_FILE_H

#include "common/disk.h"
#include "scaler/state_text.h"

#include <stddef.h>

#define SNAPSHOT_FILE_NAME "scaler.state"

/* Reads the file into text, whose memory is replaced. 0 or
 *     -ENOENT  there is none
 *     -EFBIG   longer than any that is written
 *     others   of the disk, or -ENOMEM */
int snapshot_file_read(const struct disk *disk, struct state_text *text);

/* For a worker. Replaces the file. 0: the new one is durable; a negative errno. */
int snapshot_file_write(const struct disk *disk, const char *text, size_t len);

/* Renames a damaged file to scaler.state.bad. 0 or a negative errno. */
int snapshot_file_put_aside(const struct disk *disk);

#endif
