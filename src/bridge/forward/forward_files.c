#include "bridge/forward/forward_files.h"

#include "bridge/forward/cursor.h"
#include "common/disk_file.h"
#include "common/disk_posix.h"
#include "common/error_text.h"
#include "common/locked_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REFUSED_SIZE_MAX (UINT64_C(16) << 20)
#define REFUSED_HEADER   "timestamp,node_id,group,status,text\n"
#define REFUSED_TEXT_MAX 200

/* 0, or a negative errno with the reason in error. */
static int open_directory(const char *flag, const char *path, int *fd, char *error, size_t error_size)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0
                    : error_text_set(error, error_size, -errno, "%s: can't open the directory %s: %s", flag, path,
                                     strerror(errno));
}

static int lock_name(struct forward_files *files, const struct forward_config *config, char *error, size_t error_size)
{
    char name[NAME_MAX + 1];

    snprintf(name, sizeof name, "forward-%s.lock", config->name);
    files->lock = locked_file_open(files->dir_fd, name);
    if (files->lock >= 0)
        return 0;
    if (files->lock == -EBUSY)
        return error_text_set(error, error_size, -EBUSY,
                              "--state: another process already forwards as \"%s\" from %s; give each engine its own "
                              "--name",
                              config->name, config->state);
    return error_text_set(error, error_size, files->lock, "--state: can't write to %s: %s", config->state,
                          strerror(-files->lock));
}

int forward_files_open(struct forward_files *files, const struct forward_config *config, char *error, size_t error_size)
{
    const char *name = config->name;

    *files = (struct forward_files){.lock = -1, .refused = -1, .report_fd = -1};
    snprintf(files->cursor_name, sizeof files->cursor_name, "forward-%s.cursor", name);
    snprintf(files->state_name, sizeof files->state_name, "forward-%s.state", name);
    snprintf(files->refused_name, sizeof files->refused_name, "forward-%s.refused.csv", name);
    int rc = open_directory("--state", config->state, &files->dir_fd, error, error_size);
    if (rc == 0)
        rc = open_directory("--report", config->report, &files->report_fd, error, error_size);
    files->disk = disk_posix(files->dir_fd);
    files->report = disk_posix(files->report_fd);
    if (rc == 0)
        rc = lock_name(files, config, error, error_size);
    if (rc < 0)
        forward_files_close(files);
    return rc;
}

void forward_files_close(struct forward_files *files)
{
    if (files->refused >= 0)
        disk_close(&files->disk, files->refused);
    if (files->lock >= 0)
        close(files->lock);
    if (files->dir_fd >= 0)
        close(files->dir_fd);
    if (files->report_fd >= 0)
        close(files->report_fd);
    files->refused = files->lock = files->dir_fd = files->report_fd = -1;
}

int forward_files_read_cursor(const struct forward_files *files, struct forward_place *place)
{
    char text[CURSOR_LEN + 1];
    int file = disk_open(&files->disk, files->cursor_name, DISK_READ);

    if (file == -ENOENT)
        return 0;
    if (file < 0)
        return file;
    ssize_t len = disk_file_read(&files->disk, file, text, sizeof text);
    disk_close(&files->disk, file);
    if (len < 0)
        return (int)len;
    int rc = cursor_parse(text, (size_t)len, place);
    return rc == 0 ? 1 : rc;
}

static int open_new(const struct disk *disk, const char *name, char *temporary)
{
    snprintf(temporary, NAME_MAX + 1, "%.240s.new", name);
    return disk_open(disk, temporary, DISK_OVERWRITE);
}

int forward_files_write_cursor(const struct forward_files *files, const struct forward_place *place)
{
    char temporary[NAME_MAX + 1];
    char text[CURSOR_LEN + 1];
    int file = open_new(&files->disk, files->cursor_name, temporary);

    if (file < 0)
        return file;
    cursor_format(place, text);
    int rc = disk_write(&files->disk, file, text, CURSOR_LEN, 0);
    rc = disk_file_replace(&files->disk, file, rc, temporary, files->cursor_name);
    return rc < 0 ? rc : disk_sync_names(&files->disk);
}

int forward_files_write_state(const struct forward_files *files, const char *text, size_t len)
{
    char temporary[NAME_MAX + 1];
    int file = open_new(&files->report, files->state_name, temporary);

    if (file < 0)
        return file;
    int rc = disk_write(&files->report, file, text, len, 0);
    disk_close(&files->report, file);
    return rc < 0 ? rc : disk_rename(&files->report, temporary, files->state_name);
}

/* ---- refused rows ---- */

static int begin_refused(struct forward_files *files)
{
    struct disk_status status = {0};
    char old[NAME_MAX + 1];

    if (files->refused >= 0 && files->refused_size >= REFUSED_SIZE_MAX) {
        disk_close(&files->disk, files->refused);
        files->refused = -1;
        snprintf(old, sizeof old, "%.240s.old", files->refused_name);
        disk_rename(&files->disk, files->refused_name, old);
    }
    if (files->refused >= 0)
        return 0;
    files->refused = disk_open(&files->disk, files->refused_name, DISK_APPEND);
    if (files->refused < 0)
        return files->refused;
    int rc = disk_status(&files->disk, files->refused, &status);
    files->refused_size = status.size;
    if (rc == 0 && status.size == 0)
        rc = disk_write(&files->disk, files->refused, REFUSED_HEADER, sizeof REFUSED_HEADER - 1, 0);
    return rc;
}

/* The first line of an engine's answer, as a quoted field. */
static void quote(const char *text, char quoted[REFUSED_TEXT_MAX])
{
    size_t len = 0;

    quoted[len++] = '"';
    for (; *text != '\0' && *text != '\n' && len < REFUSED_TEXT_MAX - 3; text++) {
        if (*text == '"')
            quoted[len++] = '"';
        quoted[len] = *text;
        if ((unsigned char)*text < ' ')
            quoted[len] = ' ';
        len++;
    }
    quoted[len++] = '"';
    quoted[len] = '\0';
}

int forward_files_put_refused(struct forward_files *files, const struct forward_set_name *name, long status,
                              const char *text)
{
    char quoted[REFUSED_TEXT_MAX];
    char line[2 * NAME_LEN_MAX + REFUSED_TEXT_MAX + 64];
    int rc = begin_refused(files);

    if (rc < 0)
        return rc;
    quote(text, quoted);
    int len = snprintf(line, sizeof line, "%" PRId64 ".%03d,%s,%s,%ld,%s\n", name->time_ms / 1000,
                       (int)(name->time_ms % 1000), name->node_id, name->group, status, quoted);
    files->refused_size += (uint64_t)len;
    return disk_write(&files->disk, files->refused, line, (size_t)len, 0);
}
