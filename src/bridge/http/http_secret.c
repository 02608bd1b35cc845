#include "bridge/http/http_secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int http_secret_read(const char *path, char secret[HTTP_SECRET_MAX])
{
    char line[HTTP_SECRET_MAX] = "";
    bool found = false;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return -errno;
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
