#include "common/token_file.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "common/secret_file.h"
#include "common/token.h"

#include <errno.h>
#include <unistd.h>

static int read_text(const char *path, char *text, size_t size, size_t *len)
{
    int fd = secret_file_open(path, size - 1);

    if (fd < 0)
        return fd;
    ssize_t got = read(fd, text, size);
    int rc = got < 0 ? -errno : (size_t)got == size ? -EFBIG : 0; /* it has grown */
    close(fd);
    *len = got < 0 ? 0 : (size_t)got;
    return rc;
}

int token_file_read(const char *path, char *token, char *error, size_t error_size)
{
    char text[TOKEN_LEN_MAX + 512]; /* room for white space that is cut */
    size_t len = 0;

    int rc = read_text(path, text, sizeof text, &len);
    if (rc == -EFBIG)
        return error_text_set(error, error_size, -EINVAL, "%s holds more bytes than a token may have", path);
    if (rc < 0)
        return error_text_set(error, error_size, rc, "can't read %s: %s", path, secret_file_error(rc));

    const char *reason = token_read(text, len, token);
    return reason == NULL ? 0 : error_text_set(error, error_size, -EINVAL, "%s %s", path, reason);
}
