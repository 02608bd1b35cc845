#include "collector/store/segment_list.h"

#include "collector/store/disk_plain.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void segment_list_name(const char *name, uint64_t number, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s-%08" PRIu64 ".csv", name, number);
}

void segment_list_compressed_name(const char *name, uint64_t number, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s-%08" PRIu64 ".csv" DISK_PLAIN_SUFFIX, name, number);
}

/* The number in the name of one of our segments; 0 for any other name. */
static uint64_t number_of(const char *name, const char *file_name)
{
    size_t len = strlen(name);
    char expected[NAME_MAX + 1];

    if (strncmp(file_name, name, len) != 0 || file_name[len] != '-')
        return 0;
    uint64_t number = strtoull(file_name + len + 1, NULL, 10);
    segment_list_name(name, number, expected);
    if (strcmp(expected, file_name) == 0)
        return number;
    segment_list_compressed_name(name, number, expected);
    return strcmp(expected, file_name) == 0 ? number : 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

struct reading {
    struct segment_list list;
    const char *name;
    size_t room;
};

static int segment_list_on_name(const char *file_name, void *arg)
{
    struct reading *reading = arg;
    struct segment_list *list = &reading->list;
    uint64_t number = number_of(reading->name, file_name);

    if (number == 0)
        return 0;
    if (list->count == reading->room) {
        size_t more = reading->room == 0 ? 64 : 2 * reading->room;
        uint64_t *larger = reallocarray(list->numbers, more, sizeof *larger);
        if (larger == NULL)
            return -ENOMEM;
        list->numbers = larger;
        reading->room = more;
    }
    list->numbers[list->count++] = number;
    return 0;
}

/* Of sorted numbers. */
static void leave_each_once(struct segment_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (count == 0 || list->numbers[i] != list->numbers[count - 1])
            list->numbers[count++] = list->numbers[i];
    list->count = count;
}

int segment_list_read(struct segment_list *list, const struct disk *disk, const char *name)
{
    struct reading reading = {.name = name};

    int rc = disk_list(disk, segment_list_on_name, &reading);
    if (rc < 0) { /* an incomplete list could let a number be used twice */
        segment_list_free(&reading.list);
        return rc;
    }
    if (reading.list.count > 0)
        qsort(reading.list.numbers, reading.list.count, sizeof *reading.list.numbers, compare_numbers);
    leave_each_once(&reading.list);
    *list = reading.list;
    return 0;
}

void segment_list_free(struct segment_list *list)
{
    free(list->numbers);
    *list = (struct segment_list){NULL, 0};
}

bool segment_list_has(const struct segment_list *list, uint64_t number)
{
    return list->count > 0 &&
           bsearch(&number, list->numbers, list->count, sizeof *list->numbers, compare_numbers) != NULL;
}

/* ---- one segment ---- */

int segment_list_look(const struct disk *disk, const char *name, uint64_t number, struct disk_status *status)
{
    struct disk_status compressed;
    char file_name[NAME_MAX + 1];

    segment_list_name(name, number, file_name);
    int rc_plain = disk_look(disk, file_name, status);
    if (rc_plain < 0 && rc_plain != -ENOENT)
        return rc_plain;
    segment_list_compressed_name(name, number, file_name);
    int rc = disk_look(disk, file_name, &compressed);
    if (rc == 0 && rc_plain == 0)
        status->size += compressed.size;
    else if (rc == 0)
        *status = compressed;
    return rc == -ENOENT ? rc_plain : rc;
}

int segment_list_remove(const struct disk *disk, const char *name, uint64_t number)
{
    char file_name[NAME_MAX + 1];

    segment_list_name(name, number, file_name);
    int rc_plain = disk_remove(disk, file_name);
    segment_list_compressed_name(name, number, file_name);
    int rc = disk_remove(disk, file_name);
    return rc_plain < 0 && rc_plain != -ENOENT ? rc_plain : rc == -ENOENT ? rc_plain : rc;
}
