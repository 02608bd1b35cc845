#include "tls/certificate_file.h"

#include "common/error_text.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe could block for ever. */
static int open_regular(const char *path, size_t *len)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return errno == ENXIO ? -ENODEV : -errno;
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    if (rc == 0 && !S_ISREG(status.st_mode))
        rc = S_ISDIR(status.st_mode) ? -EISDIR : -ENODEV;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *len = (size_t)status.st_size;
    return fd;
}

static int fail_read(const char *path, int rc, char *error, size_t error_size)
{
    if (rc == -ENODEV)
        return error_text_set(error, error_size, rc, "%s is not a regular file", path);
    return error_text_set(error, error_size, rc, "can't read %s: %s", path, strerror(-rc));
}

static int read_open(const char *path, int fd, size_t len, struct certificate_file *file, char *error,
                     size_t error_size)
{
    struct certificate_file found = {.text = malloc(len)};

    int rc = found.text != NULL ? file_read_all(fd, found.text, len, &found.len) : -ENOMEM;
    if (rc < 0) {
        free(found.text);
        return fail_read(path, rc, error, error_size);
    }
    *file = found;
    return 0;
}

int certificate_file_read(const char *path, size_t len_max, struct certificate_file *file, char *error,
                          size_t error_size)
{
    size_t len = 0;
    int rc = 0;
    int fd = open_regular(path, &len);

    if (fd < 0)
        return fail_read(path, fd, error, error_size);
    if (len == 0)
        rc = error_text_set(error, error_size, -EINVAL, "%s is empty", path);
    else if (len > len_max)
        rc = error_text_set(error, error_size, -EFBIG, "%s has more than %zu bytes", path, len_max);
    else
        rc = read_open(path, fd, len, file, error, error_size);
    close(fd);
    return rc;
}

bool certificate_file_equal(const struct certificate_file *a, const struct certificate_file *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

void certificate_file_deinit(struct certificate_file *file)
{
    if (file->text != NULL)
        explicit_bzero(file->text, file->len);
    free(file->text);
    *file = (struct certificate_file){0};
}
