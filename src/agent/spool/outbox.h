/* Pure. The samples of one instance that an agent retains, in a ring of records. A sample stays until it is
 * acknowledged, and longer while there is room.
 *
 *     acknowledged         waiting
 *     |------------------|------------------|
 *     oldest           acked              newest        seq -->
 *
 * The samples are contiguous in seq, except for holes: records that were damaged in a spool. When the ring is full, the
 * oldest sample is dropped; if it was not acknowledged, that is a loss, which is counted and remembered. A hole is a
 * loss too, from when it is found. */
#ifndef AGENT_SPOOL_OUTBOX_H
#define AGENT_SPOOL_OUTBOX_H

#include "agent/spool/record.h"
#include "common/limits.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

enum loss_reason {
    LOSS_OUTBOX_FULL,
    LOSS_SPOOL_DAMAGED,
    LOSS_REJECTED, /* the outbox was full because collectors rejected the samples */
    LOSS_REASON_COUNT
};

/* Dropped samples, both ends included. Those up to sent_seq were in flight when they were dropped: the collector may
 * still acknowledge them. */
struct loss {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t sent_seq; /* first_seq - 1: none */
    enum loss_reason reason;
};

/* At any time: produced = acknowledged + all dropped + waiting. */
struct outbox_account {
    uint64_t produced;
    uint64_t sent; /* a sample that was sent twice counts twice */
    uint64_t acknowledged;
    uint64_t dropped[LOSS_REASON_COUNT];
};

struct outbox {
    struct record *records; /* ring; a record with seq 0 is a hole */
    uint64_t capacity;
    bool owns_records;
    uint64_t instance;
    uint64_t boot;       /* whose clock the samples have */
    bool clock_gone;     /* that boot is over */
    uint64_t offset;     /* seq s is the record of position s + offset, at index position % capacity */
    uint64_t oldest_seq; /* newest_seq + 1 when empty */
    uint64_t newest_seq; /* 0 before the first */
    uint64_t acked_seq;  /* all up to it are acknowledged or dropped */
    uint64_t sent_seq;   /* the last one sent to the present collector */
    uint64_t holes;      /* above acked_seq */
    uint64_t strays;     /* counted as produced and dropped, without a seq: see outbox_count_strays() */
    bool rejected;       /* the last answer was a Reject: it is the reason of drops from now on */
    bool finished;       /* of an earlier run: all is acknowledged */
    struct outbox_account account;
    struct loss losses[LOSSES_MAX]; /* ascending; the oldest ones are discarded for new ones */
    unsigned loss_count;
};

/* With records of its own. capacity: samples, at least 1. instance: not 0. 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, unsigned capacity, uint64_t instance);
void outbox_deinit(struct outbox *outbox);

/* An empty outbox on the caller's ring; its first sample will be the record of position offset + 1. */
struct outbox outbox_on(struct record *records, uint64_t capacity, uint64_t instance, uint64_t boot, uint64_t offset);

/* Takes a copy of the sample, gives it the next seq and returns that. */
uint64_t outbox_push(struct outbox *outbox, const struct sample *sample);

/* Drops the oldest sample; there must be one. */
void outbox_drop_oldest(struct outbox *outbox);

/* The sample with that seq, oldest_seq <= seq <= newest_seq; NULL for a hole. */
const struct sample *outbox_get(const struct outbox *outbox, uint64_t seq);

/* The first seq at or above seq whose sample is present. newest_seq + 1 when there is none; seq itself when it is above
 * that. */
uint64_t outbox_next(const struct outbox *outbox, uint64_t seq);

/* The number of samples without a hole from seq on; at most `most`. */
unsigned outbox_stretch(const struct outbox *outbox, uint64_t seq, unsigned most);

/* A session begins: its collector has received all up to resume_seq, and nothing that was sent beyond that. */
void outbox_resume(struct outbox *outbox, uint64_t resume_seq);

/* All up to seq is sent in this session. */
void outbox_sent(struct outbox *outbox, uint64_t seq);

/* All samples up to stored_seq that were sent are durable at the collector. A sample that was dropped in flight, and is
 * stored after all, no longer counts as lost. */
void outbox_ack(struct outbox *outbox, uint64_t stored_seq);

/* Whether the collector's last answer was a Reject: the reason of drops from now on. */
void outbox_set_rejected(struct outbox *outbox, bool rejected);

/* Samples not yet acknowledged. */
uint64_t outbox_waiting(const struct outbox *outbox);

/* All drops, for any reason. */
uint64_t outbox_dropped(const struct outbox *outbox);

/* Begins a new instance with the samples that still wait, numbered from 1; its account begins with them. Not for an
 * outbox with holes. */
void outbox_renumber(struct outbox *outbox, uint64_t instance);

/* The node's CLOCK_BOOTTIME now, for these samples: uptime_ms, if they were taken in this boot. The clock of an earlier
 * boot is gone; then the wall clock has to give the age of the newest sample. */
uint64_t outbox_uptime_ms(const struct outbox *outbox, uint64_t uptime_ms, int64_t wall_ms);

/* ---- for restoring an outbox from a spool ---- */

/* Counts the samples from first_seq to last_seq as dropped. They are above all losses except those of damaged records.
 * sent: they may have been sent before. */
void outbox_count_loss(struct outbox *outbox, uint64_t first_seq, uint64_t last_seq, enum loss_reason reason,
                       bool sent);

/* Counts dropped samples whose seq or instance is unknown. */
void outbox_count_strays(struct outbox *outbox, uint64_t count, enum loss_reason reason);

#endif
