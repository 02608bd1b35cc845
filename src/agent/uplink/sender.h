/* Pure. The agent's side of the protocol with one collector: it decides what to send next, and interprets the
 * responses.
 *
 * The uplink gives it a connection's bytes and the time, and writes what it produces:
 *
 *     open -> Hello -> (Welcome) -> Batch, Batch, ... <- Ack, Ack, ... -> Goodbye -> (last Ack, the collector closes)
 *
 * It never has more samples in flight than the granted credit, sends an empty Batch as a keep-alive, and considers a
 * collector dead that is silent for SILENT_ACK_INTERVALS. If the collector asks for it, samples wait until several can
 * be sent together, see send_pace.h. All times are monotonic milliseconds.
 *
 * While its newest sample can't be sent, because the credit is used up, it sends that as a Reading: the collector uses
 * it at once, and neither stores nor acknowledges it. The sample follows in a Batch. What waits before it is then too
 * old for the collector's ring; so while there are older samples and acknowledgements come, there are no readings.
 *
 * The samples of an earlier run of the agent, from its spool, have sessions of their own, which end with a Goodbye when
 * all of them are sent. */
#ifndef AGENT_UPLINK_SENDER_H
#define AGENT_UPLINK_SENDER_H

#include "agent/spool/outbox.h"
#include "agent/uplink/hello_message.h"
#include "agent/uplink/send_pace.h"
#include "common/frame.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sender_state {
    SENDER_CLOSED,   /* no connection */
    SENDER_GREETING, /* Hello is to be sent */
    SENDER_WAITING,  /* for the Welcome */
    SENDER_STREAMING,
    SENDER_LEFT /* Goodbye is sent, the last Acks may come */
};

struct sender_reject {
    Headroom__Action action;
    int code; /* Headroom__RejectCode, 0 when unknown */
    char text[REJECT_TEXT_MAX + 1];
};

enum sender_event {
    SENDER_NOTHING,  /* no complete frame is left */
    SENDER_WELCOME,  /* the session is established */
    SENDER_ACK,      /* samples were acknowledged, or the credit changed: there may be more to produce */
    SENDER_REJECTED, /* close; sender.reject has the reason */
    SENDER_AHEAD,    /* the collector has more of this instance than was produced: close, begin a new instance */
    SENDER_PAST,     /* all of an earlier run is acknowledged: close, continue with the next run */
    SENDER_BROKEN,   /* the collector breaks the protocol: close */
    SENDER_NO_MEMORY /* for the collector's frame: close */
};

struct sender {
    struct sender_identity identity;
    struct outbox *outbox;
    struct wire_arena *arena; /* shared; used during sender_receive() only */
    struct frame_reader reader;
    enum sender_state state;
    uint64_t base_seq;   /* samples in flight are those in (max(base, stored), sent] */
    uint64_t stored_seq; /* durable at the present collector */
    uint64_t sent_seq;
    uint64_t reported_seq; /* losses up to it were reported to this collector */
    uint32_t credit;
    uint32_t ack_interval_ms;
    uint32_t batch_samples_max;
    bool held;
    struct send_pace pace;
    uint64_t progress_ms; /* when samples were last acknowledged, or the session began */
    bool takes_readings;  /* the collector takes the newest sample as a Reading, while it can't be sent in a Batch */
    uint64_t reading_seq; /* the last sample sent so */
    bool protects;        /* the node must not be removed now */
    bool protects_due;    /* the next Batch says whether it protects itself */
    bool has_protected;   /* it did at least once */
    bool past;            /* the outbox is an earlier run's */
    uint32_t place;       /* of the collector in the agent's list, 0 the first */
    bool leaving;
    bool resized; /* the collector is yet to be told of the node's present size */
    bool settled; /* the collector has sent its last Ack */
    Headroom__Departure departure;
    bool reboots;
    uint64_t heard_ms;   /* last frame from the collector */
    uint64_t sent_ms;    /* last frame to it that is not a Reading */
    uint64_t account_ms; /* last one with an account */
    struct sender_reject reject;
    Headroom__Sample *messages; /* SEND_SAMPLES_MAX, reused for each batch */
    Headroom__Sample **message_pointers;
};

/* The outbox and the arena belong to the caller. 0 or -ENOMEM. */
int sender_init(struct sender *sender, const struct sender_identity *identity, struct outbox *outbox,
                struct wire_arena *arena);
void sender_deinit(struct sender *sender);

/* From the next connection on it sends that outbox. past: of an earlier run. */
void sender_speak_for(struct sender *sender, struct outbox *outbox, bool past);

/* The node's present size; 0: unknown, as before. If it differs from what was sent last (memory by more than 1%: a
 * balloon moves all the time), the next batch has it. Returns whether it does. */
bool sender_set_node(struct sender *sender, uint32_t cpu_milli, uint64_t memory_bytes);

/* Which collector of the agent's list the next connections are to; 0, also at first: the one that it prefers. */
void sender_set_place(struct sender *sender, uint32_t place);

/* A connection is established, or has ended. */
void sender_open(struct sender *sender, uint64_t now_ms);
void sender_close(struct sender *sender);

/* Takes bytes from the connection, from the front of *input, up to and including the next frame that is an event.
 * Called until it returns SENDER_NOTHING, or an event that ends the session. */
enum sender_event sender_receive(struct sender *sender, struct bytes *input, uint64_t now_ms);

/* The node must not be removed now, or may be again. It is said in a Batch when it changes, and after a Welcome if it
 * was ever true. */
void sender_protect(struct sender *sender, bool protects);

/* The next frame to be sent now, written to buf of at least SEND_LEN_MAX bytes; its length, or 0 when there is none.
 * uptime_ms is the CLOCK_BOOTTIME of the outbox's samples. */
size_t sender_produce(struct sender *sender, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf, size_t size);

/* When to call sender_produce() or sender_dead() even if nothing happens: for a keep-alive, or because the collector
 * has been silent for too long. UINT64_MAX: never. */
uint64_t sender_due_ms(const struct sender *sender);

/* The collector has been silent for too long. */
bool sender_dead(const struct sender *sender, uint64_t now_ms);

/* There is a connection; it has no session yet; and its session is established. */
bool sender_connected(const struct sender *sender);
bool sender_greets(const struct sender *sender);
bool sender_streaming(const struct sender *sender);

struct outbox *sender_outbox(const struct sender *sender);

/* All up to it is durable at the present collector. */
uint64_t sender_stored_seq(const struct sender *sender);

/* After SENDER_REJECTED. */
const struct sender_reject *sender_reject(const struct sender *sender);

/* Writes a Goodbye that says that the agent goes to another collector. Its samples are kept for that one. Returns its
 * length; 0: no session is established, or the collector does not know that departure. */
size_t sender_produce_moved(struct sender *sender, uint8_t *buf, size_t size);

/* The machine reboots: a Goodbye that says "restarting" says that, too. */
void sender_note_reboot(struct sender *sender);

/* From now on: send the waiting samples, then Goodbye. */
void sender_leave(struct sender *sender, Headroom__Departure departure);
bool sender_leaving(const struct sender *sender);

/* Goodbye is sent, the last Ack has come, and nothing is in flight. */
bool sender_done(const struct sender *sender);

#endif
