#include "offline/paths.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *paths_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* stat() of the directory in which the file would be created. */
static bool stat_directory(const char *path, struct stat *found)
{
    char directory[PATH_MAX];
    int len = (int)(paths_name(path) - path);

    if ((size_t)snprintf(directory, sizeof directory, "%.*s", len, path) >= sizeof directory)
        return false;
    return stat(len > 0 ? directory : ".", found) == 0;
}

bool paths_are_same(const char *path, const char *other)
{
    struct stat a, b;
    bool is_there = stat(path, &a) == 0;

    if (is_there != (stat(other, &b) == 0))
        return false;
    if (is_there && !S_ISREG(a.st_mode))
        return false;
    if (!is_there &&
        (strcmp(paths_name(path), paths_name(other)) != 0 || !stat_directory(path, &a) || !stat_directory(other, &b)))
        return false;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
