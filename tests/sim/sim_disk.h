/* A collector's folder on a disk that fails, as a struct disk: the store's own code works on it.
 *
 * Each file has two contents: the page cache, which is what a read gives and survives the end of the program, and the
 * medium, which is what a power cut leaves: all that was synced, and of the rest any part, with NULs in between. As on
 * Linux, an fdatasync that fails leaves the cache as it is and marks its pages clean. Changes of names are in order but
 * as uncertain until the folder is synced. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "common/disk.h"
#include "sim/sim.h"

#include <stddef.h>
#include <stdint.h>

#define SIM_FILES_MAX 1024U
#define SIM_NAMES_MAX 1024U
#define SIM_NAME_SIZE 40U
#define SIM_OPEN_MAX  16U

struct sim_collector;

struct sim_file {
    uint64_t inode; /* 0: there is no such file */
    char name[SIM_NAME_SIZE];
    bool exists; /* under that name; else it was removed */
    char *cache;
    size_t cache_len;
    char *medium;
    size_t medium_len;
    size_t size;       /* of both buffers */
    size_t dirty_from; /* of the cache, what is not on the medium: from == to: nothing */
    size_t dirty_to;
    bool settled;        /* its length is in the journal before its name: see cut_power_of() */
    int64_t modified_ms; /* wall clock */
    int64_t born_ms;
};

enum name_kind { NAME_CREATED, NAME_RENAMED, NAME_REMOVED };

/* What happened to a name, to be undone. */
struct name_change {
    enum name_kind kind;
    unsigned file;
    char name[SIM_NAME_SIZE]; /* before */
    int replaced;             /* the file that had the new name, or -1 */
};

struct sim_disk {
    struct disk disk; /* for the product's code */
    const struct sim_collector *collector;
    struct world *world;
    struct sim_file files[SIM_FILES_MAX];
    unsigned count; /* of files that are or were in use */
    uint64_t inodes;
    struct {
        int file; /* -1: not open */
        bool append;
    } open[SIM_OPEN_MAX];
    struct name_change names[SIM_NAMES_MAX]; /* not yet synced */
    unsigned name_count;
    /* faults */
    unsigned error_percent; /* of all operations that change something */
    bool full;
    unsigned crash_in; /* the collector dies in the middle of so many operations from now; 0: it does not */
    bool crashed;      /* it has died, and must be put away */
};

void sim_disk_init(struct sim_disk *disk, const struct sim_collector *collector, struct world *world);
void sim_disk_deinit(struct sim_disk *disk);

/* The program on it ends, and starts again: nothing is open. */
void sim_disk_restart(struct sim_disk *disk);
void sim_disk_power_cut(struct sim_disk *disk);

/* The file of that name, or NULL. */
struct sim_file *sim_disk_find(struct sim_disk *disk, const char *name);

/* The file of that inode, whatever its name, or NULL. */
struct sim_file *sim_disk_find_inode(struct sim_disk *disk, uint64_t inode);

/* What a power cut would do to these bytes of the file. */
enum sim_safety { SIM_SAFE, SIM_DIRTY, SIM_LOST };
enum sim_safety sim_disk_safety(const struct sim_disk *disk, const struct sim_file *file, size_t from, size_t to);

/* Whether no power cut would change its name. */
bool sim_disk_name_is_safe(const struct sim_disk *disk, const struct sim_file *file);

/* Another program removes it; a power cut may undo that as well. */
void sim_disk_take_away(struct sim_disk *disk, struct sim_file *file);

/* A removed file's content is not wanted any more. */
void sim_disk_forget(struct sim_file *file);

/* While the collector is down: a few bits of the file flip, or its end goes. */
void sim_disk_damage(struct sim_disk *disk, struct sim_file *file);

#endif
