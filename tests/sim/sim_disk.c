#include "sim/sim_disk.h"

#include "sim/sim_world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MAX 300U /* bytes that reach the medium together, or not */

/* ---- files ---- */

static void file_free(struct sim_file *file)
{
    free(file->cache);
    free(file->medium);
    *file = (struct sim_file){0};
}

static unsigned index_of(const struct sim_disk *disk, const struct sim_file *file)
{
    return (unsigned)(file - disk->files);
}

struct sim_file *sim_disk_find(struct sim_disk *disk, const char *name)
{
    for (unsigned i = 0; i < disk->count; i++)
        if (disk->files[i].exists && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    return NULL;
}

struct sim_file *sim_disk_find_inode(struct sim_disk *disk, uint64_t inode)
{
    for (unsigned i = 0; i < disk->count; i++)
        if (inode != 0 && disk->files[i].inode == inode)
            return &disk->files[i];
    return NULL;
}

static void set_name(const struct sim_disk *disk, char *to, const char *name)
{
    if (strlen(name) >= SIM_NAME_SIZE)
        sim_fail(disk->world, "the name %s is too long for this disk", name);
    strcpy(to, name);
}

static struct sim_file *file_make(struct sim_disk *disk, const char *name)
{
    unsigned at = 0;

    while (at < disk->count && disk->files[at].inode != 0)
        at++;
    if (at == SIM_FILES_MAX)
        sim_fail(disk->world, "more than %u files", SIM_FILES_MAX);
    disk->count = at == disk->count ? at + 1 : disk->count;
    struct sim_file *file = &disk->files[at];
    int64_t wall_ms = sim_collector_wall(disk->collector);
    *file = (struct sim_file){.inode = ++disk->inodes, .exists = true, .modified_ms = wall_ms, .born_ms = wall_ms};
    set_name(disk, file->name, name);
    return file;
}

/* ---- what goes wrong ---- */

enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_CRASHED, OUTCOME_DEAD };

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

static struct name_change *note_name(struct sim_disk *disk, enum name_kind kind, const struct sim_file *file)
{
    if (disk->name_count == SIM_NAMES_MAX)
        sim_fail(disk->world, "the folder is never synced");
    struct name_change *change = &disk->names[disk->name_count++];
    *change = (struct name_change){.kind = kind, .file = index_of(disk, file), .replaced = -1};
    strcpy(change->name, file->name);
    return change;
}

static bool name_is_new(const struct sim_disk *disk, const struct sim_file *file)
{
    for (unsigned i = 0; i < disk->name_count; i++)
        if (disk->names[i].kind == NAME_CREATED && disk->names[i].file == index_of(disk, file))
            return true;
    return false;
}

bool sim_disk_name_is_safe(const struct sim_disk *disk, const struct sim_file *file)
{
    for (unsigned i = 0; i < disk->name_count; i++)
        if (disk->names[i].file == index_of(disk, file))
            return false;
    return true;
}

static int do_rename(const struct disk *base, const char *from, const char *to)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = sim_disk_find(disk, from);
    struct sim_file *replaced = sim_disk_find(disk, to);

    if (file == NULL)
        return -ENOENT;
    enum outcome outcome = next_outcome(disk);
    if (!was_done(disk, outcome))
        return result(outcome);
    struct name_change *change = note_name(disk, NAME_RENAMED, file);
    if (replaced != NULL) {
        change->replaced = (int)index_of(disk, replaced);
        replaced->exists = false;
    }
    set_name(disk, file->name, to);
    file->settled = true;
    return result(outcome);
}

void sim_disk_take_away(struct sim_disk *disk, struct sim_file *file)
{
    note_name(disk, NAME_REMOVED, file);
    file->exists = false;
}

static int do_remove(const struct disk *base, const char *name)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = sim_disk_find(disk, name);

    if (file == NULL)
        return -ENOENT;
    enum outcome outcome = next_outcome(disk);
    if (was_done(disk, outcome))
        sim_disk_take_away(disk, file);
    return result(outcome);
}

