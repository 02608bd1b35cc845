#include "common/token_file.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "common/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int token_file_read(const char *path, char *token, char *error, size_t error_size)
{
    char text[TOKEN_LEN_MAX + 512]; /* room for white space that is cut */

    FILE *file = fopen(path, "re");
    size_t len = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    int rc = file == NULL || ferror(file) ? -errno : 0;
    if (file != NULL)
        (void)fclose(file);
    if (rc != 0)
        return error_text_set(error, error_size, rc, "can't read %s: %s", path, strerror(-rc));
    if (len == sizeof text)
        return error_text_set(error, error_size, -EINVAL, "%s holds more bytes than a token may have", path);

    const char *reason = token_read(text, len, token);
    return reason == NULL ? 0 : error_text_set(error, error_size, -EINVAL, "%s %s", path, reason);
}
