#include "agent/node/node_files.h"

#include "agent/node/file_text.h"
#include "common/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546U /* of linux/magic.h since 5.16 */
#endif
#define HEAD_LEN 4096U /* bytes that hold what we want of the files that are no lists */

/* ---- files that stay open ---- */

static void node_files_on_close(struct node_file *file, void *arg)
{
    (void)arg;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    file->is_fuse = false;
}

static bool is_open(const struct node_file *file)
{
    return file->fd >= 0 || file->is_fuse;
}

/* Returns whether the path fits. */
static bool under_root(const struct node_files *files, const char *name, char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s%s", files->root, name);

    return len > 0 && len < PATH_MAX;
}

static int open_under_root(const struct node_files *files, const char *name)
{
    char path[PATH_MAX];

    return under_root(files, name, path) ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
}

/* The kernel answers from memory. Others are FUSE (lxcfs), on the network, or on a disk. */
static bool is_prompt(const struct statfs *system)
{
    switch ((unsigned long)system->f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case TMPFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static bool is_fuse(const struct statfs *system)
{
    return (unsigned long)system->f_type == FUSE_SUPER_MAGIC;
}

static bool open_file(struct node_file *file, const char *path)
{
    struct statfs system;

    if (statfs(path, &system) < 0)
        return false;
    file->is_prompt = is_prompt(&system);
    file->is_fuse = is_fuse(&system);
    if (!file->is_fuse)
        file->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return is_open(file);
}

static void file_fail(struct node_file *file)
{
    node_files_on_close(file, NULL);
    retry_on_failure(&file->retry);
}

/* A reader of its own opens a file of FUSE, by its path. */
static ssize_t read_fuse(struct node_files *files, const struct node_file *file, bool whole, size_t max)
{
    char path[PATH_MAX];

    return under_root(files, file->path, path) ? fuse_reader_read(&files->fuse, path, whole, files->text, max)
                                               : -ENAMETOOLONG;
}

static struct node_text read_file(struct node_files *files, struct node_file *file, bool whole)
{
    size_t max = whole ? NODE_FILES_TEXT_MAX : HEAD_LEN;
    ssize_t len =
        file->is_fuse ? read_fuse(files, file, whole, max) : file_text_read(file->fd, whole, files->text, max);

    if (len < 0) {
        file_fail(file);
        return (struct node_text){.at = ""};
    }
    retry_on_success(&file->retry);
    return (struct node_text){files->text, (size_t)len, clock_uptime_ms(), whole && (size_t)len == max};
}

static bool open_path(const struct node_files *files, struct node_file *file)
{
    char path[PATH_MAX];

    return under_root(files, file->path, path) && open_file(file, path);
}

/* The path of the two that could be opened becomes the first. */
static bool open_either(const struct node_files *files, struct node_file *file)
{
    const char *first = file->path;

    if (open_path(files, file))
        return true;
    if (file->other_path == NULL)
        return false;
    file->path = file->other_path;
    file->other_path = first;
    return open_path(files, file);
}

static struct node_text open_and_read(struct node_files *files, struct node_file *file, bool whole)
{
    if (is_open(file))
        return read_file(files, file, whole);
    if (!retry_tick(&file->retry))
        return (struct node_text){.at = ""};
    if (!open_either(files, file)) {
        file_fail(file);
        return (struct node_text){.at = ""};
    }
    return read_file(files, file, whole);
}

/* Opening can hang, and only shows whether reading can. */
static struct node_text node_files_on_read(struct node_file *file, bool whole, void *arg)
{
    struct node_files *files = arg;
    const struct node_text text = open_and_read(files, file, whole);

    if (is_open(file) ? !file->is_prompt : file->retry.wait == 0)
        files->is_prompt = false;
    return text;
}

/* ---- /sys ---- */

static bool node_files_on_exists(const char *name, void *arg)
{
    char path[PATH_MAX];

    return under_root(arg, name, path) && access(path, F_OK) == 0;
}

static size_t node_files_on_read_short(const char *name, char *text, size_t size, void *arg)
{
    int fd = open_under_root(arg, name);

    if (fd < 0)
        return 0;
    ssize_t got = TEMP_FAILURE_RETRY(read(fd, text, size));
    close(fd);
    return got < 0 ? 0 : (size_t)got;
}

static size_t node_files_on_list(const char *name, char *names, size_t size, void *arg)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    size_t len = 0;

    DIR *folder = under_root(arg, name, path) ? opendir(path) : NULL;
    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        size_t entry_len = strlen(entry->d_name);
        if (len + 1 + entry_len > size)
            break;
        names[len++] = '/';
        memcpy(names + len, entry->d_name, entry_len);
        len += entry_len;
    }
    closedir(folder);
    return len;
}

/* ---- files of the operator's ---- */

