/* A collector's folder on a disk that fails: metrics.csv and gaps.csv with their segments, and metrics.index.
 *
 * Each file has two contents: the page cache, which is what a read gives and survives the end of the program, and the
 * medium, which is what a power cut leaves: all that was synced, and of the rest any part, with NULs in between. As on
 * Linux, an fdatasync that fails leaves the cache as it is and takes its pages for clean. Changes of names are in order
 * but as uncertain until the folder is synced. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "sim/sim.h"

#include <stddef.h>
#include <stdint.h>

#define DISK_FILES_MAX 1024U
#define DISK_NAMES_MAX 1024U

enum disk_series { SERIES_METRICS, SERIES_GAPS, SERIES_COUNT };

struct disk_file {
    char *cache;
    size_t cache_len;
    char *medium;
    size_t medium_len;
    size_t size;       /* of both buffers */
    size_t dirty_from; /* of the cache, what is not on the medium: from == to: nothing */
    size_t dirty_to;
    int64_t modified_ms; /* wall clock */
    uint64_t number;     /* of the segment; 0: the live file, or the index */
    bool exists;
};

struct disk_folder {
    struct disk_file files[DISK_FILES_MAX]; /* in order of creation: only the last one can be live */
    unsigned count;
};

enum name_kind { NAME_CREATED, NAME_RENAMED, NAME_REMOVED, NAME_REPLACED };

/* What happened to a name, to be undone. */
struct name_change {
    enum name_kind kind;
    enum disk_series series;
    unsigned file;
    struct disk_file replaced; /* the index before */
};

struct sim_disk {
    struct world *world;
    int64_t wall_ms; /* of the machine; who uses the disk keeps it right */
    struct disk_folder folders[SERIES_COUNT];
    struct disk_file index;
    struct disk_file new_index;               /* beside it */
    struct name_change names[DISK_NAMES_MAX]; /* not yet synced */
    unsigned name_count;
    /* faults */
    unsigned error_percent; /* of all operations */
    bool full;
    unsigned crash_in; /* the collector dies in the middle of so many operations from now; 0: it does not */
    bool crashed;      /* it has, and is to be put away */
};

void disk_init(struct sim_disk *disk, struct world *world);
void disk_deinit(struct sim_disk *disk);

/* The live file, or NULL when there is none. */
struct disk_file *disk_live(struct sim_disk *disk, enum disk_series series);

/* Somebody else removes it; a power cut may undo that as well. */
void disk_take_away(struct sim_disk *disk, enum disk_series series, struct disk_file *file);

/* 0 or a negative errno; -ECANCELED: the collector died meanwhile, and whether it was done is open. */
int disk_create_live(struct sim_disk *disk, enum disk_series series);
int disk_rename_live(struct sim_disk *disk, enum disk_series series, uint64_t number);
int disk_remove(struct sim_disk *disk, enum disk_series series, struct disk_file *file);
int disk_sync_names(struct sim_disk *disk);
int disk_write(struct sim_disk *disk, struct disk_file *file, size_t offset, const char *data, size_t len);
int disk_sync(struct sim_disk *disk, struct disk_file *file);
int disk_truncate(struct sim_disk *disk, struct disk_file *file, size_t len);

/* The new index: made empty, and put in place of the old one. */
int disk_create_index(struct sim_disk *disk);
int disk_replace_index(struct sim_disk *disk);

/* Forgets the cache of a file of which nothing is dirty: from here on a read gives what is on the medium. */
void disk_drop_cache(struct disk_file *file);

void disk_power_cut(struct sim_disk *disk);

/* While the collector is down: a few bits of the file flip, or its end goes. */
void disk_damage(struct sim_disk *disk, struct disk_file *file);

#endif
