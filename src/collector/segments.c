#include "collector/segments.h"

#include "collector/lines.h"
#include "collector/segment_list.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640

/* ---- names ---- */

static void live_name(const struct segments *segments, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s.csv", segments->name);
}

static int64_t modified_ms(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
}

/* ---- bytes ---- */

static int write_all(int fd, const char *data, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t put = pwrite(fd, data, len, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        data += put;
        len -= (size_t)put;
        offset += (uint64_t)put;
    }
    return 0;
}

int segments_append(struct segments *segments, const char *rows, size_t len)
{
    if (segments->fd < 0)
        return -EBADF;
    int rc = write_all(segments->fd, rows, len, segments->length);
    if (rc == 0)
        segments->length += len;
    return rc;
}

int segments_sync(struct segments *segments)
{
    if (segments->fd < 0)
        return -EBADF;
    if (fdatasync(segments->fd) < 0)
        return -errno;
    segments->synced = segments->length;
    return 0;
}

/* ---- the live file ---- */

static int64_t birth_ms(int fd)
{
    struct statx status;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) == 0 && (status.stx_mask & STATX_BTIME) != 0)
        return (int64_t)status.stx_btime.tv_sec * 1000;
    return clock_wall_ms();
}

/* Whether the file holds nothing but our header or a part of it: writing it, or making it durable, was broken off. */
static bool header_is_unfinished(const struct segments *segments, int fd, size_t size)
{
    char text[sizeof segments->header];

    return size <= strlen(segments->header) && pread(fd, text, size, 0) == (ssize_t)size &&
           memcmp(text, segments->header, size) == 0;
}

