#include "collector/store/lock_record.h"

#include "common/disk_file.h"
#include "common/fields.h"
#include "common/hash.h"

#include <errno.h>
#include <string.h>

#define MAGIC       "headroom-lock 1,"
#define HEX_DIGITS  ((size_t)16)
#define TEXT_RUNS   "running,"
#define TEXT_ENDED  "ended,"
#define CHECKED_MAX (sizeof MAGIC - 1 + (size_t)3 * (HEX_DIGITS + 1) + 21 + sizeof TEXT_RUNS - 1 + NAME_LEN_MAX + 1)

_Static_assert(CHECKED_MAX + HEX_DIGITS + 1 <= LOCK_RECORD_LEN, "the longest record fits");

static char *put_number(char *at, uint64_t number)
{
    at = fields_put_hex(at, number);
    *at++ = ',';
    return at;
}

static uint64_t checksum(const char *text, const char *end)
{
    return hash_fnv1a(hash_fnv1a_begin(), text, (size_t)(end - text));
}

int lock_record_write(const struct disk *disk, int file, const struct lock_record *record)
{
    char text[LOCK_RECORD_LEN];

    memset(text, ' ', sizeof text);
    char *at = fields_put_text(text, MAGIC);
    at = put_number(at, record->machine);
    at = put_number(at, record->run);
    at = put_number(at, record->count);
    at = fields_put_unsigned(at, record->process);
    *at++ = ',';
    at = fields_put_text(at, record->running ? TEXT_RUNS : TEXT_ENDED);
    at = fields_put_text(at, record->host);
    *at++ = ',';
    (void)fields_put_hex(at, checksum(text, at));
    text[sizeof text - 1] = '\n';
    int rc = disk_write(disk, file, text, sizeof text, 0);
    return rc < 0 ? rc : disk_sync(disk, file);
}

static bool get_number(struct cursor *cursor, uint64_t *number)
{
    return fields_get_hex(cursor, number) && fields_get_char(cursor, ',');
}

static bool get_running(struct cursor *cursor, bool *running)
{
    struct cursor before = *cursor;

    *running = fields_get_text(cursor, TEXT_RUNS);
    if (*running)
        return true;
    *cursor = before;
    return fields_get_text(cursor, TEXT_ENDED);
}

static bool get_record(const char *text, struct lock_record *record)
{
    struct cursor cursor = {text, text + LOCK_RECORD_LEN};
    uint64_t sum = 0;

    if (!fields_get_text(&cursor, MAGIC) || !get_number(&cursor, &record->machine) ||
        !get_number(&cursor, &record->run) || !get_number(&cursor, &record->count) ||
        !fields_get_unsigned(&cursor, &record->process) || !fields_get_char(&cursor, ',') ||
        !get_running(&cursor, &record->running) || !fields_get_name(&cursor, record->host) ||
        !fields_get_char(&cursor, ','))
        return false;
    uint64_t expected = checksum(text, cursor.at);
    return fields_get_hex(&cursor, &sum) && sum == expected;
}

int lock_record_read(const struct disk *disk, struct lock_record *record)
{
    struct lock_record found;
    char text[LOCK_RECORD_LEN] = "";

    int file = disk_open(disk, LOCK_RECORD_FILE, DISK_READ);
    if (file < 0)
        return file;
    ssize_t got = disk_file_read(disk, file, text, sizeof text);
    (void)disk_close(disk, file);
    if (got <= 0)
        return got < 0 ? (int)got : -ENOENT;
    bool is_whole = get_record(text, &found);
    if (!is_whole)
        found = (struct lock_record){.running = true, .count = checksum(text, text + got)};
    *record = found;
    return is_whole ? 0 : -EBADMSG;
}

uint64_t lock_record_machine(const char *boot_id)
{
    char digits[HEX_DIGITS];
    unsigned count = 0;
    uint64_t machine = 0;

    for (; *boot_id != '\0' && count < HEX_DIGITS; boot_id++)
        if (*boot_id != '-')
            digits[count++] = *boot_id;
    struct cursor cursor = {digits, digits + count};
    return fields_get_hex(&cursor, &machine) ? machine : 0;
}

bool lock_record_is_of(const struct lock_record *found, uint64_t own_machine)
{
    return found->machine != 0 && found->machine == own_machine;
}

static bool is_same(const struct lock_record *a, const struct lock_record *b)
{
    return a->run == b->run && a->count == b->count;
}

enum lock_verdict lock_wait_look(struct lock_wait *wait, const struct lock_record *found, uint64_t took_ms)
{
    if (!found->running)
        return LOCK_FREE;
    if (!is_same(found, &wait->seen))
        return LOCK_TAKEN;
    wait->looks = took_ms > LOCK_RECORD_LOOK_MS_MAX ? 0 : wait->looks + 1;
    return wait->looks < LOCK_RECORD_LOOKS ? LOCK_WAIT : LOCK_FREE;
}