static int do_list(const struct disk *base, disk_name_cb *cb, void *arg)
{
    struct sim_disk *disk = base->context;
    int rc = disk->crashed ? -ECANCELED : 0;

    for (unsigned i = 0; rc >= 0 && i < disk->count; i++)
        if (disk->files[i].exists)
            rc = cb(disk->files[i].name, arg);
    return rc < 0 ? rc : 0;
}

/* From now on no power cut undoes them. */
static void settle_names(struct sim_disk *disk)
{
    for (unsigned i = 0; i < disk->name_count; i++)
        if (disk->names[i].replaced >= 0)
            file_free(&disk->files[disk->names[i].replaced]);
    disk->name_count = 0;
}

/* That a file was cut short goes into the journal of the file system as changes of names do, and before later ones. */
static void settle_lengths(struct sim_disk *disk)
{
    for (unsigned i = 0; i < disk->count; i++) {
        struct sim_file *file = &disk->files[i];
        file->medium_len = file->medium_len < file->cache_len ? file->medium_len : file->cache_len;
    }
}

static int do_sync_names(const struct disk *base)
{
    struct sim_disk *disk = base->context;
    enum outcome outcome = next_outcome(disk);

    if (was_done(disk, outcome)) {
        settle_names(disk);
        settle_lengths(disk);
    }
    return result(outcome);
}

static void undo_name(struct sim_disk *disk)
{
    const struct name_change *change = &disk->names[--disk->name_count];
    struct sim_file *file = &disk->files[change->file];

    switch (change->kind) {
    case NAME_CREATED:
        file_free(file);
        break;
    case NAME_RENAMED:
        strcpy(file->name, change->name);
        file->settled = false;
        if (change->replaced >= 0)
            disk->files[change->replaced].exists = true;
        break;
    case NAME_REMOVED:
        file->exists = true;
        break;
    }
}

/* ---- contents ---- */

static struct sim_file *file_of(struct sim_disk *disk, int handle)
{
    assert(handle >= 0 && handle < (int)SIM_OPEN_MAX && disk->open[handle].file >= 0);
    return &disk->files[disk->open[handle].file];
}

static void reserve(struct sim_disk *disk, struct sim_file *file, size_t size)
{
    if (size <= file->size)
        return;
    file->size = 2 * size;
    file->cache = realloc(file->cache, file->size);
    file->medium = realloc(file->medium, file->size);
    if (file->cache == NULL || file->medium == NULL)
        sim_fail(disk->world, "the simulation itself is out of memory");
}

static void put(struct sim_disk *disk, struct sim_file *file, size_t offset, const char *data, size_t len)
{
    if (len == 0)
        return;
    reserve(disk, file, offset + len);
    memcpy(file->cache + offset, data, len);
    if (offset + len > file->cache_len)
        file->cache_len = offset + len;
    if (file->dirty_from == file->dirty_to || offset < file->dirty_from)
        file->dirty_from = offset;
    if (offset + len > file->dirty_to)
        file->dirty_to = offset + len;
    file->modified_ms = sim_collector_wall(disk->collector);
}

static int do_write(const struct disk *base, int handle, const void *data, size_t len, uint64_t offset)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = file_of(disk, handle);
    size_t at = disk->open[handle].append ? file->cache_len : (size_t)offset;
    enum outcome outcome = next_outcome(disk);

    if (outcome == OUTCOME_DONE && !disk->full) {
        put(disk, file, at, data, len);
        return 0;
    }
    if (outcome != OUTCOME_DEAD)
        put(disk, file, at, data, sim_below(disk->world, len + 1));
    return outcome == OUTCOME_DONE ? -ENOSPC : result(outcome);
}

static ssize_t do_read(const struct disk *base, int handle, void *data, size_t size, uint64_t offset)
{
    struct sim_disk *disk = base->context;
    const struct sim_file *file = file_of(disk, handle);
    size_t left = offset < file->cache_len ? file->cache_len - (size_t)offset : 0;
    size_t len = left < size ? left : size;

    if (disk->crashed)
        return -ECANCELED;
    if (len > 0)
        memcpy(data, file->cache + offset, len);
    return (ssize_t)len;
}

static void copy_to_medium(struct sim_file *file, size_t from, size_t to)
{
    if (file->medium_len < to) {
        memset(file->medium + file->medium_len, 0, to - file->medium_len);
        file->medium_len = to;
    }
    memcpy(file->medium + from, file->cache + from, to - from);
}

