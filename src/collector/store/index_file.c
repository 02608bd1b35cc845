#include "collector/store/index_file.h"

#include "common/disk_file.h"

#include <errno.h>
#include <stdlib.h>

#define TEMPORARY_NAME INDEX_FILE_NAME ".new"
#define SIZE_MAX_BYTES ((size_t)(INSTANCES_PER_NODE_MAX * NODES_MAX + 2) * INDEX_LINE_MAX)

/* ---- reading ---- */

static int read_open(struct index_file *file, const struct disk *disk, int opened)
{
    struct disk_status status;

    int rc = disk_status(disk, opened, &status);
    if (rc < 0)
        return rc;
    if (status.size == 0 || status.size > SIZE_MAX_BYTES)
        return -EBADMSG;
    file->len = (size_t)status.size;
    file->text = malloc(file->len);
    if (file->text == NULL)
        return -ENOMEM;
    ssize_t got = disk_file_read(disk, opened, file->text, file->len);
    if (got != (ssize_t)file->len)
        return got < 0 ? (int)got : -EBADMSG;
    return index_parse(file->text, file->len, &file->last_segment, NULL, NULL);
}

void index_file_read(struct index_file *file, const struct disk *disk)
{
    *file = (struct index_file){0};
    int opened = disk_open(disk, INDEX_FILE_NAME, DISK_READ);
    if (opened < 0) {
        file->rc = opened;
        return;
    }
    file->rc = read_open(file, disk, opened);
    (void)disk_close(disk, opened);
}

void index_file_free(struct index_file *file)
{
    free(file->text);
    file->text = NULL;
    file->len = 0;
}

/* ---- writing ---- */

static int put_lines(const struct disk *disk, int file, uint64_t last_segment, const struct index_entry *entries,
                     size_t count, char *buffer, size_t size)
{
    struct index_writer writer;
    size_t used = index_put_head(&writer, last_segment, buffer);
    uint64_t offset = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i <= count; i++) {
        if (used + INDEX_LINE_MAX > size) {
            rc = disk_write(disk, file, buffer, used, offset);
            offset += used;
            used = 0;
        }
        used +=
            i < count ? index_put_entry(&writer, &entries[i], buffer + used) : index_put_end(&writer, buffer + used);
    }
    return rc == 0 ? disk_write(disk, file, buffer, used, offset) : rc;
}

int index_file_write(const struct disk *disk, uint64_t last_segment, const struct index_entry *entries, size_t count,
                     char *buffer, size_t size)
{
    int file = disk_open(disk, TEMPORARY_NAME, DISK_OVERWRITE);

    if (file < 0)
        return file;
    int rc = put_lines(disk, file, last_segment, entries, count, buffer, size);
    return disk_file_replace(disk, file, rc, TEMPORARY_NAME, INDEX_FILE_NAME);
}
