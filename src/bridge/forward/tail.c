#include "bridge/forward/tail.h"

#include "collector/store/segment_list.h"
#include "common/hash.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define HASHED_LEN 64U

/* ---- places ---- */

/* The hash of the bytes before the offset. 0 or a negative errno; -ENODATA: the file is shorter. */
static int hash_before(const struct disk *disk, int file, uint64_t offset, uint64_t *hash)
{
    char bytes[HASHED_LEN];
    size_t len = offset < HASHED_LEN ? (size_t)offset : HASHED_LEN;

    ssize_t got = len > 0 ? disk_read(disk, file, bytes, len, offset - len) : 0;
    if (got < 0)
        return (int)got;
    *hash = hash_fnv1a(hash_fnv1a_begin(), bytes, (size_t)got);
    return (size_t)got == len ? 0 : -ENODATA;
}

/* Whether the bytes before the place are those that were there when it was taken: 1 or 0, or a negative errno. */
static int fits(const struct tail *tail)
{
    uint64_t hash = 0;
    int rc = hash_before(tail->disk, tail->file, tail->place.offset, &hash);

    if (rc == -ENODATA)
        return 0;
    return rc < 0 ? rc : hash == tail->place.hash;
}

static void begin_file(struct tail *tail)
{
    tail->start = 0;
    tail->end = 0;
    tail->place.offset = 0;
    tail->place.hash = hash_fnv1a_begin();
    tail->hashed = 0;
}

/* ---- files ---- */

static void file_name_of(const struct tail *tail, uint64_t number, char *file_name)
{
    if (number > 0)
        segment_list_name(tail->name, number, file_name);
    else
        snprintf(file_name, NAME_MAX, "%s.csv", tail->name);
}

static void close_file(struct tail *tail)
{
    if (tail->file >= 0)
        disk_close(tail->disk, tail->file);
    tail->file = -1;
    tail->start = 0;
    tail->end = 0;
    tail->is_at_end = false;
}

/* The oldest segment that is not passed, 0 for the live file. 0 or a negative errno. */
static int find_next(const struct tail *tail, uint64_t *number)
{
    struct segment_list list;
    int rc = segment_list_read(&list, tail->disk, tail->name);

    if (rc < 0)
        return rc;
    *number = 0;
    for (size_t i = 0; i < list.count && *number == 0; i++)
        if (list.numbers[i] > tail->place.passed)
            *number = list.numbers[i];
    segment_list_free(&list);
    return 0;
}

/* How many segments, of which there is no trace, were between those passed and the open file: the place's own file, and
 * others. Where the live file is open, the number of others is unknown. */
static uint64_t missing_between(const struct tail *tail, bool is_begun)
{
    if (tail->number == 0 || (!is_begun && tail->place.passed == 0))
        return is_begun;
    return tail->number - tail->place.passed - 1;
}

/* Once, also when the reader moves back to a place before them. */
static void count_overtaken(struct tail *tail, uint64_t inode)
{
    bool is_counted =
        tail->overtaken > 0 && tail->overtaken_passed == tail->place.passed && tail->overtaken_inode == inode;
    uint64_t missing = missing_between(tail, inode != 0);

    if (missing == 0 || is_counted)
        return;
    tail->overtaken += missing;
    tail->overtaken_passed = tail->place.passed;
    tail->overtaken_inode = inode;
}

/* The open file is that of the place, a copy of it, or one that follows it. 0 or a negative errno. */
static int find_place(struct tail *tail, uint64_t inode)
{
    uint64_t before = tail->place.inode;
    bool is_same = before == inode;
    int fit = before != 0 ? fits(tail) : 0;

    if (fit < 0)
        return fit;
    tail->place.inode = inode;
    tail->hashed = tail->place.offset;
    if (fit > 0 && (is_same || tail->place.offset > 0))
        return 0;
    if (is_same)
        tail->again++;
    else
        count_overtaken(tail, before);
    begin_file(tail);
    return 0;
}

static int open_number(struct tail *tail, uint64_t number)
{
    char file_name[NAME_MAX + 1];

    file_name_of(tail, number, file_name);
    tail->file = disk_open(tail->disk, file_name, DISK_READ);
    tail->number = number;
    return tail->file < 0 ? tail->file : 0;
}

/* Opens the file of the place. Returns 1, or 0 if there is none yet, or a negative errno. */
static int open_file(struct tail *tail)
{
    struct disk_status status = {0};
    uint64_t number = 0;
    uint64_t first = 0;
    int rc = find_next(tail, &number);

    if (rc == 0)
        rc = open_number(tail, number);
    if (rc == 0)
        rc = find_next(tail, &first);
    if (rc == 0 && first != number) /* it was renamed or deleted since the names were listed */
        rc = -ENOENT;
    if (rc == 0)
        rc = disk_status(tail->disk, tail->file, &status);
    if (rc == 0)
        rc = find_place(tail, status.inode);
    if (rc < 0)
        close_file(tail);
    if (rc == -ENOENT)
        return 0;
    return rc < 0 ? rc : 1;
}

