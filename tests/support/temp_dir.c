#include "support/temp_dir.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((size_t)16 << 20)

void temp_dir_create(struct temp_dir *dir)
{
    const char *parent = getenv("TMPDIR");

    *dir = (struct temp_dir){.fd = -1};
    ck_assert_int_lt(snprintf(dir->path, sizeof dir->path, "%s/headroom-test.XXXXXX", parent != NULL ? parent : "/tmp"),
                     (int)sizeof dir->path);
    ck_assert_ptr_nonnull(mkdtemp(dir->path));
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir->fd, 0);
}

bool temp_dir_create_small(struct temp_dir *dir, size_t bytes)
{
    char options[32];

    temp_dir_create(dir);
    snprintf(options, sizeof options, "size=%zu", bytes);
    if (mount("tmpfs", dir->path, "tmpfs", 0, options) < 0) {
        temp_dir_remove(dir);
        return false;
    }
    dir->mounted = true;
    close(dir->fd);
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir->fd, 0);
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void temp_dir_remove(struct temp_dir *dir)
{
    if (dir->path[0] == '\0')
        return;
    if (dir->fd >= 0)
        close(dir->fd);
    if (dir->mounted)
        umount2(dir->path, MNT_DETACH);
    nftw(dir->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    *dir = (struct temp_dir){.fd = -1};
}

const char *temp_dir_path(const struct temp_dir *dir, const char *name)
{
    static char path[PATH_MAX];

    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", dir->path, name), (int)sizeof path);
    return path;
}

static void put(const struct temp_dir *dir, const char *name, int flags, const void *data, size_t len)
{
    int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

void temp_dir_write(const struct temp_dir *dir, const char *name, const void *data, size_t len)
{
    put(dir, name, O_TRUNC, data, len);
}

void temp_dir_append(const struct temp_dir *dir, const char *name, const void *data, size_t len)
{
    put(dir, name, O_APPEND, data, len);
}

void temp_dir_truncate(const struct temp_dir *dir, const char *name, size_t len)
{
    ck_assert_int_eq(truncate(temp_dir_path(dir, name), (off_t)len), 0);
}

void temp_dir_fill(const struct temp_dir *dir, const char *name)
{
    static const char block[4096];
    int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
}

const char *temp_dir_read(const struct temp_dir *dir, const char *name, size_t *len)
{
    static char text[FILE_SIZE_MAX];
    size_t used = 0;
    ssize_t got = 0;

    int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    ck_assert_int_eq(got, 0);
    close(fd);
    text[used] = '\0';
    if (len != NULL)
        *len = used;
    return text;
}

static unsigned search(const struct temp_dir *dir, const char *prefix, char first[NAME_MAX + 1])
{
    DIR *entries = opendir(dir->path);
    unsigned count = 0;

    ck_assert_ptr_nonnull(entries);
    first[0] = '\0';
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        if (count == 0 || strcmp(entry->d_name, first) < 0)
            strcpy(first, entry->d_name);
        count++;
    }
    closedir(entries);
    return count;
}

unsigned temp_dir_count(const struct temp_dir *dir, const char *prefix)
{
    char first[NAME_MAX + 1];

    return search(dir, prefix, first);
}

const char *temp_dir_find(const struct temp_dir *dir, const char *prefix)
{
    static char first[NAME_MAX + 1];

    return search(dir, prefix, first) > 0 ? first : NULL;
}
