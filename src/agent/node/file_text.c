#include "agent/node/file_text.h"

#include <errno.h>
#include <unistd.h>

/* A list comes a page at a time, as many lines as fit into it whole. A read may be short before a line that is longer
 * than the rest of the page, as those of mounts with many layers are: only a read of nothing is the end. */
ssize_t file_text_read(int fd, bool whole, char *text, size_t max)
{
    size_t len = 0;
    ssize_t got;

    do {
        got = TEMP_FAILURE_RETRY(pread(fd, text + len, max - len, (off_t)len));
        if (got < 0)
            return -errno;
        len += (size_t)got;
    } while (whole && got > 0 && len < max);
    return (ssize_t)len;
}
