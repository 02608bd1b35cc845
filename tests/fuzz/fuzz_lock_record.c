/* What is read of the file `collector.lock` is within its bounds, and written again it is read as the same. */
#include "collector/store/lock_record.h"
#include "common/fields.h"
#include "common/hash.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_disk.h"

#include <errno.h>
#include <string.h>

#define CHECKSUM_MAX 16

static void write_again(struct fuzz_disk *disk, const struct lock_record *record)
{
    int file = disk_open(&disk->disk, LOCK_RECORD_FILE, DISK_LOCKED);

    MUST(file >= 0 && lock_record_write(&disk->disk, file, record) == 0);
    MUST(disk_close(&disk->disk, file) == 0);
}

static void check(struct fuzz_disk *disk)
{
    struct lock_record read = {0}, again = {0};

    int rc = lock_record_read(&disk->disk, &read);
    if (rc < 0) {
        MUST(rc == -EBADMSG || rc == -ENOENT);
        MUST(read.running == (rc == -EBADMSG) && read.run == 0 && read.host[0] == '\0');
        return;
    }
    MUST(parse_name_ok(read.host, strlen(read.host)));
    write_again(disk, &read);
    MUST(lock_record_read(&disk->disk, &again) == 0);
    MUST(again.machine == read.machine && again.run == read.run && again.count == read.count);
    MUST(again.process == read.process && again.running == read.running && strcmp(again.host, read.host) == 0);
}

/* The input with a checksum that is right, since no change of a record would pass otherwise. */
static void put_checked(struct fuzz_disk *disk, const uint8_t *data, size_t size)
{
    char text[LOCK_RECORD_LEN + CHECKSUM_MAX];
    size_t len = size < LOCK_RECORD_LEN ? size : LOCK_RECORD_LEN;

    memcpy(text, data, len);
    const char *end = fields_put_hex(text + len, hash_fnv1a(hash_fnv1a_begin(), text, len));
    fuzz_disk_put(disk, LOCK_RECORD_FILE, text, (size_t)(end - text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_disk disk;

    fuzz_disk_init(&disk);
    fuzz_disk_put(&disk, LOCK_RECORD_FILE, (const char *)data, size);
    check(&disk);
    put_checked(&disk, data, size);
    check(&disk);
    fuzz_disk_deinit(&disk);
    return 0;
}
