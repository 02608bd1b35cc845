#include "collector/store/segments.h"

#include "collector/store/segment_list.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/line_reader.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640
#define LOOK_MS   60000 /* between two looks for segments that are too old */

#define RELEASE_BYTES (UINT64_C(8) << 20)

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

int segments_append(struct segments *segments, const char *rows, size_t len)
{
    if (segments->fd < 0)
        return -EBADF;
    int rc = file_write_all(segments->fd, rows, len, segments->length);
    if (rc == 0)
        segments->length += len;
    return rc;
}

/* A large write is not kept in the page cache: nobody reads it soon, and where the next one gets its pages back, they
 * cost less than fresh ones, which took longer than formatting all of it. Advice only. */
static void release_synced(const struct segments *segments)
{
    uint64_t len = segments->length - segments->synced;

    if (len >= RELEASE_BYTES)
        (void)posix_fadvise(segments->fd, (off_t)segments->synced, (off_t)len, POSIX_FADV_DONTNEED);
}

static int sync_file(struct segments *segments)
{
    if (segments->fd < 0)
        return -EBADF;
    uint64_t begin_us = clock_mono_us();
    int rc = fdatasync(segments->fd) == 0 ? 0 : -errno;
    histogram_add(&segments->syncs_us, clock_mono_us() - begin_us, 1);
    if (rc == 0) {
        release_synced(segments);
        segments->synced = segments->length;
        return 0;
    }
    if (segments->synced < segments->kept) {
        segments->spoiled = true;
        segments->sync_rc = rc;
        segments->events |= SEGMENTS_SYNC_LOST;
    }
    return rc;
}

/* Before the live file is closed, after which nobody would hear of an error any more. */
static int sync_kept(struct segments *segments)
{
    bool needed = segments->fd >= 0 && segments->synced < segments->kept && !segments->spoiled;

    return needed ? sync_file(segments) : 0;
}

