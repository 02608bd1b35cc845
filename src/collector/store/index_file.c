#include "collector/store/index_file.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_NAME INDEX_FILE_NAME ".new"
#define FILE_MODE      0640
#define SIZE_MAX_BYTES ((size_t)(INSTANCES_PER_NODE_MAX * NODES_MAX + 2) * INDEX_LINE_MAX)

/* ---- reading ---- */

static int read_open(struct index_file *file, int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size <= 0 || (size_t)status.st_size > SIZE_MAX_BYTES)
        return -EBADMSG;
    file->len = (size_t)status.st_size;
    file->text = malloc(file->len);
    if (file->text == NULL)
        return -ENOMEM;
    size_t got = 0;
    int rc = file_read_all(fd, file->text, file->len, &got);
    if (rc == 0 && got < file->len)
        rc = -EBADMSG;
    return rc < 0 ? rc : index_parse(file->text, file->len, &file->last_segment, NULL, NULL);
}

void index_file_read(struct index_file *file, int dir_fd)
{
    *file = (struct index_file){0};
    int fd = openat(dir_fd, INDEX_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        file->rc = -errno;
        return;
    }
    file->rc = read_open(file, fd);
    close(fd);
}

void index_file_free(struct index_file *file)
{
    free(file->text);
    file->text = NULL;
    file->len = 0;
}

/* ---- writing ---- */

static int put_lines(int fd, uint64_t last_segment, const struct index_entry *entries, size_t count, char *buffer,
                     size_t size)
{
    struct index_writer writer;
    size_t used = index_put_head(&writer, last_segment, buffer);
    uint64_t offset = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i <= count; i++) {
        if (used + INDEX_LINE_MAX > size) {
            rc = file_write_all(fd, buffer, used, offset);
            offset += used;
            used = 0;
        }
        used +=
            i < count ? index_put_entry(&writer, &entries[i], buffer + used) : index_put_end(&writer, buffer + used);
    }
    return rc == 0 ? file_write_all(fd, buffer, used, offset) : rc;
}

int index_file_write(int dir_fd, uint64_t last_segment, const struct index_entry *entries, size_t count, char *buffer,
                     size_t size)
{
    int fd = openat(dir_fd, TEMPORARY_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return -errno;
    int rc = put_lines(fd, last_segment, entries, count, buffer, size);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(dir_fd, TEMPORARY_NAME, dir_fd, INDEX_FILE_NAME) < 0)
        rc = -errno;
    if (rc < 0) {
        (void)unlinkat(dir_fd, TEMPORARY_NAME, 0);
        return rc;
    }
    return fsync(dir_fd) < 0 ? -errno : 0;
}
