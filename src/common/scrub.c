#include "common/scrub.h"

#include "common/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A whole block; zeros beyond the end of the file. */
static int read_block(int fd, uint8_t *block, size_t len, size_t offset)
{
    size_t have = 0;

    while (have < len) {
        ssize_t got = pread(fd, block + have, len - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    memset(block + have, 0, len - have);
    return 0;
}

int scrub_file(int fd, size_t len, uint8_t *into, bool *unreadable)
{
    static const uint8_t zeros[SCRUB_BLOCK];
    uint8_t block[SCRUB_BLOCK];

    for (size_t offset = 0; offset < len; offset += SCRUB_BLOCK) {
        size_t part = len - offset < SCRUB_BLOCK ? len - offset : SCRUB_BLOCK;
        uint8_t *target = into != NULL ? into + offset : block;
        if (read_block(fd, target, part, offset) == 0)
            continue;
        *unreadable = true;
        memset(target, 0, part);
        int rc = file_write_all(fd, zeros, part, offset);
        if (rc < 0)
            return rc;
    }
    return 0;
}
