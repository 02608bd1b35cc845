#include "bridge/forward/tail_behind.h"

#include "collector/store/disk_plain.h"
#include "collector/store/segment_list.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* A file that is behind a place, wholly or in part. */
struct behind {
    const struct disk *disk;
    const char *name;
    const struct tail_place *place;
    uint64_t bytes;
    uint64_t compressed; /* the number of the first compressed segment; 0: there is none, */
    uint64_t length;     /* and its bytes */
    bool is_met;         /* the file of the place */
};

static void add_file(struct behind *behind, const struct disk_status *status)
{
    const struct tail_place *place = behind->place;
    bool is_place = status->inode == place->inode;
    uint64_t before = is_place && place->offset <= status->size ? place->offset : 0;

    behind->is_met = behind->is_met || is_place;
    behind->bytes += status->size - before;
}

static int add_segment(struct behind *behind, uint64_t number)
{
    char file_name[NAME_MAX + 1];
    struct disk_status status;

    segment_list_name(behind->name, number, file_name);
    int rc = disk_look(behind->disk, file_name, &status);
    if (rc == -ENOENT) {
        rc = segment_list_look(behind->disk, behind->name, number, &status);
        behind->compressed = rc == 0 && behind->compressed == 0 ? number : behind->compressed;
        behind->length = rc == 0 && behind->compressed == number ? status.size : behind->length;
    }
    if (rc == 0)
        add_file(behind, &status);
    return rc == -ENOENT ? 0 : rc;
}

/* The file of the place was compressed since: it is the oldest one that is. As much of it is not behind as of its
 * content. */
static void take_off_compressed(struct behind *behind)
{
    struct disk_plain plain;
    struct disk_status content;
    char file_name[NAME_MAX + 1];

    if (behind->is_met || behind->compressed == 0)
        return;
    disk_plain_init(&plain, behind->disk);
    segment_list_name(behind->name, behind->compressed, file_name);
    if (disk_look(&plain.disk, file_name, &content) == 0 && behind->place->offset <= content.size && content.size > 0)
        behind->bytes -= (uint64_t)((double)behind->length * (double)behind->place->offset / (double)content.size);
}

int tail_behind_bytes(const struct disk *disk, const char *name, const struct tail_place *place, uint64_t *bytes)
{
    struct behind behind = {.disk = disk, .name = name, .place = place};
    struct segment_list list;
    struct disk_status status;
    char file_name[NAME_MAX + 1];
    int rc = segment_list_read(&list, disk, name);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < list.count && rc == 0; i++)
        rc = list.numbers[i] > place->passed ? add_segment(&behind, list.numbers[i]) : 0;
    segment_list_free(&list);
    if (rc < 0)
        return rc;
    snprintf(file_name, sizeof file_name, "%.200s.csv", name);
    rc = disk_look(disk, file_name, &status);
    if (rc == 0)
        add_file(&behind, &status);
    else if (rc != -ENOENT)
        return rc;
    take_off_compressed(&behind);
    *bytes = behind.bytes;
    return 0;
}
