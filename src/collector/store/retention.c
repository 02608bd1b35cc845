#include "collector/store/retention.h"

#include "collector/store/segment_list.h"
#include "common/disk.h"

#include <limits.h>
#include <string.h>

#define LOOK_MS 60000

bool retention_is_due(const struct retention *retention, int64_t look_ms, int64_t wall_ms)
{
    int64_t passed_ms = wall_ms - retention->looked_ms;

    return passed_ms < 0 || passed_ms >= (look_ms > 0 ? look_ms : LOOK_MS);
}

static void note_deleted(struct retention *retention, uint64_t number, const struct disk_status *status,
                         int64_t wall_ms)
{
    retention->total++;
    if (retention->deleted_count < RETENTION_NAMED_MAX)
        retention->deleted[retention->deleted_count] = (struct retention_deleted){
            .number = number, .bytes = status->size, .age_ms = wall_ms - status->modified_ms};
    retention->deleted_count++;
}

void retention_search(struct retention *retention, const struct disk *disk, const char *name, int64_t retain_ms,
                      int64_t wall_ms)
{
    char file_name[NAME_MAX];
    struct disk_status status;
    struct segment_list list;

    retention->looked_ms = wall_ms;
    if (retain_ms == 0 || segment_list_read(&list, disk, name) < 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        segment_list_name(name, list.numbers[i], file_name);
        if (disk_look(disk, file_name, &status) < 0 || wall_ms - status.modified_ms <= retain_ms)
            continue;
        if (disk_remove(disk, file_name) == 0)
            note_deleted(retention, list.numbers[i], &status, wall_ms);
    }
    segment_list_free(&list);
}

unsigned retention_take(struct retention *retention, struct retention_deleted *deleted)
{
    unsigned count = retention->deleted_count;

    memcpy(deleted, retention->deleted, sizeof retention->deleted);
    retention->deleted_count = 0;
    return count;
}
