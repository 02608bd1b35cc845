/* Pure. The samples of one instance that an agent still has: on a ring of records, each one under its seq, kept until
 * it is acknowledged, and longer while there is room.
 *
 *     acknowledged         waiting
 *     |------------------|------------------|
 *     oldest           acked              newest        seq -->
 *
 * The samples are contiguous in seq, but for holes: records that were damaged in a spool. When the ring is full the
 * oldest one goes; if it was not acknowledged, that is a loss, and is counted and remembered as one. So is a hole, when
 * it is found. */
#ifndef AGENT_OUTBOX_H
#define AGENT_OUTBOX_H

#include "agent/record.h"
#include "common/limits.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

enum loss_reason {
    LOSS_OUTBOX_FULL,
    LOSS_SPOOL_DAMAGED,
    LOSS_REJECTED, /* the outbox was full because collectors would not have the samples */
    LOSS_REASON_COUNT
};

/* Dropped samples, both ends included. Those up to sent_seq were on their way when they were dropped: the collector may
 * still confirm them. */
struct loss {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t sent_seq; /* first_seq - 1: none */
    enum loss_reason reason;
};

/* produced = acknowledged + all dropped + waiting, at any time. */
struct outbox_account {
    uint64_t produced;
    uint64_t sent; /* each time it was */
    uint64_t acknowledged;
    uint64_t dropped[LOSS_REASON_COUNT];
};

struct outbox {
    struct record *records; /* ring; a record with seq 0 is a hole */
    uint64_t capacity;
    bool owns_records;
    uint64_t instance;
    uint64_t boot;       /* which one's clock the samples have */
    bool clock_gone;     /* that boot is over */
    uint64_t offset;     /* seq s is the record of position s + offset, at index position % capacity */
    uint64_t oldest_seq; /* newest_seq + 1 when empty */
    uint64_t newest_seq; /* 0 before the first */
    uint64_t acked_seq;  /* all up to it are acknowledged or dropped */
    uint64_t sent_seq;   /* the last one sent to the present collector */
    uint64_t holes;      /* above acked_seq */
    uint64_t strays;     /* counted as produced and dropped, without a seq: see outbox_count_strays() */
    bool rejected;       /* a collector's last word was a no: what is dropped now is dropped for that */
    bool finished;       /* of an earlier run: its last session has ended in order */
    struct outbox_account account;
    struct loss losses[LOSSES_MAX]; /* ascending; the oldest ones are forgotten */
    unsigned loss_count;
};

/* With records of its own. capacity: samples, at least 1. instance: not 0. 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, unsigned capacity, uint64_t instance);
void outbox_deinit(struct outbox *outbox);

/* An empty one on the caller's ring; its first sample will be the record of position offset + 1. */
struct outbox outbox_on(struct record *records, uint64_t capacity, uint64_t instance, uint64_t boot, uint64_t offset);

/* Takes a copy of the sample, gives it the next seq and returns that. */
uint64_t outbox_push(struct outbox *outbox, const struct sample *sample);

/* The oldest sample goes; there must be one. */
void outbox_drop_oldest(struct outbox *outbox);

/* The sample with that seq, oldest_seq <= seq <= newest_seq; NULL where there is a hole. */
const struct sample *outbox_get(const struct outbox *outbox, uint64_t seq);

/* The first seq at or above seq that is not missing; newest_seq + 1 when there is none, seq itself when it is above. */
uint64_t outbox_next(const struct outbox *outbox, uint64_t seq);

/* How many samples follow each other without a hole, from seq on; at most `most`. */
unsigned outbox_stretch(const struct outbox *outbox, uint64_t seq, unsigned most);

/* A session begins: its collector has received all up to resume_seq, and what was sent beyond that was in vain. */
void outbox_resume(struct outbox *outbox, uint64_t resume_seq);

/* All up to seq is on its way in this session. */
void outbox_sent(struct outbox *outbox, uint64_t seq);

/* All samples up to stored_seq that were sent are on the collector's disk. What had been dropped after it was sent, and
 * is stored after all, no longer counts as lost. */
void outbox_ack(struct outbox *outbox, uint64_t stored_seq);

/* Samples not yet acknowledged. */
uint64_t outbox_waiting(const struct outbox *outbox);

/* All drops, of whatever reason. */
uint64_t outbox_dropped(const struct outbox *outbox);

/* Begins a new instance with the samples that still wait, numbered anew from 1; its account begins with them. Not for
 * an outbox with holes. */
void outbox_renumber(struct outbox *outbox, uint64_t instance);

/* What the node's CLOCK_BOOTTIME is for these samples: uptime_ms, the present one, if it is the clock they were taken
 * by. A clock that is gone can't be asked; the wall clock then says how long ago the newest sample was, for want of
 * anything better. */
uint64_t outbox_uptime_ms(const struct outbox *outbox, uint64_t uptime_ms, int64_t wall_ms);

/* ---- for who restores an outbox from a spool ---- */

/* The seqs first to last, above all the losses but those of damaged records, were dropped; they count. sent: they may
 * have been sent before. */
void outbox_count_loss(struct outbox *outbox, uint64_t first_seq, uint64_t last_seq, enum loss_reason reason,
                       bool sent);

/* Samples were dropped whose seq, or whose instance, is not known. */
void outbox_count_strays(struct outbox *outbox, uint64_t count, enum loss_reason reason);

#endif
