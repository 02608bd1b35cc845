#include "collector/store/retention.h"

#include "collector/store/segment_list.h"
#include "common/disk.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MS 60000

bool retention_is_due(const struct retention *retention, int64_t look_ms, int64_t wall_ms)
{
    int64_t passed_ms = wall_ms - retention->looked_ms;

    return passed_ms < 0 || passed_ms >= (look_ms > 0 ? look_ms : LOOK_MS);
}

static void note_deleted(struct retention *retention, uint64_t number, const struct disk_status *status,
                         int64_t wall_ms, bool for_size)
{
    retention->total++;
    if (retention->deleted_count < RETENTION_NAMED_MAX)
        retention->deleted[retention->deleted_count] = (struct retention_deleted){
            .number = number, .bytes = status->size, .age_ms = wall_ms - status->modified_ms, .for_size = for_size};
    retention->deleted_count++;
}

void retention_begin(struct retention *retention, const struct disk *disk, int64_t found_ms)
{
    int64_t wall_ms = disk_wall_ms(disk);

    retention->begun_ms = found_ms < wall_ms ? found_ms : wall_ms;
    retention->begun_us = disk_mono_us(disk);
}

/* The wall clock, unless it has run faster than the monotonic one since the start. */
static int64_t time_of_run(const struct retention *retention, const struct disk *disk, int64_t wall_ms)
{
    int64_t run_ms = retention->begun_ms + (int64_t)((disk_mono_us(disk) - retention->begun_us) / 1000);

    return wall_ms < run_ms ? wall_ms : run_ms;
}

struct newest {
    int64_t run_ms;
    int64_t rows_ms; /* SEGMENT_TIME_UNKNOWN: not even the newest segment has rows */
};

/* By the live file's rows, or where it has none by those of the newest segment. */
static struct newest find_newest(const struct retention *retention, const struct retention_search *search,
                                 const struct segment_list *list, int64_t wall_ms)
{
    char file_name[NAME_MAX];
    struct newest newest = {.run_ms = time_of_run(retention, search->disk, wall_ms)};

    snprintf(file_name, sizeof file_name, "%s.csv", search->name);
    newest.rows_ms = segment_time_last(search->disk, file_name, search->row_ms);
    if (newest.rows_ms == SEGMENT_TIME_UNKNOWN && list->count > 0) {
        segment_list_name(search->name, list->numbers[list->count - 1], file_name);
        newest.rows_ms = segment_time_last(search->disk, file_name, search->row_ms);
    }
    return newest;
}

static bool is_old_by_all(const struct retention_search *search, const struct newest *newest, const char *file_name,
                          int64_t modified_ms)
{
    if (newest->run_ms - modified_ms <= search->retain_ms)
        return false;
    int64_t rows_ms = segment_time_last(search->disk, file_name, search->row_ms);
    return rows_ms == SEGMENT_TIME_UNKNOWN || newest->rows_ms == SEGMENT_TIME_UNKNOWN ||
           newest->rows_ms - rows_ms > search->retain_ms;
}

static void judge(struct retention *retention, const struct retention_search *search, const struct newest *newest,
                  uint64_t number, int64_t wall_ms)
{
    char file_name[NAME_MAX];
    struct disk_status status;

    segment_list_name(search->name, number, file_name);
    if (segment_list_look(search->disk, search->name, number, &status) < 0 ||
        wall_ms - status.modified_ms <= search->retain_ms)
        return;
    if (!is_old_by_all(search, newest, file_name, status.modified_ms))
        retention->kept++;
    else if (segment_list_remove(search->disk, search->name, number) == 0)
        note_deleted(retention, number, &status, wall_ms, false);
}

static void delete_old(struct retention *retention, const struct retention_search *search,
                       const struct segment_list *list, int64_t wall_ms)
{
    retention->kept = 0;
    if (search->retain_ms == 0)
        return;
    struct newest newest = find_newest(retention, search, list, wall_ms);
    for (size_t i = 0; i < list->count; i++)
        judge(retention, search, &newest, list->numbers[i], wall_ms);
    retention->kept_taken = retention->kept_taken && retention->kept > 0;
}

/* ---- size ---- */

struct sizes {
    uint64_t bytes;
    int64_t oldest_ms; /* when the oldest segment was last written; INT64_MAX: there is none */
};

static void add_size(const struct disk_status *status, struct sizes *sizes)
{
    sizes->bytes += status->size;
    if (status->modified_ms < sizes->oldest_ms)
        sizes->oldest_ms = status->modified_ms;
}

static struct sizes measure(const struct retention_search *search, const struct segment_list *list)
{
    struct sizes sizes = {.oldest_ms = INT64_MAX};
    struct disk_status status;
    char file_name[NAME_MAX];

    for (size_t i = 0; i < list->count; i++)
        if (segment_list_look(search->disk, search->name, list->numbers[i], &status) == 0)
            add_size(&status, &sizes);
    snprintf(file_name, sizeof file_name, "%s.csv", search->name);
    if (disk_look(search->disk, file_name, &status) == 0)
        add_size(&status, &sizes);
    return sizes;
}

/* Above 80 % of the size, and below 80 % of the age. */
static bool is_filling(const struct retention_search *search, const struct sizes *sizes, int64_t wall_ms)
{
    bool near_size = sizes->bytes / 4 >= search->retain_bytes / 5;
    bool near_age = search->retain_ms > 0 && wall_ms - sizes->oldest_ms >= search->retain_ms / 5 * 4;

    return near_size && !near_age;
}

/* Oldest first; never the live file. */
static void delete_above_size(struct retention *retention, const struct retention_search *search,
                              const struct segment_list *list, int64_t wall_ms)
{
    struct disk_status status;

    if (search->retain_bytes == 0)
        return;
    struct sizes sizes = measure(search, list);
    retention->filling = is_filling(search, &sizes, wall_ms);
    for (size_t i = 0; i < list->count && sizes.bytes > search->retain_bytes; i++) {
        if (segment_list_look(search->disk, search->name, list->numbers[i], &status) < 0 ||
            segment_list_remove(search->disk, search->name, list->numbers[i]) < 0)
            continue;
        note_deleted(retention, list->numbers[i], &status, wall_ms, true);
        sizes.bytes -= status.size < sizes.bytes ? status.size : sizes.bytes;
    }
}

void retention_search(struct retention *retention, const struct retention_search *search, int64_t wall_ms)
{
    struct segment_list list;

    retention->looked_ms = wall_ms;
    retention->filling = retention->filling && search->retain_bytes > 0;
    if ((search->retain_ms == 0 && search->retain_bytes == 0) ||
        segment_list_read(&list, search->disk, search->name) < 0)
        return;
    delete_old(retention, search, &list, wall_ms);
    delete_above_size(retention, search, &list, wall_ms);
    segment_list_free(&list);
}

/* ---- for the log ---- */

bool retention_take_filling(struct retention *retention)
{
    bool filling = retention->filling && !retention->filling_taken;

    retention->filling_taken = retention->filling_taken || filling;
    return filling;
}

unsigned retention_take_kept(struct retention *retention)
{
    unsigned kept = retention->kept_taken ? 0 : retention->kept;

    retention->kept_taken = retention->kept > 0;
    return kept;
}

unsigned retention_take(struct retention *retention, struct retention_deleted *deleted)
{
    unsigned count = retention->deleted_count;

    memcpy(deleted, retention->deleted, sizeof retention->deleted);
    retention->deleted_count = 0;
    return count;
}
