/* Pure. Reads the rows of metrics.csv in the order in which the collector stored them: its finished segments, then the
 * live file, while the collector appends to that one and renames it.
 *
 * A place in them names a file by its inode, so it stays valid when the live file becomes a segment, and holds a hash
 * of the bytes before it, which also fit a copy of the file: one that is compressed, for example, since the disk is a
 * view in which those are read like others (disk_plain.h). Where file and place do not fit together any more, because
 * the file was cut back after a power failure or restored from a backup, the file is read again from its beginning: a
 * row may be given twice, and none is left out. */
#ifndef BRIDGE_FORWARD_TAIL_H
#define BRIDGE_FORWARD_TAIL_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAIL_BUFFER_SIZE 65536U

struct tail_place {
    uint64_t passed; /* the number of the last segment before the file; 0: there is none */
    uint64_t inode;  /* of the file; 0: whichever comes after those passed */
    uint64_t offset; /* of the next line */
    uint64_t hash;   /* of the up to 64 bytes before the offset */
};

struct tail {
    const struct disk *disk;
    const char *name; /* of the live file and its segments, without .csv */
    struct tail_place place;
    int file;        /* -1: none is open */
    uint64_t number; /* of the open file; 0: it is the live one */
    uint64_t hashed; /* the offset of place.hash */
    size_t start;    /* of the next line in the buffer */
    size_t end;
    bool is_at_end;            /* of the live file, when it was last read */
    uint64_t overtaken;        /* segments, at least, that were deleted before all their rows had been read */
    uint64_t overtaken_passed; /* the place from which those were missed last */
    uint64_t overtaken_inode;
    uint64_t again; /* files that were read again from their beginning */
    char buffer[TAIL_BUFFER_SIZE];
};

/* Disk and name are the caller's. place: where to begin, of tail_place() or all zeros, which is the oldest row. */
void tail_init(struct tail *tail, const struct disk *disk, const char *name, const struct tail_place *place);
void tail_close(struct tail *tail);

/* The place before the rows that were stored after this call. 0 or a negative errno. */
int tail_place_newest(const struct disk *disk, const char *name, struct tail_place *place);

/* The next line without its line end, headers and damaged rows included; valid until the next call. Returns 1, or 0
 * when there is none yet, or a negative errno, after which it may be called again. */
int tail_next(struct tail *tail, const char **line, size_t *len);

/* The first line of the file of the line given last, without its line end. Returns its length, at most size, or a
 * negative errno. */
ssize_t tail_header(const struct tail *tail, char *text, size_t size);

/* The place after the line given last. 0 or a negative errno. */
int tail_place(const struct tail *tail, struct tail_place *place);

/* Continues at a place that tail_place() gave earlier. */
void tail_move(struct tail *tail, const struct tail_place *place);

#endif