/* Of what is dirty, any part comes through, up to any length. */
static void copy_some(struct sim_disk *disk, struct sim_file *file)
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

static int do_sync(const struct disk *base, int handle, bool data_only)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = file_of(disk, handle);
    enum outcome outcome = next_outcome(disk);

    (void)data_only;
    if (was_done(disk, outcome)) {
        if (file->dirty_from < file->dirty_to)
            copy_to_medium(file, file->dirty_from, file->dirty_to);
        file->medium_len = file->medium_len < file->cache_len ? file->medium_len : file->cache_len;
    } else if (outcome != OUTCOME_DEAD) {
        copy_some(disk, file);
    }
    /* Also after an error: Linux marks the pages clean, though they are not on the medium. */
    if (outcome == OUTCOME_DONE || outcome == OUTCOME_FAILED)
        file->dirty_from = file->dirty_to = 0;
    return result(outcome);
}

static void cut(struct sim_disk *disk, struct sim_file *file, size_t len)
{
    file->cache_len = len;
    file->settled = false;
    file->modified_ms = sim_collector_wall(disk->collector);
    file->dirty_to = file->dirty_to < len ? file->dirty_to : len;
    file->dirty_from = file->dirty_from < file->dirty_to ? file->dirty_from : file->dirty_to;
}

static int do_truncate(const struct disk *base, int handle, uint64_t len)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = file_of(disk, handle);
    enum outcome outcome = next_outcome(disk);

    assert(len <= file->cache_len);
    if (was_done(disk, outcome))
        cut(disk, file, (size_t)len);
    return result(outcome);
}

static int do_set_modified(const struct disk *base, int handle, int64_t modified_ms)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = file_of(disk, handle);
    enum outcome outcome = next_outcome(disk);

    if (was_done(disk, outcome))
        file->modified_ms = modified_ms;
    return result(outcome);
}

/* From here on a read gives what is on the medium. Of a file of which something is dirty, nothing is dropped. */
static int do_drop_cache(const struct disk *base, int handle, uint64_t offset, uint64_t len)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = file_of(disk, handle);
    size_t clean = file->cache_len < file->medium_len ? file->cache_len : file->medium_len;

    (void)offset;
    (void)len;
    if (file->dirty_from < file->dirty_to)
        return 0;
    if (clean > 0)
        memcpy(file->cache, file->medium, clean);
    if (clean < file->cache_len)
        memset(file->cache + clean, 0, file->cache_len - clean);
    return 0;
}

enum sim_safety sim_disk_safety(const struct sim_disk *disk, const struct sim_file *file, size_t from, size_t to)
{
    bool dirty = file->dirty_from < file->dirty_to && file->dirty_from < to && file->dirty_to > from;

    if (dirty || name_is_new(disk, file))
        return SIM_DIRTY;
    if (from >= to)
        return SIM_SAFE;
    return file->medium_len >= to && memcmp(file->medium + from, file->cache + from, to - from) == 0 ? SIM_SAFE
                                                                                                     : SIM_LOST;
}

/* ---- open files ---- */

static int open_handle(struct sim_disk *disk, const struct sim_file *file, enum disk_mode mode)
{
    int handle = 0;

    while (handle < (int)SIM_OPEN_MAX && disk->open[handle].file >= 0)
        handle++;
    if (handle == (int)SIM_OPEN_MAX)
        sim_fail(disk->world, "more than %u files are open", SIM_OPEN_MAX);
    disk->open[handle].file = (int)index_of(disk, file);
    disk->open[handle].append = mode == DISK_APPEND;
    return handle;
}

static int do_open(const struct disk *base, const char *name, enum disk_mode mode)
{
    struct sim_disk *disk = base->context;
    struct sim_file *file = sim_disk_find(disk, name);

    if (disk->crashed)
        return -ECANCELED;
    if (file == NULL && mode == DISK_READ)
        return -ENOENT;
    if (file != NULL && mode == DISK_CREATE)
        return -EEXIST;
    bool changes = file == NULL || mode == DISK_OVERWRITE;
    enum outcome outcome = changes ? next_outcome(disk) : OUTCOME_DONE;
    if (changes && was_done(disk, outcome)) {
        if (file != NULL)
            cut(disk, file, 0);
        else
            note_name(disk, NAME_CREATED, file = file_make(disk, name));
    }
    return outcome == OUTCOME_DONE ? open_handle(disk, file, mode) : result(outcome);
}

