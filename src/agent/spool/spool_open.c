#include "agent/spool/spool_open.h"

#include "agent/spool/spool_layout.h"
#include "common/scrub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_NAME_SIZE 256U

/* What the file is good for (an enum spool_layout_fit), or a negative errno. *old_capacity: of the ring in it. */
static int examine(const struct disk *disk, int file, uint64_t capacity, uint64_t *old_capacity, bool *cut)
{
    struct disk_status status;
    struct spool_head head = {0};

    int rc = disk_status(disk, file, &status);
    if (rc < 0)
        return rc;
    if (!status.regular)
        return SPOOL_LAYOUT_FOREIGN;
    ssize_t got = disk_read(disk, file, &head, sizeof head, 0);
    if (got < 0 && got != -EIO) /* a head that can't be read is zeros: foreign */
        return (int)got;
    *old_capacity = head.capacity;
    return (int)spool_layout_check(&head, (size_t)status.size, capacity, cut);
}

static int reserve(const struct disk *disk, int file, uint64_t capacity)
{
    struct spool_head head = spool_layout_head(capacity);
    int rc = disk_allocate(disk, file, spool_layout_len(capacity));

    return rc < 0 ? rc : disk_write(disk, file, &head, sizeof head, 0);
}

/* ---- a file that is not a spool ---- */

static int move_aside(const struct disk *disk, const char *name, struct spool_opened *opened)
{
    char aside[FILE_NAME_SIZE];
    int64_t now_s = disk_wall_ms(disk) / 1000;

    snprintf(aside, sizeof aside, "%s.bad-%" PRId64, name, now_s);
    int rc = disk_rename(disk, name, aside);
    if (rc < 0)
        return rc;
    opened->aside_s = now_s;
    (void)disk_close(disk, opened->file);
    opened->file = disk_open(disk, name, DISK_LOCKED);
    return opened->file < 0 ? opened->file : 0;
}

/* ---- a ring of another capacity or version ---- */

static int write_resized(const struct disk *disk, int file, uint8_t *old, uint64_t old_capacity, uint64_t capacity,
                         bool *unreadable)
{
    size_t len = spool_layout_len(capacity);
    uint8_t *image = calloc(1, len);

    if (image == NULL)
        return -ENOMEM;
    if (!spool_layout_resize(old, old_capacity, image, capacity))
        *unreadable = true;
    int rc = disk_allocate(disk, file, len);
    if (rc == 0)
        rc = disk_write(disk, file, image, len, 0);
    if (rc == 0)
        rc = disk_sync_all(disk, file);
    free(image);
    return rc;
}

/* The image of the spool in the file. NULL: *rc is the reason. The caller frees it. */
static uint8_t *read_image(const struct disk *disk, int file, uint64_t capacity, bool is_older, bool *unreadable,
                           int *rc)
{
    size_t len = is_older ? spool_layout_older_len(capacity) : spool_layout_len(capacity);
    uint8_t *text = malloc(len);
    uint8_t *image = is_older ? calloc(1, spool_layout_len(capacity)) : text;

    *rc = text == NULL || image == NULL ? -ENOMEM : scrub_file(disk, file, len, text, unreadable);
    if (*rc == 0 && is_older)
        spool_layout_convert(text, capacity, image);
    if (*rc < 0 || is_older)
        free(text);
    if (*rc < 0 && is_older)
        free(image);
    return *rc < 0 ? NULL : image;
}

/* Gives the name to a synced copy of the spool whose ring has the wanted capacity, and opens that. */
static int resize(const struct disk *disk, const char *name, uint64_t old_capacity, bool is_older, uint64_t capacity,
                  struct spool_opened *opened)
{
    char copy[FILE_NAME_SIZE];
    int rc = 0;
    uint8_t *old = read_image(disk, opened->file, old_capacity, is_older, &opened->unreadable, &rc);

    snprintf(copy, sizeof copy, "%s.new", name);
    int file = rc < 0 ? rc : disk_open(disk, copy, DISK_LOCKED_EMPTY);
    rc = file < 0 ? file : write_resized(disk, file, old, old_capacity, capacity, &opened->unreadable);
    if (rc == 0)
        rc = disk_rename(disk, copy, name);
    if (rc == 0)
        rc = disk_sync_names(disk);
    free(old);
    if (rc == 0) {
        (void)disk_close(disk, opened->file);
        opened->file = file;
    } else if (file >= 0) {
        (void)disk_close(disk, file);
        (void)disk_remove(disk, copy);
    }
    return rc;
}

/* ---- the whole ---- */

static int prepare(const struct disk *disk, const char *name, uint64_t capacity, struct spool_opened *opened)
{
    uint64_t old_capacity = 0;
    int rc = 0;
    int fit = examine(disk, opened->file, capacity, &old_capacity, &opened->unreadable);

    if (fit == SPOOL_LAYOUT_FOREIGN) {
        rc = move_aside(disk, name, opened);
        fit = rc < 0 ? rc : SPOOL_LAYOUT_EMPTY;
    }
    if (fit < 0)
        return fit;
    if (fit == SPOOL_LAYOUT_RESIZE || fit == SPOOL_LAYOUT_OLDER)
        rc = resize(disk, name, old_capacity, fit == SPOOL_LAYOUT_OLDER, capacity, opened);
    else
        rc = reserve(disk, opened->file, capacity);
    if (rc == 0 && fit == SPOOL_LAYOUT_EMPTY)
        rc = disk_sync_names(disk); /* else a power cut may take the file with all that is synced in it */
    if (rc == 0)
        rc = scrub_file(disk, opened->file, spool_layout_len(capacity), NULL, &opened->unreadable);
    return rc;
}

int spool_open(const struct disk *disk, const char *name, uint64_t capacity, struct spool_opened *opened)
{
    *opened = (struct spool_opened){.file = disk_open(disk, name, DISK_LOCKED)};
    int rc = opened->file < 0 ? opened->file : prepare(disk, name, capacity, opened);

    if (rc < 0 && opened->file >= 0)
        (void)disk_close(disk, opened->file);
    return rc;
}
