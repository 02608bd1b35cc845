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

int forward_files_open(struct forward_files *files, const char *directory, const char *name, char *error,
                       size_t error_size)
{
    char lock_name[NAME_MAX + 1];

    *files = (struct forward_files){.lock = -1, .refused = -1};
    snprintf(files->cursor_name, sizeof files->cursor_name, "forward-%s.cursor", name);
    snprintf(files->state_name, sizeof files->state_name, "forward-%s.state", name);
    snprintf(files->refused_name, sizeof files->refused_name, "forward-%s.refused.csv", name);
    snprintf(lock_name, sizeof lock_name, "forward-%s.lock", name);
    files->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->dir_fd < 0)
        return error_text_set(error, error_size, -errno, "--state: can't open the directory %s: %s", directory,
                              strerror(errno));
    files->disk = disk_posix(files->dir_fd);
    files->lock = locked_file_open(files->dir_fd, lock_name);
    if (files->lock >= 0)
        return 0;
    int rc = files->lock;
    forward_files_close(files);
    if (rc == -EBUSY)
        return error_text_set(error, error_size, rc,
                              "--state: another process already forwards as \"%s\" from %s; give each engine its own "
                              "--name",
                              name, directory);
    return error_text_set(error, error_size, rc, "--state: can't write to %s: %s", directory, strerror(-rc));
}

void forward_files_close(struct forward_files *files)
{
    if (files->refused >= 0)
        disk_close(&files->disk, files->refused);
    if (files->lock >= 0)
        close(files->lock);
    if (files->dir_fd >= 0)
        close(files->dir_fd);
    files->refused = files->lock = files->dir_fd = -1;
}

int forward_files_read_cursor(const struct forward_files *files, struct tail_place *place)
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

static int open_new(const struct forward_files *files, const char *name, char *temporary)
{
    snprintf(temporary, NAME_MAX + 1, "%.240s.new", name);
    return disk_open(&files->disk, temporary, DISK_OVERWRITE);
}

int forward_files_write_cursor(const struct forward_files *files, const struct tail_place *place)
{
    char temporary[NAME_MAX + 1];
    char text[CURSOR_LEN + 1];
    int file = open_new(files, files->cursor_name, temporary);

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
    int file = open_new(files, files->state_name, temporary);

    if (file < 0)
        return file;
    int rc = disk_write(&files->disk, file, text, len, 0);
    disk_close(&files->disk, file);
    return rc < 0 ? rc : disk_rename(&files->disk, temporary, files->state_name);
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
        quoted[len++] = (unsigned char)*text < ' ' ? ' ' : *text;
    }
    quoted[len++] = '"';
    quoted[len] = '\0';
}

int forward_files_put_refused(struct forward_files *files, const struct row_set_node *node, const struct sample *sample,
                              long status, const char *text)
{
    char quoted[REFUSED_TEXT_MAX];
    char line[2 * NAME_LEN_MAX + REFUSED_TEXT_MAX + 64];
    int rc = begin_refused(files);

    if (rc < 0)
        return rc;
    quote(text, quoted);
    int len = snprintf(line, sizeof line, "%" PRId64 ".%03d,%s,%s,%ld,%s\n", sample->time_ms / 1000,
                       (int)(sample->time_ms % 1000), node->node_id, node->group, status, quoted);
    files->refused_size += (uint64_t)len;
    return disk_write(&files->disk, files->refused, line, (size_t)len, 0);
}
