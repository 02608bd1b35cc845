/* The samples that an agent still has: a ring that gives each one its seq and keeps it until it is acknowledged, and
 * longer while there is room.
 *
 *     acknowledged         waiting
 *     |------------------|------------------|
 *     oldest           acked              newest        seq -->
 *
 * The samples are contiguous in seq. When the ring is full the oldest one goes; if it was not acknowledged, that is a
 * loss, and is counted and remembered as one. */
#ifndef AGENT_OUTBOX_H
#define AGENT_OUTBOX_H

#include "common/limits.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

/* Dropped samples, both ends included. Those up to sent_seq were on their way when they were dropped: the collector may
 * still confirm them. */
struct loss {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t sent_seq; /* first_seq - 1: none */
};

/* produced = acknowledged + dropped + waiting, at any time. */
struct outbox_account {
    uint64_t produced;
    uint64_t acknowledged;
    uint64_t dropped; /* the outbox was full */
};

struct outbox {
    struct sample *samples; /* ring */
    uint64_t capacity;
    uint64_t offset;     /* seq s lies at (s + offset) % capacity */
    uint64_t oldest_seq; /* newest_seq + 1 when empty */
    uint64_t newest_seq; /* 0 before the first */
    uint64_t acked_seq;  /* all up to it are acknowledged or dropped */
    uint64_t sent_seq;   /* the last one sent to the present collector */
    struct outbox_account account;
    struct loss losses[LOSSES_MAX]; /* ascending; the oldest ones are forgotten */
    unsigned loss_count;
};

/* capacity: samples, at least 1. 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, unsigned capacity);
void outbox_deinit(struct outbox *outbox);

/* Takes a copy of the sample, gives it the next seq and returns that. */
uint64_t outbox_push(struct outbox *outbox, const struct sample *sample);

/* The sample with that seq, oldest_seq <= seq <= newest_seq. */
const struct sample *outbox_get(const struct outbox *outbox, uint64_t seq);

/* A session begins: its collector has received all up to resume_seq, and what was sent beyond that was in vain. */
void outbox_resume(struct outbox *outbox, uint64_t resume_seq);

/* All up to seq is on its way in this session. */
void outbox_sent(struct outbox *outbox, uint64_t seq);

/* All samples up to stored_seq that were sent are on the collector's disk. What had been dropped after it was sent, and
 * is stored after all, no longer counts as lost. */
void outbox_ack(struct outbox *outbox, uint64_t stored_seq);

/* Samples not yet acknowledged. */
uint64_t outbox_waiting(const struct outbox *outbox);

/* Begins a new instance with the samples that still wait, numbered anew from 1; its account begins with them. */
void outbox_renumber(struct outbox *outbox);

#endif
