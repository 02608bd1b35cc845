/* The collector's folder, in memory: it keeps what was written, and can be
 * full. What a power failure does to files is headroom-sim's concern. */
#ifndef WORLD_WORLD_DISK_H
#define WORLD_WORLD_DISK_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_FILES_MAX 64U

struct world;

struct world_file {
    char name[40]; /* empty: free, unless it is open */
    bool open;
    char *data;
    size_t len;
    size_t size;
    uint64_t inode;
    int64_t modified_ms;
};

struct world_disk {
    struct disk disk;
    const struct world *world;
    bool full;
    uint64_t inodes;
    struct world_file files[WORLD_FILES_MAX];
};

void world_disk_init(struct world_disk *disk, const struct world *world);
void world_disk_deinit(struct world_disk *disk);

/* Removes all files. */
void world_disk_wipe(struct world_disk *disk);

/* No process has a file open any more. */
void world_disk_close_all(struct world_disk *disk);

/* The text of a file, and its length; NULL: there is none. */
const char *world_disk_text(const struct world_disk *disk, const char *name, size_t *len);

#endif