static int64_t to_ms(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Returns 0 or a negative errno. */
static int find_system(struct node_record_file *file, dev_t device)
{
    struct statfs system;

    if (file->is_known && file->device == device)
        return 0;
    if (statfs(file->path, &system) < 0)
        return -errno;
    file->is_known = true;
    file->device = device;
    file->is_prompt = is_prompt(&system);
    file->is_fuse = is_fuse(&system);
    return 0;
}

/* Returns the length of the text, or a negative errno. */
static ssize_t read_text(struct node_files *files, const char *path)
{
    /* O_NONBLOCK: a FIFO is opened without a writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    ssize_t len = TEMP_FAILURE_RETRY(read(fd, files->text, NODE_RECORD_MAX + 1));
    int rc = len < 0 ? -errno : 0;
    close(fd);
    return rc < 0 ? rc : len;
}

static struct node_record read_regular(struct node_files *files, const char *path, const struct stat *status)
{
    ssize_t len = read_text(files, path);

    if (len < 0 || len > (ssize_t)NODE_RECORD_MAX)
        return (struct node_record){.rc = len < 0 ? (int)len : -EFBIG};
    return (struct node_record){.text = {.at = files->text, .len = (size_t)len},
                                .inode = status->st_ino,
                                .mtime_ms = to_ms(status->st_mtim),
                                .age_ms = clock_wall_ms() - to_ms(status->st_mtim)};
}

/* A file that is replaced between stat() and open() is newer than its time. The next reading finds the new time. */
static struct node_record node_files_on_read_record(struct node_record_file *file, void *arg)
{
    struct node_files *files = arg;
    struct stat status;

    int rc = stat(file->path, &status) < 0 ? -errno : find_system(file, status.st_dev);
    if (rc < 0 || !file->is_prompt)
        files->is_prompt = false;
    if (rc == 0 && file->is_fuse)
        rc = -EOPNOTSUPP;
    else if (rc == 0 && !S_ISREG(status.st_mode))
        rc = -EINVAL;
    return rc < 0 ? (struct node_record){.rc = rc} : read_regular(files, file->path, &status);
}

/* A file that does not exist is looked for in its folder. */
static bool is_place_prompt(const char *path, bool exists)
{
    char folder[PATH_MAX];
    struct statfs system;
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 0 : (int)(slash - path) + 1;

    if (!exists && (len >= PATH_MAX || snprintf(folder, sizeof folder, "%.*s.", len, path) < 0))
        return false;
    return statfs(exists ? path : folder, &system) == 0 && is_prompt(&system);
}

static int node_files_on_look_for(const char *path, void *arg)
{
    struct node_files *files = arg;

    int rc = access(path, F_OK) < 0 ? -errno : 0;
    if (!is_place_prompt(path, rc == 0))
        files->is_prompt = false;
    return rc;
}

/* ---- file systems ---- */

/* Another file system can be there: this mount is hidden, or is not below the root. The files of btrfs have the number
 * of their subvolume, which is not that of mountinfo. */
static bool is_of_mount(const struct stat *status, const struct statfs *usage, const struct mount *mount)
{
    return status->st_dev == makedev(mount->major, mount->minor) ||
           (mount->major == 0 && (unsigned long)usage->f_type == BTRFS_SUPER_MAGIC);
}

/* Mount points and the counts of blocks are in memory, even if the disk hangs. */
static bool counts_in_memory(const struct statfs *usage)
{
    switch ((unsigned long)usage->f_type) {
    case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case MSDOS_SUPER_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
        return true;
    default:
        return is_prompt(usage);
    }
}

static int node_files_on_read_space(const struct mount *mount, struct node_space *space, void *arg)
{
    struct node_files *files = arg;
    char path[PATH_MAX];
    struct stat status;
    struct statfs usage;

    if (!under_root(files, mount->path, path))
        return -ENAMETOOLONG;
    if (stat(path, &status) < 0 || statfs(path, &usage) < 0) {
        files->is_prompt = false;
        return -errno;
    }
    if (!counts_in_memory(&usage))
        files->is_prompt = false;
    if (!is_of_mount(&status, &usage, mount))
        return -EXDEV;
    *space = (struct node_space){.used = usage.f_blocks - usage.f_bfree, .available = usage.f_bavail};
    return 0;
}

struct node_source node_files_source(struct node_files *files)
{
    return (struct node_source){.read = node_files_on_read,
                                .close = node_files_on_close,
                                .exists = node_files_on_exists,
                                .read_short = node_files_on_read_short,
                                .list = node_files_on_list,
                                .read_record = node_files_on_read_record,
                                .look_for = node_files_on_look_for,
                                .read_space = node_files_on_read_space,
                                .arg = files};
}

void node_files_close(struct node_files *files)
{
    fuse_reader_close(&files->fuse);
}