int segments_sync(struct segments *segments)
{
    int rc = sync_file(segments);

    if (rc == 0)
        segments->kept = segments->length;
    return rc;
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

/* The file holds nothing but the header, which is durable. */
static int write_header(const struct segments *segments, int fd)
{
    if (ftruncate(fd, 0) < 0)
        return -errno;
    int rc = file_write_all(fd, segments->header, strlen(segments->header), 0);
    if (rc == 0 && (fdatasync(fd) < 0 || fsync(segments->dir_fd) < 0))
        rc = -errno;
    if (rc < 0)
        (void)!ftruncate(fd, 0);
    return rc;
}

static void set_length(struct segments *segments, uint64_t length)
{
    segments->length = length;
    segments->kept = length;
    segments->synced = length;
}

/* Opens the live file; one without rows gets its header anew. */
static int open_live(struct segments *segments)
{
    char file_name[NAME_MAX];
    struct stat status;

    live_name(segments, file_name);
    int fd = openat(segments->dir_fd, file_name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    if (rc == 0 && header_is_unfinished(segments, fd, (size_t)status.st_size)) {
        rc = write_header(segments, fd);
        status.st_size = (off_t)strlen(segments->header);
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    segments->fd = fd;
    segments->device = status.st_dev;
    segments->inode = status.st_ino;
    set_length(segments, (uint64_t)status.st_size);
    segments->born_ms = birth_ms(fd);
    return 0;
}

static void close_live(struct segments *segments)
{
    if (segments->fd >= 0)
        close(segments->fd);
    segments->fd = -1;
}

/* Another file is the live one from now on. */
static int begin_file(struct segments *segments)
{
    segments->next_number++;
    close_live(segments);
    set_length(segments, strlen(segments->header)); /* even when it can't be made yet */
    segments->spoiled = false;
    segments->device = 0;
    segments->inode = 0;
    return open_live(segments);
}

static int rotate(struct segments *segments)
{
    char from[NAME_MAX];
    char to[NAME_MAX];

    (void)sync_kept(segments); /* that it failed is an event, and another file is begun anyway */
    live_name(segments, from);
    segment_list_name(segments->name, segments->next_number, to);
    if (renameat(segments->dir_fd, from, segments->dir_fd, to) < 0)
        return -errno;
    return begin_file(segments);
}

/* ---- a file that somebody else has changed ---- */

/* Looks whether the file of that name is ours, and at least and at most so long; if not, another one is begun. */
static int check_live(struct segments *segments, uint64_t least, uint64_t most)
{
    char file_name[NAME_MAX];
    struct stat status;

    if (segments->inode == 0)
        return 0; /* it is about to be made */
    live_name(segments, file_name);
    bool there = fstatat(segments->dir_fd, file_name, &status, 0) == 0;
    if (!there && errno != ENOENT)
        return -errno;
    if (there && !S_ISREG(status.st_mode))
        return -EISDIR; /* or worse */
    if (!there || status.st_dev != segments->device || status.st_ino != segments->inode)
        segments->events |= SEGMENTS_REMOVED;
    else if ((uint64_t)status.st_size < least)
        segments->events |= SEGMENTS_TRUNCATED;
    else if ((uint64_t)status.st_size > most)
        segments->events |= SEGMENTS_GROWN;
    else
        return 0;
    /* A number is used up even when there is nothing to put aside: rows that had it are gone. */
    return there && status.st_size > 0 ? rotate(segments) : begin_file(segments);
}

static void log_meddling(const struct segments *segments, const char *what, const char *then)
{
    log_warning("somebody has %s %s.csv while it is in use; %s, and a new file is begun. Leave it alone: its size and "
                "age are the matter of rotate-size, rotate-age and retain",
                what, segments->name, then);
}

unsigned segments_take_events(struct segments *segments)
{
    unsigned events = segments->events;

    segments->events = 0;
    if ((events & SEGMENTS_REMOVED) != 0)
        log_meddling(segments, "removed or renamed", "what it held is no longer known here");
    if ((events & SEGMENTS_TRUNCATED) != 0)
        log_meddling(segments, "truncated", "what is left is kept as a segment");
    if ((events & SEGMENTS_GROWN) != 0)
        log_meddling(segments, "written to", "all of it is kept as a segment");
    return events;
}

/* ---- failures ---- */

int segments_cut_back(struct segments *segments)
{
    (void)sync_kept(segments); /* that it failed is an event, and the next write begins another file */
    uint64_t kept = segments->kept;
    uint64_t synced = segments->synced < kept ? segments->synced : kept;
    uint64_t number = segments->next_number;

    int rc = check_live(segments, kept, UINT64_MAX);
    if (segments->next_number != number)
        return rc;
    close_live(segments);
    if (rc == 0)
        rc = open_live(segments);
    if (rc == 0 && segments->length > kept && ftruncate(segments->fd, (off_t)kept) < 0)
        rc = -errno;
    if (rc == 0 && segments->length < kept)
        rc = -EAGAIN; /* changed since the look: look again */
    if (rc < 0)
        close_live(segments);
    segments->length = kept;
    segments->kept = kept;
    segments->synced = synced;
    return rc;
}

/* ---- rotation and retention ---- */

bool segments_due(const struct segments *segments, int64_t wall_ms)
{
    bool empty = segments->length <= strlen(segments->header);
    bool too_long = segments->length >= segments->limits.rotate_bytes;
    bool too_old = wall_ms - segments->born_ms >= segments->limits.rotate_ms;

    return segments->fd >= 0 && !empty && (too_long || too_old);
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
    if (rc == 0)
        rc = check_live(segments, segments->length, segments->length);
    bool has_rows = segments->length > strlen(segments->header);
    if (rc == 0 && has_rows && (rotation || segments->spoiled))
        rc = rotate(segments);
    if (rc < 0)
        return rc;
    if (rotation || wall_ms < segments->looked_ms || wall_ms - segments->looked_ms >= LOOK_MS) {
        segments->looked_ms = wall_ms;
        remove_old(segments, wall_ms);
    }
    return 0;
}

int segments_end_write(struct segments *segments, int rc, bool sync)
{
    if (rc == 0 && sync)
        rc = sync_file(segments);
    if (rc == 0)
        segments->kept = segments->length;
    else
        (void)segments_cut_back(segments);
    return rc;
}

/* ---- opening ---- */

/* The length of the part of the live file that is good: header and whole rows. 0: the header is another one. */
static int good_length(const struct segments *segments, segments_row_ok *row_ok, uint64_t *good)
{
    struct line_reader *lines = malloc(sizeof *lines);
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    size_t header_len = strlen(segments->header);

    if (lines == NULL)
        return -ENOMEM;
    *good = 0;
    line_reader_init(lines, segments->fd);
    if (line_reader_next(lines, &line, &len, &whole) && whole && len + 1 == header_len &&
        memcmp(line, segments->header, len) == 0)
        *good = header_len;
    while (*good > 0 && line_reader_next(lines, &line, &len, &whole) && whole && row_ok(line, len))
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
        rc = file_write_all(fd, buffer, (size_t)got, offset - from);
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
    set_length(segments, good);
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

int segments_close(struct segments *segments)
{
    int rc = sync_kept(segments);

    close_live(segments);
    return rc;
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
