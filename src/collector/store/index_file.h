/* Pure. Writes the file metrics.index: completely under another name, and then renamed over the old file. */
#ifndef COLLECTOR_STORE_INDEX_FILE_H
#define COLLECTOR_STORE_INDEX_FILE_H

#include "collector/store/index.h"
#include "common/disk.h"

#include <stddef.h>
#include <stdint.h>

#define INDEX_FILE_NAME "metrics.index"

struct index_file {
    int rc;     /* 0; -ENOENT: there is none; any other error: it can't be used */
    char *text; /* valid if rc is 0 */
    size_t len;
    uint64_t last_segment; /* 0 without a valid index */
};

/* Never fails: without an index recovery reads more. The caller frees it. */
void index_file_read(struct index_file *file, const struct disk *disk);
void index_file_free(struct index_file *file);

/* For a worker. buffer, of at least INDEX_LINE_MAX bytes, is what is written at once. 0: the index is durable; a
 * negative errno: the old one is as it was. */
int index_file_write(const struct disk *disk, uint64_t last_segment, const struct index_entry *entries, size_t count,
                     char *buffer, size_t size);

#endif
