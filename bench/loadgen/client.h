/* Pure. One simulated agent's side of the protocol.
 *
 * It stores no samples: the sample of seq n is a function of n, so it can be sent again whenever the collector needs
 * it. Seqs advance with time, one per interval, from a backlog in the past; flat out they advance as fast as they are
 * sent. Without --batch, samples are sent when an agent sends them: all that wait, in one frame, as soon as the
 * collector's report_ms allows. */
#ifndef LOADGEN_CLIENT_H
#define LOADGEN_CLIENT_H

#include "agent/uplink/send_pace.h"
#include "common/frame.h"
#include "common/histogram.h"
#include "common/wire.h"
#include "loadgen/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_FLIGHTS 32U /* batches of one agent in flight */

/* What all clients share. Times are in milliseconds of one monotonic clock, unless they are in us. */
struct fleet {
    const struct options *options;
    struct wire_arena *arena;
    int64_t wall_ahead_ms;             /* wall clock minus that clock */
    uint64_t frozen_ms;                /* when measuring stops; 0: not yet */
    struct histogram latencies;        /* from writing a sample for the first time to its Ack, in us */
    struct histogram broken_latencies; /* the same of samples that were written before a connection ended */
    uint64_t acknowledged;
    uint64_t frames_sent; /* with samples, or as keepalives */
    uint64_t acks_received;
    uint64_t forgotten;               /* samples that the collector acknowledged and no longer knew later */
    uint64_t rejected;                /* connections */
    char reason[REJECT_TEXT_MAX + 1]; /* of the first rejected connection */
};

enum client_state { CLIENT_CLOSED, CLIENT_GREETING, CLIENT_WAITING, CLIENT_STREAMING, CLIENT_LEFT, CLIENT_BROKEN };

/* The samples after the flight before it. */
struct flight {
    uint64_t last_seq;
    uint64_t sent_us; /* for the first time */
    bool broken;      /* on a connection that has ended */
};

struct client {
    struct fleet *fleet;
    uint32_t number;
    uint64_t instance;
    uint64_t epoch_ms; /* seq n is measured n intervals after it; 0: not begun */
    enum client_state state;
    uint64_t sent; /* samples; a retransmission counts again */
    uint64_t sent_seq;
    uint64_t stored_seq;
    uint64_t base_seq; /* the last seq that the collector had at the start of the session */
    uint32_t credit;
    uint32_t ack_interval_ms;
    uint64_t frame_sent_ms;
    uint64_t account_ms;
    struct send_pace pace; /* without --batch: the agent's */
    struct frame_reader reader;
    struct flight flights[CLIENT_FLIGHTS];
    unsigned flight_first;
    unsigned flight_count;
};

struct client_moment {
    uint64_t ms;
    uint64_t us;
};

void client_init(struct client *client, struct fleet *fleet, uint32_t number, uint64_t instance);

/* The connection is established, or closed. */
void client_open(struct client *client);
void client_close(struct client *client);

/* Handles input from the collector. If the state becomes CLIENT_BROKEN, close the connection. */
void client_receive(struct client *client, struct bytes input, struct client_moment now);

/* The next frame to send, within buf of CLIENT_BUFFER bytes; len 0: none now. scratch: room for a batch. */
#define CLIENT_BUFFER ((size_t)BATCH_SAMPLES_MAX * SAMPLE_LEN_MAX + HELLO_LEN_MAX)
struct bytes client_produce(struct client *client, struct client_moment now, struct sample *scratch, uint8_t *buf);

/* Samples measured so far. */
uint64_t client_produced(const struct client *client, uint64_t now_ms);

/* After fleet->frozen_ms: whether all samples are acknowledged, and Goodbye is sent, unless --stay is given or the
 * collector never accepted the client. */
bool client_done(const struct client *client);

#endif
