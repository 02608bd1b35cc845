#include "collector/segments.h"

#include "collector/lines.h"
#include "common/clock.h"

#include <dirent.h>
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

static void segment_name(const struct segments *segments, uint64_t number, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s-%08" PRIu64 ".csv", segments->name, number);
}

/* The number of one of our segments' names; 0 for any other name. */
static uint64_t segment_number(const struct segments *segments, const char *file_name)
{
    size_t len = strlen(segments->name);
    char expected[NAME_MAX];

    if (strncmp(file_name, segments->name, len) != 0 || file_name[len] != '-')
        return 0;
    uint64_t number = strtoull(file_name + len + 1, NULL, 10);
    segment_name(segments, number, expected);
    return strcmp(expected, file_name) == 0 ? number : 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* The numbers of all segments, ascending; the caller frees *numbers. */
static int list_segments(const struct segments *segments, uint64_t **numbers, size_t *count)
{
    int fd = openat(segments->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t *found = NULL;
    size_t used = 0;
    size_t room = 0;
    int rc = 0;

    if (dir == NULL) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        uint64_t number = segment_number(segments, entry->d_name);
        if (number == 0)
            continue;
        if (used == room) {
            room = room == 0 ? 64 : 2 * room;
            uint64_t *larger = realloc(found, room * sizeof *found);
            if (larger == NULL) {
                rc = -ENOMEM;
                break;
            }
            found = larger;
        }
        found[used++] = number;
    }
    closedir(dir);
    if (rc < 0) {
        free(found);
        return rc;
    }
    if (used > 0)
        qsort(found, used, sizeof *found, compare_numbers);
    *numbers = found;
    *count = used;
    return 0;
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

static int rotate(struct segments *segments)
{
    char from[NAME_MAX];
    char to[NAME_MAX];

    live_name(segments, from);
    segment_name(segments, segments->next_number, to);
    if (renameat(segments->dir_fd, from, segments->dir_fd, to) < 0)
        return -errno;
    segments->next_number++;
    close_live(segments);
    segments->synced = strlen(segments->header);
    return open_live(segments);
}

static int remove_old(struct segments *segments, int64_t wall_ms)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    int rc = list_segments(segments, &numbers, &count);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        char file_name[NAME_MAX];
        struct stat status;
        segment_name(segments, numbers[i], file_name);
        if (fstatat(segments->dir_fd, file_name, &status, 0) < 0)
            continue;
        if (wall_ms - (int64_t)status.st_mtim.tv_sec * 1000 <= segments->limits.retain_ms)
            continue;
        if (unlinkat(segments->dir_fd, file_name, 0) == 0)
            segments->removed++;
    }
    free(numbers);
    return rc;
}

int segments_turn(struct segments *segments, int64_t wall_ms)
{
    bool empty = segments->length <= strlen(segments->header);
    bool too_long = segments->length >= segments->limits.rotate_bytes;
    bool too_old = wall_ms - segments->born_ms >= segments->limits.rotate_ms;

    if (segments->fd < 0)
        return -EBADF;
    if (empty || (!too_long && !too_old))
        return 0;
    int rc = rotate(segments);
    if (rc == 0 && segments->limits.retain_ms > 0)
        (void)remove_old(segments, wall_ms); /* tried again at the next rotation; no reason to hold samples up */
    return rc;
}

/* ---- a write ---- */

int segments_begin_write(struct segments *segments, bool again, int64_t wall_ms)
{
    int rc = again ? segments_cut_back(segments) : 0;

    return rc < 0 ? rc : segments_turn(segments, wall_ms);
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

int segments_open(struct segments *segments, int dir_fd, const char *name, const char *header,
                  const struct segments_limits *limits, segments_row_ok *row_ok, uint64_t *cut)
{
    uint64_t *numbers = NULL;
    size_t count = 0;

    *segments = (struct segments){.dir_fd = dir_fd, .fd = -1, .limits = *limits};
    snprintf(segments->name, sizeof segments->name, "%s", name);
    snprintf(segments->header, sizeof segments->header, "%s", header);
    *cut = 0;
    int rc = list_segments(segments, &numbers, &count);
    if (rc < 0)
        return rc;
    segments->next_number = count > 0 ? numbers[count - 1] + 1 : 1;
    free(numbers);
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

int segments_each(const struct segments *segments, segments_visit *visit, void *arg)
{
    char file_name[NAME_MAX];
    uint64_t *numbers = NULL;
    size_t count = 0;
    int rc = list_segments(segments, &numbers, &count);

    for (size_t i = 0; rc >= 0 && i < count; i++) {
        segment_name(segments, numbers[i], file_name);
        int fd = openat(segments->dir_fd, file_name, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue; /* removed meanwhile */
        rc = visit(fd, file_name, arg);
        close(fd);
    }
    free(numbers);
    if (rc < 0)
        return rc;
    live_name(segments, file_name);
    return visit(segments->fd, file_name, arg);
}