/* ---- the end of a file ---- */

static int compare_inode(const struct tail *tail, uint64_t number, bool *is_same)
{
    char file_name[NAME_MAX + 1];
    struct disk_status status = {0};

    file_name_of(tail, number, file_name);
    int rc = disk_look(tail->disk, file_name, &status);
    *is_same = rc == 0 && status.inode == tail->place.inode;
    return rc == -ENOENT ? 0 : rc;
}

static int find_end(const struct tail *tail, int file, struct disk_status *status, uint64_t *hash)
{
    int rc = disk_status(tail->disk, file, status);

    return rc == 0 ? hash_before(tail->disk, file, status->size, hash) : rc;
}

/* Whether the segment has the content of the open file, as one that was compressed has: the same length and last bytes.
 */
static int compare_content(const struct tail *tail, uint64_t number, bool *is_same)
{
    char file_name[NAME_MAX + 1];
    struct disk_status mine = {0}, other = {0};
    uint64_t my_hash = 0, other_hash = 0;

    file_name_of(tail, number, file_name);
    int file = disk_open(tail->disk, file_name, DISK_READ);
    if (file < 0)
        return file == -ENOENT ? 0 : file;
    int rc = find_end(tail, file, &other, &other_hash);
    (void)disk_close(tail->disk, file);
    if (rc == 0)
        rc = find_end(tail, tail->file, &mine, &my_hash);
    *is_same = rc == 0 && mine.size == other.size && my_hash == other_hash;
    return rc == -ENODATA ? 0 : rc;
}

/* The live file was renamed. Its number is that of the segment that has its inode, or its content; if it was deleted at
 * once, the one before the oldest that is not passed, so that this one comes next. 0 or a negative errno. */
static int find_number(struct tail *tail)
{
    struct segment_list list;
    int rc = segment_list_read(&list, tail->disk, tail->name);
    uint64_t oldest = 0;
    bool is_same = false;

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < list.count && rc == 0 && !is_same; i++) {
        if (list.numbers[i] <= tail->place.passed)
            continue;
        oldest = oldest == 0 ? list.numbers[i] : oldest;
        rc = compare_inode(tail, list.numbers[i], &is_same);
        if (rc == 0 && !is_same)
            rc = compare_content(tail, list.numbers[i], &is_same);
        tail->number = is_same ? list.numbers[i] : tail->number;
    }
    segment_list_free(&list);
    if (rc == 0 && !is_same)
        tail->number = oldest > 1 ? oldest - 1 : 1;
    return rc;
}

/* Whether the file was cut back since its last bytes were read: 1 or 0, or a negative errno. */
static int is_cut(struct tail *tail)
{
    int fit = 1;

    if (tail->hashed == tail->place.offset)
        fit = fits(tail);
    else if ((fit = hash_before(tail->disk, tail->file, tail->place.offset, &tail->place.hash)) == 0)
        fit = 1;
    tail->hashed = tail->place.offset;
    if (fit < 0 && fit != -ENODATA)
        return fit;
    return fit != 1;
}

/* Begins a file that was cut back again: 1. 0: it was not, or a negative errno. */
static int check_cut(struct tail *tail)
{
    int rc = is_cut(tail);

    if (rc <= 0)
        return rc;
    tail->again++;
    begin_file(tail);
    return 1;
}

/* Returns 1 if there may be more to read, 0 if not yet, or a negative errno. */
static int end_live(struct tail *tail)
{
    bool is_live = false;
    int rc = compare_inode(tail, 0, &is_live);

    if (rc < 0)
        return rc;
    if (!is_live) {
        rc = find_number(tail);
        return rc < 0 ? rc : 1; /* what was appended before it was renamed */
    }
    rc = check_cut(tail);
    tail->is_at_end = rc == 0;
    return rc;
}

static int end_segment(struct tail *tail)
{
    tail->place = (struct tail_place){.passed = tail->number};
    close_file(tail);
    return open_file(tail);
}

/* ---- lines ---- */

static void give(struct tail *tail, size_t len, size_t with_end, const char **line, size_t *line_len)
{
    *line = tail->buffer + tail->start;
    *line_len = len;
    tail->start += with_end;
    tail->place.offset += with_end;
}

/* The next line in the buffer; a part of one that is longer than the buffer. */
static bool take_line(struct tail *tail, const char **line, size_t *len)
{
    const char *from = tail->buffer + tail->start;
    size_t left = tail->end - tail->start;
    const char *newline = memchr(from, '\n', left);

    if (newline != NULL)
        give(tail, (size_t)(newline - from), (size_t)(newline - from) + 1, line, len);
    else if (left == sizeof tail->buffer)
        give(tail, left, left, line, len);
    else
        return false;
    return true;
}

