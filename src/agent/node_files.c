#include "agent/node_files.h"

#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HEAD_LEN  4096U /* bytes that hold what we want of the files that are no lists */
#define SHORT_LEN 2048U /* a read of a list that is shorter had room for another line: it has ended */

/* ---- files that stay open ---- */

static void node_files_on_close(struct node_file *file, void *arg)
{
    (void)arg;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static void file_fail(struct node_file *file)
{
    node_files_on_close(file, NULL);
    retry_on_failure(&file->retry);
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

static bool is_prompt(int fd)
{
    struct statfs status;

    if (fstatfs(fd, &status) < 0)
        return false;
    switch ((unsigned long)status.f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case TMPFS_MAGIC:
        return true;
    default:
        return false; /* FUSE (lxcfs), network, disk */
    }
}

static bool file_open(const struct node_files *files, struct node_file *file)
{
    if (!retry_tick(&file->retry))
        return false;
    file->fd = open_under_root(files, file->path);
    if (file->fd < 0) {
        file_fail(file);
        return false;
    }
    file->is_prompt = is_prompt(file->fd);
    return true;
}

/* A list of devices comes a page at a time, as many lines as fit into it whole: it is read until a read is short. */
static struct node_text read_file(struct node_files *files, struct node_file *file, bool whole)
{
    size_t max = whole ? NODE_FILES_TEXT_MAX : HEAD_LEN;
    size_t len = 0;
    ssize_t got;

    do {
        got = TEMP_FAILURE_RETRY(pread(file->fd, files->text + len, max - len, (off_t)len));
        if (got > 0)
            len += (size_t)got;
    } while (whole && got > (ssize_t)SHORT_LEN && len < max);
    if (got < 0) {
        file_fail(file);
        return (struct node_text){"", 0};
    }
    retry_on_success(&file->retry);
    return (struct node_text){files->text, len};
}

/* Opening can hang, and only shows whether reading can. */
static struct node_text node_files_on_read(struct node_file *file, bool whole, void *arg)
{
    struct node_files *files = arg;
    struct node_text text = {"", 0};

    if (file->fd >= 0 || file_open(files, file))
        text = read_file(files, file, whole);
    if (file->fd >= 0 ? !file->is_prompt : file->retry.wait == 0)
        files->is_prompt = false;
    return text;
}

/* ---- /sys ---- */

static bool node_files_on_exists(const char *name, void *arg)
{
    char path[PATH_MAX];

    return under_root(arg, name, path) && access(path, F_OK) == 0;
}

static bool node_files_on_is_set(const char *name, void *arg)
{
    char digit = '0';
    int fd = open_under_root(arg, name);

    if (fd < 0)
        return false;
    bool set = read(fd, &digit, 1) == 1 && digit == '1';
    close(fd);
    return set;
}

/* ---- files of the operator's ---- */

static int64_t to_ms(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct node_record read_record(struct node_files *files, int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return (struct node_record){.rc = -errno};
    if (!S_ISREG(status.st_mode))
        return (struct node_record){.rc = -EINVAL};
    ssize_t len = TEMP_FAILURE_RETRY(read(fd, files->text, NODE_RECORD_MAX + 1));
    if (len < 0 || len > (ssize_t)NODE_RECORD_MAX)
        return (struct node_record){.rc = len < 0 ? -errno : -EFBIG};
    return (struct node_record){.text = {files->text, (size_t)len},
                                .inode = status.st_ino,
                                .mtime_ms = to_ms(status.st_mtim),
                                .age_ms = clock_wall_ms() - to_ms(status.st_mtim)};
}

/* O_NONBLOCK: a FIFO is opened without a writer. */
static struct node_record node_files_on_read_record(const char *path, void *arg)
{
    struct node_files *files = arg;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || !is_prompt(fd))
        files->is_prompt = false;
    if (fd < 0)
        return (struct node_record){.rc = -errno};
    const struct node_record record = read_record(files, fd);
    close(fd);
    return record;
}

struct node_source node_files_source(struct node_files *files)
{
    return (struct node_source){.read = node_files_on_read,
                                .close = node_files_on_close,
                                .exists = node_files_on_exists,
                                .is_set = node_files_on_is_set,
                                .read_record = node_files_on_read_record,
                                .arg = files};
}
