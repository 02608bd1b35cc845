#include "offline/text_file.h"

#include "collector/store/disk_plain.h"
#include "common/disk_posix.h"
#include "offline/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A compressed file that is read as a stream. */
struct compressed {
    int dir;
    struct disk *disk; /* that directory */
    struct disk_plain plain;
    int file;
    uint64_t offset;
};

static ssize_t on_read(void *cookie, char *data, size_t size)
{
    struct compressed *compressed = cookie;
    ssize_t len = disk_read(&compressed->plain.disk, compressed->file, data, size, compressed->offset);

    if (len < 0) {
        errno = (int)-len;
        return -1;
    }
    compressed->offset += (uint64_t)len;
    return len;
}

static int on_close(void *cookie)
{
    struct compressed *compressed = cookie;

    if (compressed->file >= 0)
        (void)disk_close(&compressed->plain.disk, compressed->file);
    if (compressed->dir >= 0)
        close(compressed->dir);
    free(compressed->disk);
    free(compressed);
    return 0;
}

static int open_directory(const char *path)
{
    char directory[PATH_MAX];
    int len = (int)(paths_name(path) - path);

    if ((size_t)snprintf(directory, sizeof directory, "%.*s", len, path) >= sizeof directory)
        return -ENAMETOOLONG;
    int fd = open(len > 0 ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/* 0 or a negative errno. */
static int open_content(struct compressed *compressed, const char *path)
{
    compressed->dir = open_directory(path);
    if (compressed->dir < 0)
        return compressed->dir;
    compressed->disk = malloc(sizeof *compressed->disk);
    if (compressed->disk == NULL)
        return -ENOMEM;
    *compressed->disk = disk_posix(compressed->dir);
    disk_plain_init(&compressed->plain, compressed->disk);
    compressed->file = disk_open(&compressed->plain.disk, paths_name(path), DISK_READ);
    return compressed->file < 0 ? compressed->file : 0;
}

static FILE *open_compressed(const char *path)
{
    struct compressed *compressed = calloc(1, sizeof *compressed);
    FILE *stream = NULL;

    if (compressed == NULL)
        return NULL;
    compressed->file = -1;
    int rc = open_content(compressed, path);
    if (rc == 0) {
        stream = fopencookie(compressed, "r", (cookie_io_functions_t){.read = on_read, .close = on_close});
        rc = -errno;
    }
    if (stream == NULL) {
        (void)on_close(compressed);
        errno = -rc;
    }
    return stream;
}

FILE *text_file_open(const char *path)
{
    static const char suffix[] = DISK_PLAIN_SUFFIX;
    size_t len = strlen(path), suffix_len = sizeof suffix - 1;

    if (len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0)
        return open_compressed(path);
    return fopen(path, "re");
}
