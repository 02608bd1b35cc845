/* Pure. One simulated agent's side of the conversation with the collector.
 *
 * It keeps no samples: what it measured as seq n follows from n, so whatever is asked for again can be sent again. Its
 * seqs go by time, one an interval, from a backlog in the past; flat out they go as fast as they are sent. */
#ifndef LOADGEN_CLIENT_H
#define LOADGEN_CLIENT_H

#include "common/frame.h"
#include "common/histogram.h"
#include "common/wire.h"
#include "loadgen/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_FLIGHTS 32U /* batches of one agent that are in flight */

/* What all clients share. Times are milliseconds of one clock that never steps, but for those in us. */
struct fleet {
    const struct options *options;
    struct wire_arena *arena;
    int64_t wall_ahead_ms;      /* of that clock */
    uint64_t frozen_ms;         /* from then on nothing is measured; 0: not yet */
    struct histogram latencies; /* from the writing of a sample to its Ack, in us */
    uint64_t acknowledged;
    uint64_t forgotten;               /* samples that the collector had acknowledged and did not know any more */
    uint64_t rejected;                /* connections */
    char reason[REJECT_TEXT_MAX + 1]; /* of the first of them */
};

enum client_state { CLIENT_CLOSED, CLIENT_GREETING, CLIENT_WAITING, CLIENT_STREAMING, CLIENT_LEFT, CLIENT_BROKEN };

struct client {
    struct fleet *fleet;
    uint32_t number;
    uint64_t instance;
    uint64_t epoch_ms; /* seq n was measured n intervals after it; 0: it has not begun */
    enum client_state state;
    uint64_t sent; /* samples; one that is sent again counts again */
    uint64_t sent_seq;
    uint64_t stored_seq;
    uint64_t base_seq; /* what was received when the session began */
    uint32_t credit;
    uint32_t ack_interval_ms;
    uint64_t said_ms;
    uint64_t account_ms;
    struct frame_reader reader;
    struct {
        uint64_t last_seq;
        uint64_t sent_us;
    } flights[CLIENT_FLIGHTS];
    unsigned flight_first;
    unsigned flight_count;
};

struct moment {
    uint64_t ms;
    uint64_t us;
};

void client_init(struct client *client, struct fleet *fleet, uint32_t number, uint64_t instance);

/* A connection is there, or gone. */
void client_open(struct client *client);
void client_close(struct client *client);

/* Takes what the collector says. In state CLIENT_BROKEN the connection is to be closed. */
void client_receive(struct client *client, struct bytes input, struct moment now);

/* The next frame to be sent, somewhere in buf of CLIENT_BUFFER bytes; len 0: nothing now. scratch: room for a batch. */
#define CLIENT_BUFFER ((size_t)BATCH_SAMPLES_MAX * SAMPLE_LEN_MAX + HELLO_LEN_MAX)
struct bytes client_produce(struct client *client, struct moment now, struct sample *scratch, uint8_t *buf);

/* Samples measured so far. */
uint64_t client_produced(const struct client *client, uint64_t now_ms);

/* After fleet->frozen_ms: all that was measured is acknowledged, and Goodbye is said, unless it is to stay or
 * was never welcomed. */
bool client_done(const struct client *client);

#endif
