/* Pure. The file collector.lock of a data directory: which collector uses the directory, and whether it still runs.
 *
 * The file is locked by flock(), which decides between collectors on one machine, and between machines where the file
 * system passes the lock on to its server. Where it does not, the record in the file decides:
 *
 *     headroom-lock 1,MACHINE,RUN,COUNT,PROCESS,STATE,HOST,CHECKSUM
 *
 * MACHINE, RUN and COUNT have 16 hex digits: the beginning of the machine's boot id (0: not known), a random number of
 * this run of the collector, and how often it has renewed the record. PROCESS is its process id, STATE `running` or
 * `ended`, and CHECKSUM is FNV-1a, 64 bits in hex, of what precedes it. The record is padded to LOCK_RECORD_LEN bytes.
 *
 * A record has no time, since the clocks of two machines may differ: a collector on another machine runs if its record
 * changes while we look. */
#ifndef COLLECTOR_STORE_LOCK_RECORD_H
#define COLLECTOR_STORE_LOCK_RECORD_H

#include "common/disk.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define LOCK_RECORD_FILE "collector.lock"
#define LOCK_RECORD_LEN  256U /* below a sector, so that a write is whole or missing */

struct lock_record {
    uint64_t machine;
    uint64_t run;
    uint64_t count;
    uint64_t process;
    bool running;
    char host[NAME_LEN_MAX + 1];
};

/* Opens the file anew, since only that makes a network file system ask its server. 0; -ENOENT: there is no file or it
 * is empty; -EBADMSG: it has no whole record, or one of a later version: the collector counts as running, and `count`
 * changes with the text; or another negative errno. */
int lock_record_read(const struct disk *disk, struct lock_record *record);

/* Writes the record, durably. 0 or a negative errno. */
int lock_record_write(const struct disk *disk, int file, const struct lock_record *record);

/* The machine of a boot id, as text of hex digits and hyphens; 0: it is not one. */
uint64_t lock_record_machine(const char *boot_id);

/* Whether it is of this machine since its boot, so that flock() decides. */
bool lock_record_is_of(const struct lock_record *found, uint64_t own_machine);

/* ---- waiting ---- */

#define LOCK_RECORD_RENEW_MS 10000U /* how often a collector renews its record, and notices that it is another's */
#define LOCK_RECORD_LAPSE_MS 20000U /* a collector that has not renewed its record for so long writes nothing */
#define LOCK_RECORD_LOOK_MS  1000U  /* between two looks at the record of another machine */
#define LOCK_RECORD_LOOKS    25U    /* without a change, after which that collector does not run */
#define LOCK_RECORD_LOOK_MS_MAX                                                                                        \
    2000U /* a look that takes longer begins the wait anew: the file system hangs for both */

enum lock_verdict { LOCK_WAIT, LOCK_FREE, LOCK_TAKEN };

struct lock_wait {
    struct lock_record seen;
    unsigned looks;
};

/* After a look that took so long. */
enum lock_verdict lock_wait_look(struct lock_wait *wait, const struct lock_record *found, uint64_t took_ms);

#endif
