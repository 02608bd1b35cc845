#include "common/token_file.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "common/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe could block the start. The name may be a symbolic link, as mounted secrets are. */
static int open_regular(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return errno == ENXIO ? -ENODEV : -errno;
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    if (rc == 0 && !S_ISREG(status.st_mode))
        rc = S_ISDIR(status.st_mode) ? -EISDIR : -ENODEV;
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

static int read_text(const char *path, char *text, size_t size, size_t *len)
{
    int fd = open_regular(path);

    if (fd < 0)
        return fd;
    ssize_t got = read(fd, text, size);
    int rc = got < 0 ? -errno : 0;
    close(fd);
    *len = got < 0 ? 0 : (size_t)got;
    return rc;
}

int token_file_read(const char *path, char *token, char *error, size_t error_size)
{
    char text[TOKEN_LEN_MAX + 512]; /* room for white space that is cut */
    size_t len = 0;

    int rc = read_text(path, text, sizeof text, &len);
    if (rc == -ENODEV)
        return error_text_set(error, error_size, rc, "%s is not a regular file", path);
    if (rc < 0)
        return error_text_set(error, error_size, rc, "can't read %s: %s", path, strerror(-rc));
    if (len == sizeof text)
        return error_text_set(error, error_size, -EINVAL, "%s holds more bytes than a token may have", path);

    const char *reason = token_read(text, len, token);
    return reason == NULL ? 0 : error_text_set(error, error_size, -EINVAL, "%s %s", path, reason);
}
