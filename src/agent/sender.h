/* Pure. The agent's side of the conversation with one collector: what to say next, and what an answer means.
 *
 * The uplink gives it a connection's bytes and the time, and writes what it produces:
 *
 *     open -> Hello -> (Welcome) -> Batch, Batch, ... <- Ack, Ack, ... -> Goodbye -> (last Ack, the collector closes)
 *
 * It never has more than the granted credit of samples in flight, keeps the connection alive with an empty Batch, and
 * takes a collector that is silent for SILENT_ACK_INTERVALS for dead. All times are monotonic milliseconds.
 *
 * The samples of an earlier run of the agent, out of its spool, have a conversation of their own: it ends by itself
 * with a Goodbye when all of them are sent. */
#ifndef AGENT_SENDER_H
#define AGENT_SENDER_H

#include "agent/outbox.h"
#include "common/frame.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who the agent is, but for the instance: that is the outbox's. The strings live as long as the sender. */
struct sender_identity {
    const char *node_id;
    const char *group;
    const char *token; /* empty: none */
    uint32_t interval_ms;
    uint32_t cores;
    uint64_t memory_bytes;
};

enum sender_state {
    SENDER_CLOSED,   /* no connection */
    SENDER_GREETING, /* Hello is to be sent */
    SENDER_WAITING,  /* for the Welcome */
    SENDER_STREAMING,
    SENDER_LEFT /* Goodbye is said, the last acks may come */
};

struct sender_reject {
    Headroom__Action action;
    int code; /* Headroom__RejectCode, 0 when unknown */
    char text[REJECT_TEXT_MAX + 1];
};

enum sender_event {
    SENDER_NOTHING,  /* go on */
    SENDER_WELCOME,  /* the session stands */
    SENDER_ACK,      /* samples were acknowledged, or the credit changed: there may be more to produce */
    SENDER_REJECTED, /* sender.reject says why; close */
    SENDER_AHEAD,    /* the collector has more of this instance than we produced: close, take a new instance */
    SENDER_PAST,     /* all of an earlier run is acknowledged: close, go on with the next run */
    SENDER_BROKEN,   /* the collector breaks the protocol: close */
    SENDER_NO_MEMORY /* for what it says: close */
};

struct sender {
    struct sender_identity identity;
    struct outbox *outbox;
    struct wire_arena *arena; /* shared; used during sender_receive() only */
    struct frame_reader reader;
    enum sender_state state;
    uint64_t base_seq;   /* samples in flight are those in (max(base, stored), sent] */
    uint64_t stored_seq; /* of the present collector */
    uint64_t sent_seq;
    uint64_t told_seq; /* losses up to it were told to this collector */
    uint32_t credit;
    uint32_t ack_interval_ms;
    uint32_t batch_samples_max;
    bool held;
    bool past; /* the outbox is that of an earlier run */
    bool leaving;
    bool settled; /* the last Ack has come */
    Headroom__Departure departure;
    uint64_t heard_ms;   /* last frame from the collector */
    uint64_t said_ms;    /* last frame to it */
    uint64_t account_ms; /* last one with an account */
    struct sender_reject reject;
    Headroom__Sample *messages; /* SEND_SAMPLES_MAX, used again for each batch */
    Headroom__Sample **message_pointers;
};

/* The outbox and the arena belong to the caller. 0 or -ENOMEM. */
int sender_init(struct sender *sender, const struct sender_identity *identity, struct outbox *outbox,
                struct wire_arena *arena);
void sender_deinit(struct sender *sender);

/* From the next connection on it speaks for that outbox. past: of an earlier run. */
void sender_speak_for(struct sender *sender, struct outbox *outbox, bool past);

/* A connection is there, or it is gone. */
void sender_open(struct sender *sender, uint64_t now_ms);
void sender_close(struct sender *sender);

/* Takes bytes from the connection, from the front of *input, up to and including the next frame that is an event.
 * Called until it returns SENDER_NOTHING, or an event that ends the session. */
enum sender_event sender_receive(struct sender *sender, struct bytes *input, uint64_t now_ms);

/* The next frame to be sent now, written to buf of at least SEND_LEN_MAX bytes; its length, or 0 when there is none.
 * uptime_ms is the CLOCK_BOOTTIME of the outbox's samples. */
size_t sender_produce(struct sender *sender, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf, size_t size);

/* When to ask again even if nothing happens: for a sign of life, or for sender_dead(). UINT64_MAX: never. */
uint64_t sender_due_ms(const struct sender *sender);

/* The collector has been silent for too long. */
bool sender_dead(const struct sender *sender, uint64_t now_ms);

/* From now on: send what waits, then Goodbye. */
void sender_leave(struct sender *sender, Headroom__Departure departure);

/* Goodbye is said, and its last Ack has come. */
bool sender_done(const struct sender *sender);

#endif
