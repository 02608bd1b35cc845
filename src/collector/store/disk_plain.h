/* Pure. A view of a disk for readers, in which compressed files are read like any other: where there is no file NAME
 * but a file NAME.zst, opening NAME for reading opens that one, and its offsets, size and bytes are those of the
 * content. Everything else goes to the disk below.
 *
 * For one thread, as it remembers which files are open. */
#ifndef COLLECTOR_STORE_DISK_PLAIN_H
#define COLLECTOR_STORE_DISK_PLAIN_H

#include "common/disk.h"

#define DISK_PLAIN_SUFFIX   ".zst"
#define DISK_PLAIN_OPEN_MAX 4U /* compressed files at the same time */

struct zstd_file;

struct disk_plain_file {
    int file; /* of the disk below, by which the view's callers know it, too; -1: the place is free */
    struct zstd_file *zstd;
};

/* Does not move while it is used. */
struct disk_plain {
    struct disk disk; /* the view, for disk_open() and so on */
    const struct disk *below;
    struct disk_plain_file open[DISK_PLAIN_OPEN_MAX];
};

/* The disk below stays the caller's and outlives the view. A file NAME.zst that is opened by its whole name is read in
 * the same way. Nothing to close but the files. */
void disk_plain_init(struct disk_plain *plain, const struct disk *below);

#endif