/* Returns how many bytes were read, or a negative errno. */
static ssize_t fill(struct tail *tail)
{
    memmove(tail->buffer, tail->buffer + tail->start, tail->end - tail->start);
    tail->end -= tail->start;
    tail->start = 0;
    ssize_t got = disk_read(tail->disk, tail->file, tail->buffer + tail->end, sizeof tail->buffer - tail->end,
                            tail->place.offset + tail->end);
    tail->end += got > 0 ? (size_t)got : 0;
    return got;
}

int tail_next(struct tail *tail, const char **line, size_t *len)
{
    ssize_t more = tail->file >= 0 ? 1 : open_file(tail);

    if (tail->file >= 0 && tail->is_at_end) { /* time has passed since it was looked at */
        int rc = check_cut(tail);
        more = rc < 0 ? rc : more;
    }
    tail->is_at_end = false;
    while (more > 0) {
        if (take_line(tail, line, len))
            return 1;
        more = fill(tail);
        if (more != 0)
            continue;
        if (tail->number == 0) {
            more = end_live(tail);
        } else if (tail->end > tail->start) { /* a last line without its end */
            give(tail, tail->end - tail->start, tail->end - tail->start, line, len);
            return 1;
        } else {
            more = end_segment(tail);
        }
    }
    return (int)more;
}

ssize_t tail_header(const struct tail *tail, char *text, size_t size)
{
    ssize_t got = tail->file >= 0 ? disk_read(tail->disk, tail->file, text, size, 0) : -EBADF;
    const char *newline = got > 0 ? memchr(text, '\n', (size_t)got) : NULL;

    return newline != NULL ? newline - text : got;
}

/* ---- begin, move and end ---- */

void tail_init(struct tail *tail, const struct disk *disk, const char *name, const struct tail_place *place)
{
    tail->disk = disk;
    tail->name = name;
    tail->place = *place;
    tail->file = -1;
    tail->number = 0;
    tail->start = 0;
    tail->end = 0;
    tail->hashed = 0;
    tail->is_at_end = false;
    tail->overtaken = 0;
    tail->again = 0;
}

void tail_close(struct tail *tail)
{
    close_file(tail);
}

int tail_place(const struct tail *tail, struct tail_place *place)
{
    *place = tail->place;
    if (tail->file < 0)
        return 0;
    int rc = hash_before(tail->disk, tail->file, place->offset, &place->hash);
    return rc == -ENODATA ? 0 : rc; /* it was cut back: the place does not fit, and the file is read again */
}

void tail_move(struct tail *tail, const struct tail_place *place)
{
    close_file(tail);
    tail->place = *place;
}

/* The number of the newest segment, 0 if there is none. 0 or a negative errno. */
static int newest_number(const struct disk *disk, const char *name, uint64_t *number)
{
    struct segment_list list;
    int rc = segment_list_read(&list, disk, name);

    if (rc < 0)
        return rc;
    *number = list.count > 0 ? list.numbers[list.count - 1] : 0;
    segment_list_free(&list);
    return 0;
}

/* Where the last line that has its end ends. */
static int end_of_lines(const struct disk *disk, int file, uint64_t size, uint64_t *end)
{
    char bytes[4096];

    for (*end = size; *end > 0;) {
        size_t len = *end < sizeof bytes ? (size_t)*end : sizeof bytes;
        ssize_t got = disk_read(disk, file, bytes, len, *end - len);
        if (got < 0)
            return (int)got;
        const char *newline = memrchr(bytes, '\n', (size_t)got);
        *end -= len;
        if (newline != NULL) {
            *end += (uint64_t)(newline - bytes) + 1;
            return 0;
        }
    }
    return 0;
}

int tail_place_newest(const struct disk *disk, const char *name, struct tail_place *place)
{
    char file_name[NAME_MAX + 1];
    struct disk_status status = {0};

    *place = (struct tail_place){0};
    int rc = newest_number(disk, name, &place->passed);
    if (rc < 0)
        return rc;
    snprintf(file_name, NAME_MAX, "%s.csv", name);
    int file = disk_open(disk, file_name, DISK_READ);
    if (file < 0)
        return file == -ENOENT ? 0 : file;
    rc = disk_status(disk, file, &status);
    if (rc == 0)
        rc = end_of_lines(disk, file, status.size, &place->offset);
    if (rc == 0)
        rc = hash_before(disk, file, place->offset, &place->hash);
    place->inode = status.inode;
    disk_close(disk, file);
    return rc == -ENODATA ? 0 : rc;
}
