#include "sim/sim_index.h"

#include "sim/sim_world.h"

#include <errno.h>

#define TEXT_SIZE (4U * INDEX_LINE_MAX) /* less than the real one: several writes */

static int put(struct sim_disk *disk, const char *text, size_t len)
{
    return disk_write(disk, &disk->new_index, disk->new_index.cache_len, text, len);
}

static int put_lines(struct sim_disk *disk, uint64_t last_segment, const struct index_entry *entries, size_t count)
{
    struct index_writer writer;
    char text[TEXT_SIZE];
    size_t used = index_put_head(&writer, last_segment, text);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i <= count; i++) {
        if (used + INDEX_LINE_MAX > sizeof text) {
            rc = put(disk, text, used);
            used = 0;
        }
        used += i < count ? index_put_entry(&writer, &entries[i], text + used) : index_put_end(&writer, text + used);
    }
    return rc == 0 ? put(disk, text, used) : rc;
}

int sim_index_write(struct sim_collector *collector, uint64_t last_segment, const struct index_entry *entries,
                    size_t count)
{
    struct sim_disk *disk = &collector->disk;

    int rc = disk_create_index(disk);
    if (rc == 0)
        rc = put_lines(disk, last_segment, entries, count);
    if (rc == 0)
        rc = disk_sync(disk, &disk->new_index);
    if (rc == 0)
        rc = disk_replace_index(disk);
    if (rc == 0)
        rc = disk_sync_names(disk);
    if (rc == 0)
        collector->indexed = true;
    return rc;
}

int sim_index_check(struct sim_collector *collector, uint64_t *last_segment)
{
    const struct disk_file *index = &collector->disk.index;

    int rc = index->exists ? index_parse(index->cache, index->cache_len, last_segment, NULL, NULL) : -ENOENT;
    if (rc < 0 && collector->indexed)
        sim_fail(collector->world, "collector %u has made its index durable, and finds %s", collector->index,
                 rc == -ENOENT ? "none" : "a damaged one");
    return rc;
}

void sim_index_damage(struct sim_collector *collector)
{
    struct disk_file *index = &collector->disk.index;

    if (!index->exists)
        return;
    sim_log(collector->world, "collector %u: its index is damaged", collector->index);
    collector->indexed = false;
    if (sim_chance(collector->world, 30))
        index->exists = false;
    else
        disk_damage(&collector->disk, index);
}
