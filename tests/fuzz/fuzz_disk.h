/* A small folder in memory, as a struct disk. Writes never fail; what a power failure does to files is the concern of
 * tests/sim. */
#ifndef FUZZ_FUZZ_DISK_H
#define FUZZ_FUZZ_DISK_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_FILES_MAX    32U
#define FUZZ_NAME_SIZE    64U
#define FUZZ_DISK_WALL_MS INT64_C(1795931100000) /* the clock stands still */

struct fuzz_file {
    char name[FUZZ_NAME_SIZE]; /* empty: free, unless it is open */
    unsigned opens;
    char *data;
    size_t len;
    size_t size;
    uint64_t inode; /* 0: free */
    int64_t modified_ms;
};

struct fuzz_disk {
    struct disk disk;
    uint64_t inodes;
    struct fuzz_file files[FUZZ_FILES_MAX];
};

void fuzz_disk_init(struct fuzz_disk *disk);

/* Removes all files, of which none is open. */
void fuzz_disk_deinit(struct fuzz_disk *disk);

/* Writes a whole file, in place of one of that name. */
struct fuzz_file *fuzz_disk_put(struct fuzz_disk *disk, const char *name, const char *data, size_t len);

struct fuzz_file *fuzz_disk_find(struct fuzz_disk *disk, const char *name); /* NULL: there is none */

/* A hash of all names and contents. */
uint64_t fuzz_disk_hash(const struct fuzz_disk *disk);

#endif
