#include "collector/store/segments_each.h"

#include "collector/store/disk_plain.h"
#include "collector/store/segment_list.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

/* Fills in the rest of visited, and calls visit. */
static int visit_open(struct segments_file *visited, segments_visit *visit, void *arg)
{
    struct disk_status status;

    int rc = disk_status(visited->disk, visited->file, &status);
    if (rc < 0)
        return rc;
    visited->modified_ms = status.modified_ms;
    return visit(visited, arg);
}

/* A file that has been removed meanwhile is skipped. */
static int visit_named(const struct disk *disk, const char *name, uint64_t number, uint64_t end, segments_visit *visit,
                       void *arg)
{
    int file = disk_open(disk, name, DISK_READ);
    struct segments_file visited = {disk, file, name, number, end, 0};

    if (file < 0)
        return file == -ENOENT ? 0 : file;
    int rc = visit_open(&visited, visit, arg);
    (void)disk_close(disk, file);
    return rc;
}

static int visit_live(const struct segments *segments, segments_visit *visit, void *arg)
{
    char file_name[NAME_MAX];

    snprintf(file_name, sizeof file_name, "%s.csv", segments->name);
    if (segments->file < 0)
        return visit_named(segments->disk, file_name, segments->number, segments_length(segments), visit, arg);
    struct segments_file visited = {segments->disk, segments->file, file_name, segments->number, UINT64_MAX, 0};
    return visit_open(&visited, visit, arg);
}

int segments_each(const struct segments *segments, segments_visit *visit, void *arg)
{
    char file_name[NAME_MAX];
    struct segment_list list;
    struct disk_plain plain;

    disk_plain_init(&plain, segments->disk);
    int rc = segment_list_read(&list, segments->disk, segments->name);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc >= 0 && i < list.count; i++) {
        segment_list_name(segments->name, list.numbers[i], file_name);
        rc = visit_named(&plain.disk, file_name, list.numbers[i], UINT64_MAX, visit, arg);
    }
    segment_list_free(&list);
    return rc < 0 ? rc : visit_live(segments, visit, arg);
}
