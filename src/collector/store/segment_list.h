/* Pure. The names of segments, such as NAME-00000001.csv, and the list of those in a directory. */
#ifndef COLLECTOR_STORE_SEGMENT_LIST_H
#define COLLECTOR_STORE_SEGMENT_LIST_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* file_name holds NAME_MAX + 1 bytes. */
void segment_list_name(const char *name, uint64_t number, char *file_name);

/* The numbers of all segments of that name, ascending. */
struct segment_list {
    uint64_t *numbers;
    size_t count;
};

/* 0 or a negative errno; then there is nothing to free. */
int segment_list_read(struct segment_list *list, const struct disk *disk, const char *name);
void segment_list_free(struct segment_list *list);

bool segment_list_has(const struct segment_list *list, uint64_t number);

#endif