static int do_close(const struct disk *base, int handle)
{
    struct sim_disk *disk = base->context;

    (void)file_of(disk, handle);
    disk->open[handle].file = -1;
    return 0;
}

static void fill_status(const struct sim_file *file, struct disk_status *status)
{
    *status = (struct disk_status){.size = file->cache_len,
                                   .device = 1,
                                   .inode = file->inode,
                                   .modified_ms = file->modified_ms,
                                   .born_ms = file->born_ms,
                                   .regular = true};
}

static int do_status(const struct disk *base, int handle, struct disk_status *status)
{
    struct sim_disk *disk = base->context;

    if (disk->crashed)
        return -ECANCELED;
    fill_status(file_of(disk, handle), status);
    return 0;
}

static int do_look(const struct disk *base, const char *name, struct disk_status *status)
{
    struct sim_disk *disk = base->context;
    const struct sim_file *file = sim_disk_find(disk, name);

    if (disk->crashed)
        return -ECANCELED;
    if (file == NULL)
        return -ENOENT;
    fill_status(file, status);
    return 0;
}

static int64_t do_wall_ms(const struct disk *base)
{
    const struct sim_disk *disk = base->context;

    return sim_collector_wall(disk->collector);
}

static uint64_t do_mono_us(const struct disk *base)
{
    const struct sim_disk *disk = base->context;

    return disk->world->now_ms * 1000;
}

/* ---- life ---- */

void sim_disk_restart(struct sim_disk *disk)
{
    disk->crashed = false;
    for (unsigned i = 0; i < SIM_OPEN_MAX; i++)
        disk->open[i].file = -1;
}

void sim_disk_init(struct sim_disk *disk, const struct sim_collector *collector, struct world *world)
{
    static const struct disk_calls calls = {
        .open = do_open,
        .close = do_close,
        .read = do_read,
        .write = do_write,
        .sync = do_sync,
        .truncate = do_truncate,
        .set_modified = do_set_modified,
        .drop_cache = do_drop_cache,
        .status = do_status,
        .look = do_look,
        .rename = do_rename,
        .remove = do_remove,
        .list = do_list,
        .sync_names = do_sync_names,
        .wall_ms = do_wall_ms,
        .mono_us = do_mono_us,
    };

    disk->disk = (struct disk){.calls = &calls, .dir_fd = -1, .context = disk};
    disk->collector = collector;
    disk->world = world;
    sim_disk_restart(disk);
}

void sim_disk_deinit(struct sim_disk *disk)
{
    for (unsigned i = 0; i < disk->count; i++)
        file_free(&disk->files[i]);
    disk->count = 0;
    disk->name_count = 0;
}

void sim_disk_forget(struct sim_file *file)
{
    file_free(file);
}

/* ---- power and damage ---- */

static void cut_power_of(struct sim_disk *disk, struct sim_file *file)
{
    /* A segment was cut short before it was renamed, and that comes first in the journal: see settle_lengths(). */
    if (file->cache_len < file->medium_len && (file->settled || sim_chance(disk->world, 50)))
        file->medium_len = file->cache_len;
    copy_some(disk, file);
    if (file->medium_len > 0)
        memcpy(file->cache, file->medium, file->medium_len);
    file->cache_len = file->medium_len;
    file->dirty_from = file->dirty_to = 0;
}

void sim_disk_power_cut(struct sim_disk *disk)
{
    unsigned safe = (unsigned)sim_below(disk->world, disk->name_count + 1);

    while (disk->name_count > safe)
        undo_name(disk);
    settle_names(disk);
    for (unsigned i = 0; i < disk->count; i++)
        if (disk->files[i].exists)
            cut_power_of(disk, &disk->files[i]);
}

void sim_disk_damage(struct sim_disk *disk, struct sim_file *file)
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
