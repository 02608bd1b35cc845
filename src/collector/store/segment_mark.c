#include "collector/store/segment_mark.h"

#include "common/disk_file.h"
#include "common/fields.h"
#include "common/hash.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAGIC      "headroom-synced 1,"
#define HEX_DIGITS ((size_t)16)
#define RECORD_LEN (sizeof MAGIC - 1 + 3 * HEX_DIGITS + 3)
#define SECOND     ((size_t)2048) /* offset of the second record: in another sector than the first */
#define FILE_LEN   4096U

static void put_record(const struct segment_mark_found *record, char *text)
{
    char *at = fields_put_text(text, MAGIC);

    at = fields_put_hex(at, record->number);
    *at++ = ',';
    at = fields_put_hex(at, record->length);
    *at++ = ',';
    at = fields_put_hex(at, hash_fnv1a(hash_fnv1a_begin(), text, (size_t)(at - text)));
    *at = '\n';
}

static bool get_record(const char *text, struct segment_mark_found *record)
{
    struct cursor cursor = {text, text + RECORD_LEN};
    uint64_t sum = 0;

    if (!fields_get_text(&cursor, MAGIC) || !fields_get_hex(&cursor, &record->number) ||
        !fields_get_char(&cursor, ',') || !fields_get_hex(&cursor, &record->length) || !fields_get_char(&cursor, ','))
        return false;
    uint64_t expected = hash_fnv1a(hash_fnv1a_begin(), text, (size_t)(cursor.at - text));
    return fields_get_hex(&cursor, &sum) && sum == expected;
}

static bool is_later(const struct segment_mark_found *a, const struct segment_mark_found *b)
{
    return a->number != b->number ? a->number > b->number : a->length > b->length;
}

struct segment_mark_found segment_mark_read(const struct disk *disk, const char *name)
{
    struct segment_mark_found found = {0}, record;
    char file_name[NAME_MAX];
    char text[FILE_LEN] = "";

    snprintf(file_name, sizeof file_name, "%s.synced", name);
    int file = disk_open(disk, file_name, DISK_READ);
    if (file < 0)
        return found;
    (void)disk_file_read(disk, file, text, sizeof text);
    (void)disk_close(disk, file);
    for (size_t offset = 0; offset <= SECOND; offset += SECOND)
        if (get_record(text + offset, &record) && is_later(&record, &found))
            found = record;
    return found;
}

static int put_both(const struct disk *disk, int file, const struct segment_mark_found *record)
{
    char text[FILE_LEN] = "";

    put_record(record, text);
    put_record(record, text + SECOND);
    return disk_write(disk, file, text, sizeof text, 0);
}

int segment_mark_open(struct segment_mark *mark, const struct disk *disk, const char *name,
                      const struct segment_mark_found *record)
{
    struct segment_mark_found found = segment_mark_read(disk, name);
    char file_name[NAME_MAX];
    int rc = 0;

    segment_mark_close(mark);
    snprintf(file_name, sizeof file_name, "%s.synced", name);
    int file = disk_open(disk, file_name, DISK_LOCKED);
    if (file < 0)
        return file;
    *mark = (struct segment_mark){.disk = disk, .file = file};
    if (found.number != record->number || found.length != record->length)
        rc = put_both(disk, file, record);
    if (rc == 0)
        rc = disk_sync_all(disk, file);
    if (rc < 0)
        segment_mark_close(mark);
    return rc;
}

void segment_mark_close(struct segment_mark *mark)
{
    if (mark->disk != NULL && mark->file >= 0)
        (void)disk_close(mark->disk, mark->file);
    *mark = (struct segment_mark){.file = -1};
}

void segment_mark_note(struct segment_mark *mark, const struct segment_mark_found *record)
{
    if (mark->disk != NULL && mark->file >= 0)
        (void)put_both(mark->disk, mark->file, record);
}