/* Opens the live file; one without rows gets its header anew. */
static int open_live(struct segments *segments)
{
    char file_name[NAME_MAX];
    struct stat status;

    live_name(segments, file_name);
    int fd = openat(segments->dir_fd, file_name, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    size_t len = strlen(segments->header);
    if (rc == 0 && header_is_unfinished(segments, fd, (size_t)status.st_size)) {
        rc = write_all(fd, segments->header, len, 0);
        if (rc == 0 && (fdatasync(fd) < 0 || fsync(segments->dir_fd) < 0))
            rc = -errno;
        if (rc < 0)
            (void)!ftruncate(fd, 0);
        status.st_size = (off_t)len;
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    segments->fd = fd;
    segments->length = (uint64_t)status.st_size;
    segments->synced = segments->length;
    segments->born_ms = birth_ms(fd);
    return 0;
}

static void close_live(struct segments *segments)
{
    if (segments->fd >= 0)
        close(segments->fd);
    segments->fd = -1;
}

int segments_cut_back(struct segments *segments)
{
    uint64_t synced = segments->synced;

    close_live(segments);
    int rc = open_live(segments);
    if (rc < 0 || segments->length <= synced) {
        segments->synced = rc < 0 ? synced : segments->length;
        return rc;
    }
    segments->synced = synced;
    if (ftruncate(segments->fd, (off_t)synced) < 0) {
        rc = -errno;
        close_live(segments);
        return rc;
    }
    segments->length = synced;
    return 0;
}

/* ---- rotation and retention ---- */

bool segments_due(const struct segments *segments, int64_t wall_ms)
{
    bool empty = segments->length <= strlen(segments->header);
    bool too_long = segments->length >= segments->limits.rotate_bytes;
    bool too_old = wall_ms - segments->born_ms >= segments->limits.rotate_ms;

    return segments->fd >= 0 && !empty && (too_long || too_old);
}

static int rotate(struct segments *segments)
{
    char from[NAME_MAX];
    char to[NAME_MAX];

    live_name(segments, from);
    segment_list_name(segments->name, segments->next_number, to);
    if (renameat(segments->dir_fd, from, segments->dir_fd, to) < 0)
        return -errno;
    segments->next_number++;
    close_live(segments);
    segments->length = strlen(segments->header); /* of the new one, even when it can't be made yet */
    segments->synced = segments->length;
    return open_live(segments);
}

static void remove_old(struct segments *segments, int64_t wall_ms)
{
    struct segment_list list;

    if (segments->limits.retain_ms == 0 || segment_list_read(&list, segments->dir_fd, segments->name) < 0)
        return; /* tried again later; no reason to hold rows up */
    for (size_t i = 0; i < list.count; i++) {
        char file_name[NAME_MAX];
        struct stat status;
        segment_list_name(segments->name, list.numbers[i], file_name);
        if (fstatat(segments->dir_fd, file_name, &status, 0) < 0)
            continue;
        if (wall_ms - modified_ms(&status) <= segments->limits.retain_ms)
            continue;
        if (unlinkat(segments->dir_fd, file_name, 0) == 0)
            segments->removed++;
    }
    segment_list_free(&list);
}

/* ---- a write ---- */

int segments_begin_write(struct segments *segments, bool again, bool rotation, int64_t wall_ms)
{
    int rc = again ? segments_cut_back(segments) : 0;

    if (rc == 0 && segments->fd < 0)
        rc = -EBADF;
    if (rc < 0 || !rotation)
        return rc;
    rc = rotate(segments);
    if (rc == 0)
        remove_old(segments, wall_ms);
    return rc;
}

int segments_end_write(struct segments *segments, int rc)
{
    if (rc == 0)
        rc = segments_sync(segments);
    if (rc < 0)
        (void)segments_cut_back(segments);
    return rc;
}

/* ---- opening ---- */

/* The length of the part of the live file that is good: header and whole rows. 0: the header is another one. */
static int good_length(const struct segments *segments, segments_row_ok *row_ok, uint64_t *good)
{
    struct lines *lines = malloc(sizeof *lines);
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    size_t header_len = strlen(segments->header);

    if (lines == NULL)
        return -ENOMEM;
    *good = 0;
    lines_init(lines, segments->fd);
    if (lines_next(lines, &line, &len, &whole) && whole && len + 1 == header_len &&
        memcmp(line, segments->header, len) == 0)
        *good = header_len;
    while (*good > 0 && lines_next(lines, &line, &len, &whole) && whole && row_ok(line, len))
        *good = lines->offset;
    int rc = lines->error;
    free(lines);
    return rc;
}

/* Copies what will be cut to a file of its own. */
static int keep_aside(const struct segments *segments, uint64_t from)
{
    char file_name[NAME_MAX];
    char buffer[65536];
    uint64_t offset = from;
    ssize_t got = 0;
    int rc = 0;

    snprintf(file_name, sizeof file_name, "%s.cut-%" PRId64, segments->name, clock_wall_ms());
    int fd = openat(segments->dir_fd, file_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    while (rc == 0 && (got = pread(segments->fd, buffer, sizeof buffer, (off_t)offset)) > 0) {
        rc = write_all(fd, buffer, (size_t)got, offset - from);
        offset += (uint64_t)got;
    }
    if (rc == 0 && (got < 0 || fdatasync(fd) < 0))
        rc = -errno;
    close(fd);
    if (rc < 0)
        unlinkat(segments->dir_fd, file_name, 0);
    return rc;
}

static int cut_damage(struct segments *segments, segments_row_ok *row_ok, uint64_t *cut)
{
    uint64_t good = 0;
    int rc = good_length(segments, row_ok, &good);

    if (rc < 0)
        return rc;
    if (good == 0 || good == segments->length)
        return good == 0 ? rotate(segments) : 0;
    *cut = segments->length - good;
    rc = keep_aside(segments, good);
    if (rc < 0)
        return rc;
    if (ftruncate(segments->fd, (off_t)good) < 0 || fdatasync(segments->fd) < 0)
        return -errno;
    segments->length = good;
    segments->synced = good;
    return 0;
}

/* Rows whose sync failed before a crash may still be in the page cache, marked clean: they are to be read from the
 * disk, or not at all. */
static int reread_from_disk(int fd)
{
    if (fdatasync(fd) < 0)
        return -errno;
    return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* When the live file was written last, before anything here touches it. */
static int64_t found_ms(const struct segments *segments)
{
    char file_name[NAME_MAX];
    struct stat status;

    live_name(segments, file_name);
    return fstatat(segments->dir_fd, file_name, &status, 0) == 0 ? modified_ms(&status) : SEGMENTS_NEVER;
}

static int next_number(const struct segments *segments, uint64_t taken, uint64_t *number)
{
    struct segment_list list;

    int rc = segment_list_read(&list, segments->dir_fd, segments->name);
    if (rc < 0)
        return rc;
    uint64_t newest = list.count > 0 ? list.numbers[list.count - 1] : 0;
    *number = (newest > taken ? newest : taken) + 1;
    segment_list_free(&list);
    return 0;
}

int segments_open(struct segments *segments, int dir_fd, const char *name, const char *header,
                  const struct segments_limits *limits, segments_row_ok *row_ok, uint64_t taken, uint64_t *cut)
{
    *segments = (struct segments){.dir_fd = dir_fd, .fd = -1, .limits = *limits};
    snprintf(segments->name, sizeof segments->name, "%s", name);
    snprintf(segments->header, sizeof segments->header, "%s", header);
    *cut = 0;
    segments->found_ms = found_ms(segments);
    int rc = next_number(segments, taken, &segments->next_number);
    if (rc == 0)
        rc = open_live(segments);
    if (rc == 0)
        rc = reread_from_disk(segments->fd);
    if (rc == 0)
        rc = cut_damage(segments, row_ok, cut);
    /* What was read is about to be answered for: it must not be in the page cache only. */
    if (rc == 0 && (fdatasync(segments->fd) < 0 || fsync(dir_fd) < 0))
        rc = -errno;
    if (rc < 0)
        close_live(segments);
    return rc;
}

void segments_close(struct segments *segments)
{
    close_live(segments);
}

/* ---- reading ---- */

static int visit_file(int fd, const char *name, uint64_t number, segments_visit *visit, void *arg)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    struct segments_file file = {.fd = fd, .name = name, .number = number, .modified_ms = modified_ms(&status)};
    return visit(&file, arg);
}

int segments_each(const struct segments *segments, segments_visit *visit, void *arg)
{
    char file_name[NAME_MAX];
    struct segment_list list;

    int rc = segment_list_read(&list, segments->dir_fd, segments->name);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc >= 0 && i < list.count; i++) {
        segment_list_name(segments->name, list.numbers[i], file_name);
        int fd = openat(segments->dir_fd, file_name, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue; /* removed meanwhile */
        if (fd < 0) {
            rc = -errno;
            break;
        }
        rc = visit_file(fd, file_name, list.numbers[i], visit, arg);
        close(fd);
    }
    segment_list_free(&list);
    if (rc < 0)
        return rc;
    live_name(segments, file_name);
    return visit_file(segments->fd, file_name, segments->next_number, visit, arg);
}
