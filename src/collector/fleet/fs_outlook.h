/* Pure. Foretells when the fullest file system of a node will be full, from its history of hours, and decides when that
 * is worth a log line.
 *
 * The line is fitted to the last 80 minutes, and to the last 4 hours. Not each rise foretells a full file system:
 *
 *     a large file that was copied         the rise must remain without its two largest steps between periods
 *     files that come and go               the slope must be clearly larger than its error
 *     logs that grow until their rotation  the line must be above the highest level that was left again, of up to three
 *                                          days; a level is not foretold beyond what was seen before
 *
 * tests/unit/check_fs_outlook.c counts the false alarms of such traces. */
#ifndef COLLECTOR_FLEET_FS_OUTLOOK_H
#define COLLECTOR_FLEET_FS_OUTLOOK_H

#include "collector/fleet/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FS_OUTLOOK_SOON_S 21600.0 /* 6 h */

enum fs_outlook_level {
    FS_OUTLOOK_NONE,
    FS_OUTLOOK_SOON, /* it will be full within FS_OUTLOOK_SOON_S */
    FS_OUTLOOK_FULL
};

struct fs_outlook {
    double now;     /* the newest reading, a share; NaN: there is none, and nothing can be said */
    double until_s; /* until it is full; INFINITY: that is not expected */
};

/* What is said of the node last: its level. */
enum fs_outlook_level fs_outlook_level(const struct node *node);

/* Adds the node's newest reading to its history, which it makes when that is the first one; without memory, there is
 * none. Call it each half minute while the node is live. */
void fs_outlook_add(struct node *node, int64_t now_ms);

struct fs_outlook fs_outlook_of(const struct node *node, int64_t now_ms);

/* Whether to log the outlook: the level has changed. A level is kept until it is clearly left. */
bool fs_outlook_changed(struct node *node, const struct fs_outlook *outlook);

/* "node-7: fullest file system 82% now, full in about 3 h", by its level. Always 0-terminated, cut at size. */
void fs_outlook_sentence(const struct node *node, const struct fs_outlook *outlook, char *text, size_t size);

#endif
