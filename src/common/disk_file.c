#include "common/disk_file.h"

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
