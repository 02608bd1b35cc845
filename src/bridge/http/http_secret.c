#include "bridge/http/http_secret.h"

#include "common/secret_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int http_secret_read(const char *path, char secret[HTTP_SECRET_MAX])
{
    char line[HTTP_SECRET_MAX] = "";
    bool found = false;
    int fd = secret_file_open(path, sizeof line - 1);

    if (fd < 0)
        return fd;
    FILE *file = fdopen(fd, "r");
    if (file == NULL) {
        close(fd);
        return -ENOMEM;
    }
    while (!found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        found = line[0] != '\0';
    }
    int rc = ferror(file) ? -EIO : found ? 0 : -ENODATA;
    (void)fclose(file);
    if (rc == 0)
        memcpy(secret, line, sizeof line);
    explicit_bzero(line, sizeof line);
    return rc;
}
