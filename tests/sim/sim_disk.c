#include "sim/sim_disk.h"

#include "sim/sim_world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX 300U /* bytes that reach the medium together, or not */

enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_CRASHED };

void disk_init(struct sim_disk *disk, struct world *world)
{
    *disk = (struct sim_disk){.world = world, .next_number = 1};
}

static void file_free(struct disk_file *file)
{
    free(file->cache);
    free(file->medium);
    *file = (struct disk_file){0};
}

void disk_deinit(struct sim_disk *disk)
{
    for (unsigned i = 0; i < disk->count; i++)
        file_free(&disk->files[i]);
    disk->count = 0;
}

struct disk_file *disk_live(struct sim_disk *disk)
{
    struct disk_file *last = disk->count > 0 ? &disk->files[disk->count - 1] : NULL;

    return last != NULL && last->number == 0 ? last : NULL;
}

static enum outcome next_outcome(struct sim_disk *disk)
{
    if (disk->crashed)
        return OUTCOME_CRASHED;
    if (disk->crash_in > 0 && --disk->crash_in == 0) {
        disk->crashed = true;
        return OUTCOME_CRASHED;
    }
    return sim_chance(disk->world, disk->error_percent) ? OUTCOME_FAILED : OUTCOME_DONE;
}

/* What a program that dies in the middle of an operation does not learn. */
static bool was_done(struct sim_disk *disk, enum outcome outcome)
{
    return outcome == OUTCOME_DONE || (outcome == OUTCOME_CRASHED && sim_chance(disk->world, 50));
}

static int result(enum outcome outcome)
{
    if (outcome == OUTCOME_DONE)
        return 0;
    return outcome == OUTCOME_FAILED ? -EIO : -ECANCELED;
}

/* ---- names ---- */

static void note_name(struct sim_disk *disk, enum name_change change)
{
    if (disk->name_count == DISK_NAMES_MAX)
        sim_fail(disk->world, "the folder is never synced");
    disk->names[disk->name_count++] = change;
}

int disk_create_live(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    assert(disk_live(disk) == NULL);
    if (!was_done(disk, outcome))
        return result(outcome);
    if (disk->count == DISK_FILES_MAX)
        sim_fail(disk->world, "more than %u files", DISK_FILES_MAX);
    disk->files[disk->count++] = (struct disk_file){0};
    note_name(disk, NAME_CREATED);
    return result(outcome);
}

int disk_rename_live(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    disk_live(disk)->number = disk->next_number++;
    note_name(disk, NAME_RENAMED);
    return result(outcome);
}

int disk_sync_names(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    if (was_done(disk, outcome))
        disk->name_count = 0;
    return result(outcome);
}

static void undo_name(struct sim_disk *disk)
{
    struct disk_file *last = &disk->files[disk->count - 1];

    if (disk->names[--disk->name_count] == NAME_RENAMED) {
        last->number = 0;
        return;
    }
    file_free(last);
    disk->count--;
}

/* ---- contents ---- */

static void reserve(struct sim_disk *disk, struct disk_file *file, size_t size)
{
    if (size <= file->size)
        return;
    file->size = 2 * size;
    file->cache = realloc(file->cache, file->size);
    file->medium = realloc(file->medium, file->size);
    if (file->cache == NULL || file->medium == NULL)
        sim_fail(disk->world, "the simulation itself is out of memory");
}

static void put(struct sim_disk *disk, struct disk_file *file, size_t offset, const char *data, size_t len)
{
    if (len == 0)
        return;
    reserve(disk, file, offset + len);
    memcpy(file->cache + offset, data, len);
    if (offset + len > file->cache_len)
        file->cache_len = offset + len;
    if (file->dirty_from == file->dirty_to)
        file->dirty_from = offset;
    if (offset + len > file->dirty_to)
        file->dirty_to = offset + len;
}

int disk_write(struct sim_disk *disk, struct disk_file *file, size_t offset, const char *data, size_t len)
{
    enum outcome outcome = next_outcome(disk);

    if (outcome == OUTCOME_DONE && !disk->full) {
        put(disk, file, offset, data, len);
        return 0;
    }
    put(disk, file, offset, data, sim_below(disk->world, len + 1));
    return outcome == OUTCOME_DONE ? -ENOSPC : result(outcome);
}

static void copy_to_medium(struct disk_file *file, size_t from, size_t to)
{
    if (file->medium_len < to) {
        memset(file->medium + file->medium_len, 0, to - file->medium_len);
        file->medium_len = to;
    }
    memcpy(file->medium + from, file->cache + from, to - from);
}

/* Of what is dirty, any part comes through, up to any length. */
static void copy_some(struct sim_disk *disk, struct disk_file *file)
{
    struct world *world = disk->world;

    if (file->dirty_from == file->dirty_to)
        return;
    size_t reached = sim_between(world, file->dirty_from, file->dirty_to);
    for (size_t at = file->dirty_from; at < reached;) {
        size_t end = at + sim_between(world, 1, BLOCK_MAX);
        end = end < reached ? end : reached;
        if (sim_chance(world, 60))
            copy_to_medium(file, at, end);
        at = end;
    }
}

int disk_sync(struct sim_disk *disk, struct disk_file *file)
{
    enum outcome outcome = next_outcome(disk);

    if (was_done(disk, outcome)) {
        if (file->dirty_from < file->dirty_to)
            copy_to_medium(file, file->dirty_from, file->dirty_to);
        file->medium_len = file->medium_len < file->cache_len ? file->medium_len : file->cache_len;
    } else {
        copy_some(disk, file);
    }
    /* Also after an error: Linux takes the pages for clean, though they are not on the medium. */
    if (outcome != OUTCOME_CRASHED)
        file->dirty_from = file->dirty_to = 0;
    return result(outcome);
}

int disk_truncate(struct sim_disk *disk, struct disk_file *file, size_t len)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    file->cache_len = len;
    file->dirty_to = file->dirty_to < len ? file->dirty_to : len;
    file->dirty_from = file->dirty_from < file->dirty_to ? file->dirty_from : file->dirty_to;
    return result(outcome);
}

void disk_drop_cache(struct disk_file *file)
{
    size_t kept = file->cache_len < file->medium_len ? file->cache_len : file->medium_len;

    assert(file->dirty_from == file->dirty_to);
    if (kept > 0)
        memcpy(file->cache, file->medium, kept);
    if (kept < file->cache_len)
        memset(file->cache + kept, 0, file->cache_len - kept);
}

void disk_power_cut(struct sim_disk *disk)
{
    unsigned kept = (unsigned)sim_below(disk->world, disk->name_count + 1);

    while (disk->name_count > kept)
        undo_name(disk);
    disk->name_count = 0;
    for (unsigned i = 0; i < disk->count; i++) {
        struct disk_file *file = &disk->files[i];
        if (file->cache_len < file->medium_len && sim_chance(disk->world, 50))
            file->medium_len = file->cache_len;
        copy_some(disk, file);
        if (file->medium_len > 0)
            memcpy(file->cache, file->medium, file->medium_len);
        file->cache_len = file->medium_len;
        file->dirty_from = file->dirty_to = 0;
    }
}
