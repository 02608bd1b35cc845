#include "common/disk_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

ssize_t disk_file_read(const struct disk *disk, int file, char *text, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t got = disk_read(disk, file, text + used, size - used, used);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static int load_open(const struct disk *disk, int file, size_t len_max, char **text, size_t *len)
{
    struct disk_status status;

    int rc = disk_status(disk, file, &status);
    if (rc < 0)
        return rc;
    if (status.size > len_max)
        return -EFBIG;
    size_t size = (size_t)status.size + 1; /* never 0 */
    char *room = malloc(size);
    if (room == NULL)
        return -ENOMEM;
    ssize_t got = disk_file_read(disk, file, room, size - 1);
    if (got < 0) {
        free(room);
        return (int)got;
    }
    *text = room;
    *len = (size_t)got;
    return 0;
}

int disk_file_load(const struct disk *disk, const char *name, size_t len_max, char **text, size_t *len)
{
    int file = disk_open(disk, name, DISK_READ);

    *text = NULL;
    *len = 0;
    if (file < 0)
        return file;
    int rc = load_open(disk, file, len_max, text, len);
    (void)disk_close(disk, file);
    return rc;
}

int disk_file_replace(const struct disk *disk, int file, int rc, const char *temporary, const char *name)
{
    if (rc == 0)
        rc = disk_sync_all(disk, file);
    int closed = disk_close(disk, file);
    if (rc == 0)
        rc = closed;
    if (rc == 0)
        rc = disk_rename(disk, temporary, name);
    if (rc < 0) {
        (void)disk_remove(disk, temporary); /* it takes space on a disk that may be full */
        return rc;
    }
    return disk_sync_names(disk);
}
