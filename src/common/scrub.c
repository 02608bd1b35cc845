#include "common/scrub.h"

#include <string.h>

/* A whole block; zeros beyond the end of the file. */
static int read_block(const struct disk *disk, int file, uint8_t *block, size_t len, size_t offset)
{
    size_t have = 0;
    ssize_t got = 1;

    while (have < len && got > 0) {
        got = disk_read(disk, file, block + have, len - have, offset + have);
        if (got > 0)
            have += (size_t)got;
    }
    memset(block + have, 0, len - have);
    return got < 0 ? (int)got : 0;
}

int scrub_file(const struct disk *disk, int file, size_t len, uint8_t *into, bool *unreadable)
{
    static const uint8_t zeros[SCRUB_BLOCK];
    uint8_t block[SCRUB_BLOCK];

    for (size_t offset = 0; offset < len; offset += SCRUB_BLOCK) {
        size_t part = len - offset < SCRUB_BLOCK ? len - offset : SCRUB_BLOCK;
        uint8_t *target = into != NULL ? into + offset : block;
        if (read_block(disk, file, target, part, offset) == 0)
            continue;
        *unreadable = true;
        memset(target, 0, part);
        int rc = disk_write(disk, file, zeros, part, offset);
        if (rc < 0)
            return rc;
    }
    return 0;
}
