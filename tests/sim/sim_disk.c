#include "sim/sim_disk.h"

#include "sim/sim_world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX 300U /* bytes that reach the medium together, or not */

enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_CRASHED, OUTCOME_DEAD };

void disk_init(struct sim_disk *disk, struct world *world)
{
    *disk = (struct sim_disk){.world = world};
}

static void file_free(struct disk_file *file)
{
    free(file->cache);
    free(file->medium);
    *file = (struct disk_file){0};
}

static void forget_names(struct sim_disk *disk)
{
    while (disk->name_count > 0)
        file_free(&disk->names[--disk->name_count].replaced);
}

void disk_deinit(struct sim_disk *disk)
{
    for (enum disk_series series = 0; series < SERIES_COUNT; series++) {
        for (unsigned i = 0; i < disk->folders[series].count; i++)
            file_free(&disk->folders[series].files[i]);
        disk->folders[series].count = 0;
    }
    forget_names(disk);
    file_free(&disk->index);
    file_free(&disk->new_index);
}

struct disk_file *disk_live(struct sim_disk *disk, enum disk_series series)
{
    struct disk_folder *folder = &disk->folders[series];
    struct disk_file *last = folder->count > 0 ? &folder->files[folder->count - 1] : NULL;

    return last != NULL && last->number == 0 ? last : NULL;
}

static enum outcome next_outcome(struct sim_disk *disk)
{
    if (disk->crashed)
        return OUTCOME_DEAD;
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

static struct name_change *note_name(struct sim_disk *disk, enum name_kind kind, enum disk_series series, unsigned file)
{
    if (disk->name_count == DISK_NAMES_MAX)
        sim_fail(disk->world, "the folder is never synced");
    struct name_change *change = &disk->names[disk->name_count++];
    *change = (struct name_change){.kind = kind, .series = series, .file = file};
    return change;
}

int disk_create_live(struct sim_disk *disk, enum disk_series series)
{
    struct disk_folder *folder = &disk->folders[series];
    enum outcome outcome = next_outcome(disk);

    assert(disk_live(disk, series) == NULL);
    if (!was_done(disk, outcome))
        return result(outcome);
    if (folder->count == DISK_FILES_MAX)
        sim_fail(disk->world, "more than %u files", DISK_FILES_MAX);
    note_name(disk, NAME_CREATED, series, folder->count);
    folder->files[folder->count++] = (struct disk_file){.exists = true, .modified_ms = disk->wall_ms};
    return result(outcome);
}

int disk_rename_live(struct sim_disk *disk, enum disk_series series, uint64_t number)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    note_name(disk, NAME_RENAMED, series, disk->folders[series].count - 1);
    disk_live(disk, series)->number = number;
    return result(outcome);
}

void disk_take_away(struct sim_disk *disk, enum disk_series series, struct disk_file *file)
{
    note_name(disk, NAME_REMOVED, series, (unsigned)(file - disk->folders[series].files));
    file->exists = false;
}

int disk_remove(struct sim_disk *disk, enum disk_series series, struct disk_file *file)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    disk_take_away(disk, series, file);
    return result(outcome);
}

int disk_create_index(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    file_free(&disk->new_index);
    disk->new_index.exists = true;
    return result(outcome);
}

int disk_replace_index(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    note_name(disk, NAME_REPLACED, SERIES_METRICS, 0)->replaced = disk->index;
    disk->index = disk->new_index;
    disk->new_index = (struct disk_file){0};
    return result(outcome);
}

/* That a file was cut short goes into the journal of the file system as changes of names do, and before later ones. */
static void settle_lengths(struct sim_disk *disk)
{
    for (enum disk_series series = 0; series < SERIES_COUNT; series++) {
        for (unsigned i = 0; i < disk->folders[series].count; i++) {
            struct disk_file *file = &disk->folders[series].files[i];
            file->medium_len = file->medium_len < file->cache_len ? file->medium_len : file->cache_len;
        }
    }
}

int disk_sync_names(struct sim_disk *disk)
{
    enum outcome outcome = next_outcome(disk);

    if (was_done(disk, outcome)) {
        forget_names(disk);
        settle_lengths(disk);
    }
    return result(outcome);
}

static void undo_name(struct sim_disk *disk)
{
    struct name_change *change = &disk->names[--disk->name_count];
    struct disk_folder *folder = &disk->folders[change->series];

    switch (change->kind) {
    case NAME_CREATED:
        file_free(&folder->files[--folder->count]);
        break;
    case NAME_RENAMED:
        folder->files[change->file].number = 0;
        break;
    case NAME_REMOVED:
        folder->files[change->file].exists = true;
        break;
    case NAME_REPLACED:
        file_free(&disk->index);
        disk->index = change->replaced;
        break;
    }
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
    file->modified_ms = disk->wall_ms;
}

int disk_write(struct sim_disk *disk, struct disk_file *file, size_t offset, const char *data, size_t len)
{
    enum outcome outcome = next_outcome(disk);

    if (outcome == OUTCOME_DONE && !disk->full) {
        put(disk, file, offset, data, len);
        return 0;
    }
    if (outcome != OUTCOME_DEAD)
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
    } else if (outcome != OUTCOME_DEAD) {
        copy_some(disk, file);
    }
    /* Also after an error: Linux takes the pages for clean, though they are not on the medium. */
    if (outcome == OUTCOME_DONE || outcome == OUTCOME_FAILED)
        file->dirty_from = file->dirty_to = 0;
    return result(outcome);
}

int disk_truncate(struct sim_disk *disk, struct disk_file *file, size_t len)
{
    enum outcome outcome = next_outcome(disk);

    if (!was_done(disk, outcome))
        return result(outcome);
    file->cache_len = len;
    file->modified_ms = disk->wall_ms;
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

static void cut_power_of(struct sim_disk *disk, struct disk_file *file)
{
    /* A segment was cut short before it was renamed, and that comes first in the journal: see settle_lengths(). */
    if (file->cache_len < file->medium_len && (file->number != 0 || sim_chance(disk->world, 50)))
        file->medium_len = file->cache_len;
    copy_some(disk, file);
    if (file->medium_len > 0)
        memcpy(file->cache, file->medium, file->medium_len);
    file->cache_len = file->medium_len;
    file->dirty_from = file->dirty_to = 0;
}

void disk_power_cut(struct sim_disk *disk)
{
    unsigned kept = (unsigned)sim_below(disk->world, disk->name_count + 1);

    while (disk->name_count > kept)
        undo_name(disk);
    forget_names(disk);
    for (enum disk_series series = 0; series < SERIES_COUNT; series++)
        for (unsigned i = 0; i < disk->folders[series].count; i++)
            if (disk->folders[series].files[i].exists)
                cut_power_of(disk, &disk->folders[series].files[i]);
    cut_power_of(disk, &disk->index);
    cut_power_of(disk, &disk->new_index);
}

void disk_damage(struct sim_disk *disk, struct disk_file *file)
{
    struct world *world = disk->world;

    if (file->cache_len == 0)
        return;
    if (sim_chance(world, 30)) {
        file->cache_len = sim_below(world, file->cache_len);
    } else {
        for (uint64_t flips = sim_between(world, 1, 3); flips > 0; flips--)
            file->cache[sim_below(world, file->cache_len)] ^= (char)(1U << sim_below(world, 8));
    }
    if (file->cache_len > 0)
        memcpy(file->medium, file->cache, file->cache_len);
    file->medium_len = file->cache_len;
    file->dirty_from = file->dirty_to = 0;
}
