#include "collector/autoscale/snapshot_file.h"

#include "common/disk_file.h"
#include "common/limits.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_TMP SNAPSHOT_FILE_NAME ".tmp"
#define NAME_BAD SNAPSHOT_FILE_NAME ".bad"

int snapshot_file_read(const struct disk *disk, struct state_text *text)
{
    char *loaded;
    size_t len;

    int rc = disk_file_load(disk, SNAPSHOT_FILE_NAME, STATE_LEN_MAX, &loaded, &len);
    if (rc < 0)
        return rc;
    free(text->text);
    text->text = loaded;
    text->size = len + 1;
    text->len = len;
    return 0;
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
