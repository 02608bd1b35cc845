#include "tls/ticket_key.h"

#include "common/error_text.h"
#include "common/file.h"
#include "common/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY TICKET_KEY_FILE ".new"

/* This does not fail for so few bytes, man getrandom(2); and nobody may go on with a key of zeros. */
static void make_random(uint8_t key[TICKET_KEY_LEN])
{
    if (getrandom(key, TICKET_KEY_LEN, 0) != (ssize_t)TICKET_KEY_LEN)
        abort();
}

/* A key that others can read or have written would let them speak as any node. */
static int judge(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    return status.st_size == (off_t)TICKET_KEY_LEN && (status.st_mode & 077) == 0 ? 0 : -EINVAL;
}

static int read_key(int dir_fd, uint8_t key[TICKET_KEY_LEN])
{
    size_t len = 0;
    int fd = regular_file_open(dir_fd, TICKET_KEY_FILE, O_RDONLY, 0);

    if (fd < 0)
        return fd;
    int rc = judge(fd);
    if (rc == 0)
        rc = file_read_all(fd, key, TICKET_KEY_LEN, &len);
    close(fd);
    return rc == 0 && len < TICKET_KEY_LEN ? -EINVAL : rc;
}

static int write_key(int dir_fd, const uint8_t key[TICKET_KEY_LEN])
{
    int fd = regular_file_open(dir_fd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0)
        return fd;
    int rc = fchmod(fd, 0600) < 0 ? -errno : file_write_all(fd, key, TICKET_KEY_LEN, 0);
    close(fd);
    if (rc == 0 && renameat(dir_fd, TEMPORARY, dir_fd, TICKET_KEY_FILE) < 0)
        rc = -errno;
    return rc;
}

int ticket_key_load(int dir_fd, uint8_t key[TICKET_KEY_LEN], char *error, size_t error_size)
{
    int rc = read_key(dir_fd, key);
    if (rc == 0)
        return 0;
    make_random(key);
    if (rc == -ENOENT || rc == -EINVAL)
        rc = write_key(dir_fd, key);
    return rc == 0
               ? 0
               : error_text_set(error, error_size, rc, TICKET_KEY_FILE " can't be used: %s", regular_file_error(rc));
}
