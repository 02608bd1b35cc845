#include "collector/autoscale/snapshot_file.h"

#include "common/disk_file.h"
#include "common/limits.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_TMP SNAPSHOT_FILE_NAME ".tmp"
#define NAME_BAD SNAPSHOT_FILE_NAME ".bad"

static int read_open(const struct disk *disk, int file, struct state_text *text)
{
    struct disk_status status;

    int rc = disk_status(disk, file, &status);
    if (rc < 0)
        return rc;
    if (status.size > STATE_LEN_MAX)
        return -EFBIG;
    size_t size = (size_t)status.size + 1; /* never 0 */
    char *room = realloc(text->text, size);
    if (room == NULL)
        return -ENOMEM;
    text->text = room;
    text->size = size;
    ssize_t got = disk_file_read(disk, file, room, size);
    text->len = got < 0 ? 0 : (size_t)got;
    return got < 0 ? (int)got : 0;
}

int snapshot_file_read(const struct disk *disk, struct state_text *text)
{
    int file = disk_open(disk, SNAPSHOT_FILE_NAME, DISK_READ);

    if (file < 0)
        return file;
    int rc = read_open(disk, file, text);
    (void)disk_close(disk, file);
    return rc;
}

int snapshot_file_write(const struct disk *disk, const char *text, size_t len)
{
    int file = disk_open(disk, NAME_TMP, DISK_OVERWRITE);

    if (file < 0)
        return file;
    int rc = disk_write(disk, file, text, len, 0);
    return disk_file_replace(disk, file, rc, NAME_TMP, SNAPSHOT_FILE_NAME);
}

int snapshot_file_put_aside(const struct disk *disk)
{
    return disk_rename(disk, SNAPSHOT_FILE_NAME, NAME_BAD);
}
