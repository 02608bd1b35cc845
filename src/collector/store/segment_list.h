/* Pure. The segments of a series in a directory: files NAME-00000001.csv, or NAME-00000001.csv.zst once they are
 * compressed (disk_plain.h). While one is compressed, it has both. */
#ifndef COLLECTOR_STORE_SEGMENT_LIST_H
#define COLLECTOR_STORE_SEGMENT_LIST_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name of a segment that is not compressed. file_name holds NAME_MAX + 1 bytes, also of the next one. */
void segment_list_name(const char *name, uint64_t number, char *file_name);

/* The name of one that is. */
void segment_list_compressed_name(const char *name, uint64_t number, char *file_name);

/* The numbers of all segments of that name, ascending, each once. */
struct segment_list {
    uint64_t *numbers;
    size_t count;
};

/* 0 or a negative errno; then there is nothing to free. */
int segment_list_read(struct segment_list *list, const struct disk *disk, const char *name);
void segment_list_free(struct segment_list *list);

bool segment_list_has(const struct segment_list *list, uint64_t number);

/* The status of a segment; its size is that of all its files. 0 or a negative errno; -ENOENT: it has none. */
int segment_list_look(const struct disk *disk, const char *name, uint64_t number, struct disk_status *status);

/* Removes all files of a segment. 0 or a negative errno. */
int segment_list_remove(const struct disk *disk, const char *name, uint64_t number);

#endif
