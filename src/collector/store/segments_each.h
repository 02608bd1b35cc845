/* Pure. Visits the files of a series: its finished segments and the live file. */
#ifndef COLLECTOR_STORE_SEGMENTS_EACH_H
#define COLLECTOR_STORE_SEGMENTS_EACH_H

#include "collector/store/segments.h"
#include "common/disk.h"

#include <stdint.h>

struct segments_file {
    const struct disk *disk;
    int file; /* open; not for the visitor to close */
    const char *name;
    uint64_t number; /* of the live file: the one that it will have */
    uint64_t end;    /* where its rows end; the file may be longer */
    int64_t modified_ms;
};

/* Calls visit for each file, oldest first, the live one last. Stops at the first negative return, and returns that. */
typedef int segments_visit(const struct segments_file *file, void *arg);
int segments_each(const struct segments *segments, segments_visit *visit, void *arg);

#endif
