/* Pure. Defines the layout of a spool file, and decides whether an existing file can be used as a spool.
 *
 *     0          2048       4096              16384
 *     | head |   | secret | | state | state | | record | record | ...
 *
 * In the byte order and layout of the machine: a spool never leaves it. An image is such a file in memory, mapped or
 * copied, and 8-byte aligned. */
#ifndef AGENT_SPOOL_SPOOL_LAYOUT_H
#define AGENT_SPOOL_SPOOL_LAYOUT_H

#include "agent/spool/restore.h"
#include "agent/spool/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool_head {
    uint64_t magic;
    uint64_t record_len;
    uint64_t state_len;
    uint64_t capacity;
    uint64_t check; /* over what is before */
};

enum spool_layout_fit {
    SPOOL_LAYOUT_EMPTY,   /* a new spool begins in it */
    SPOOL_LAYOUT_FITS,    /* its ring has the wanted capacity */
    SPOOL_LAYOUT_RESIZE,  /* its ring has another one, head.capacity: spool_layout_resize() */
    SPOOL_LAYOUT_OLDER,   /* it is one of version 0.1, of head.capacity: spool_layout_convert() */
    SPOOL_LAYOUT_FOREIGN, /* it is not a spool of this version: it is moved aside, and a new spool begins */
};

/* Bytes of a file whose ring has that many records. capacity: at most OUTBOX_SAMPLES_MAX. */
size_t spool_layout_len(uint64_t capacity);

/* The head of such a file; it stands at offset 0. */
struct spool_head spool_layout_head(uint64_t capacity);

/* head: the first bytes of the file, zeros where it has ended; len: of the file. capacity: the wanted one.
 * *cut: its end is missing; what was there is lost. */
enum spool_layout_fit spool_layout_check(const struct spool_head *head, size_t len, uint64_t capacity, bool *cut);

struct record *spool_layout_records(uint8_t *image);
uint8_t *spool_layout_secret(uint8_t *image);            /* AGENT_SECRET_LEN bytes; all zero: none yet */
struct spool_state *spool_layout_states(uint8_t *image); /* two copies */

/* Writes the head, the states and the newest samples of one image to another one, which is all zeros and has another
 * capacity. As restore_copy(): false when a part of the ring is lost. */
bool spool_layout_resize(uint8_t *from, uint64_t from_capacity, uint8_t *to, uint64_t to_capacity);

/* A spool of version 0.1: its length, and how it becomes an image of the same capacity, which is all zeros before. What
 * is damaged in it remains so. */
size_t spool_layout_older_len(uint64_t capacity);
void spool_layout_convert(const uint8_t *older, uint64_t capacity, uint8_t *image);

/* As restore_spool(), for an image. */
struct restore_found spool_layout_restore(struct spool *spool, uint8_t *image, uint64_t capacity, uint64_t boot,
                                          uint64_t instance, bool unreadable);

#endif
