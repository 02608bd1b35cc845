#include "agent/node/file_text.h"

#include <errno.h>
#include <unistd.h>

#define SHORT_LEN 2048U /* a read of a list that is shorter had room for another line: it has ended */

/* A list of devices comes a page at a time, as many lines as fit into it whole: it is read until a read is short. */
ssize_t file_text_read(int fd, bool whole, char *text, size_t max)
{
    size_t len = 0;
    ssize_t got;

    do {
        got = TEMP_FAILURE_RETRY(pread(fd, text + len, max - len, (off_t)len));
        if (got < 0)
            return -errno;
        len += (size_t)got;
    } while (whole && got > (ssize_t)SHORT_LEN && len < max);
    return (ssize_t)len;
}
