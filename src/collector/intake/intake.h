/* Pure. The collector's side of the conversation with one agent: bytes in, samples to ring and backlog, answers out.
 *
 * A session gives it what it read and the time, and writes what it produces:
 *
 *     GREETING --Hello--> STREAMING --Goodbye--> LEAVING --all stored, last Ack--> done
 *         any state --a breach, or a newer connection--> REJECTED --Reject--> done
 *
 * One intake never touches another but in one case: a Hello may take its node over, see `evicted`. Times are monotonic
 * milliseconds, but for wall_ms. */
#ifndef COLLECTOR_INTAKE_INTAKE_H
#define COLLECTOR_INTAKE_INTAKE_H

#include "collector/fleet/registry.h"
#include "collector/intake/message_rules.h"
#include "collector/store/backlog.h"
#include "common/frame.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the collector counts over all agents. */
struct intake_account {
    uint64_t batches_scanned;           /* in our agent's own form: the fast path */
    uint64_t batches_decoded;           /* in any other form, by the generic decoder */
    uint64_t samples;                   /* received and taken into the backlog */
    uint64_t posted;                    /* of them, by HTTP: no agent accounts for them */
    uint64_t duplicates;                /* received before, left out */
    uint64_t bad_values;                /* metrics removed because they can't be true */
    uint64_t missing[GAP_REASON_COUNT]; /* samples that never came, and no longer can */
    uint64_t ended;                     /* instances that ended without Goodbye */
    uint64_t rejected;                  /* connections, by whatever code */
    uint64_t acks;                      /* Acks made to be sent */
};

/* Of all reasons but GAP_ELSEWHERE. */
uint64_t intake_dropped(const struct intake_account *account);

/* What the session should tell people, of what the last call of intake_receive() found. */
struct intake_findings {
    uint64_t dropped;        /* samples that the agent says are lost; 0: none */
    uint64_t ended_instance; /* of the node before this one, that ended without Goodbye; 0: none */
    uint64_t ended_seq;      /* its last one received */
};

/* What all intakes share. */
struct intake_hub {
    struct registry *registry;
    struct backlog *backlog;
    struct wire_arena *arena;
    const char *token; /* empty: none is wanted */
    uint32_t ack_interval_ms;
    uint32_t credit;    /* samples in flight of one agent */
    uint32_t streaming; /* intakes with a node */
    bool held;          /* the store is failing */
    bool flush_now;     /* an agent has used half its credit, or said Goodbye; see intake_take_flush_now() */
    struct intake_account account;
};

enum intake_state { INTAKE_GREETING, INTAKE_STREAMING, INTAKE_LEAVING, INTAKE_REJECTED, INTAKE_DONE };

struct intake {
    struct intake_hub *hub;
    struct frame_reader reader;
    struct node *node;         /* from Hello to intake_detach() */
    struct instance *instance; /* likewise */
    struct intake_findings findings;
    struct intake *evicted; /* the one that this Hello has rejected, see intake_take_evicted() */
    void *owner;            /* the session's own */
    uint64_t heard_ms;
    uint64_t frame_since_ms; /* when the frame that is not finished yet began */
    uint64_t newest_seq;     /* that the agent told of in its Hello */
    enum intake_state state;
    uint32_t version; /* agreed on */
    uint32_t unacked; /* samples received and not covered by an Ack */
    bool welcome_due;
    bool ack_due;
    struct {
        Headroom__Action action;
        Headroom__RejectCode code;
        char *text; /* NULL: there was no memory for it */
    } reject;
};

void intake_init(struct intake *intake, struct intake_hub *hub, void *owner, uint64_t now_ms);

/* The connection is gone, or is to be forgotten: lets go of the node, and frees what it has. Idempotent. */
void intake_detach(struct intake *intake);

/* Takes all bytes of input. Afterwards there may be something to produce, also of the evicted one. */
void intake_receive(struct intake *intake, struct bytes input, uint64_t now_ms, int64_t wall_ms);

/* The session whose node the Hello just received has taken over: it has a Reject to write. NULL: none, and if it is
 * called again. */
void *intake_take_evicted(struct intake *intake);

/* The peer has closed its side. What it has cut short is rejected: it may still read why. */
void intake_end(struct intake *intake);

/* An Ack is wanted now, or as soon as there may be one. */
void intake_want_ack(struct intake *intake);

/* Called at least each ack interval, and at intake_due_ms(): wants an Ack, and rejects an agent that was silent for too
 * long. Before that, what it may have sent is to be read. */
void intake_tick(struct intake *intake, uint64_t now_ms);

/* When the agent will have been silent for too long; UINT64_MAX: never. */
uint64_t intake_due_ms(const struct intake *intake);

/* Rows or gaps of its instance were stored: asks for an Ack if half the credit is used or the agent waits for its last
 * one. */
void intake_stored(struct intake *intake);

/* Whether the store should write now rather than at its timer; false if it is called again. */
bool intake_take_flush_now(struct intake_hub *hub);

/* Ends the conversation with a Reject. */
void intake_reject(struct intake *intake, Headroom__Action action, Headroom__RejectCode code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void intake_refuse(struct intake *intake, const struct refusal *refusal);

#define INTAKE_REJECT(intake, action, code, ...)                                                                       \
    intake_reject(intake, HEADROOM__ACTION__ACTION_##action, HEADROOM__REJECT_CODE__REJECT_CODE_##code, __VA_ARGS__)

/* The next frame to be sent, written to buf of at least REPLY_LEN_MAX bytes; its length, or 0 when there is none. */
size_t intake_produce(struct intake *intake, uint8_t *buf, size_t size);

/* Everything is said: the connection may be closed. */
bool intake_done(const struct intake *intake);

/* All agents together must not have more in flight than a half of the backlog holds: how many rows are left beside what
 * they may send. */
uint64_t intake_room(const struct intake_hub *hub);

#endif
