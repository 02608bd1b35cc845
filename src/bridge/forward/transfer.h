/* Pure. Decides what the forwarder does next, so that each row is in the engine although engines lose what they have
 * acknowledged when they are killed.
 *
 * Rows are read into a set. The set is sent whole; a part that the engine refuses is halved until single rows are
 * refused, which are put aside and counted. A set that has been sent is unsettled: if the engine was restarted within
 * `settle`, which shows in a connection that breaks, everything from the settled place on is sent again. So a row may
 * be sent twice, which engines recognize by its time, and none is left out.
 *
 * Status 500 is halved too if it repeats, but rows are given up for it only where the engine accepts others of the same
 * set: an engine that fails for all of them is ill itself. */
#ifndef BRIDGE_FORWARD_TRANSFER_H
#define BRIDGE_FORWARD_TRANSFER_H

#include "bridge/forward/engine_answer.h"
#include "bridge/forward/forward_place.h"
#include "common/backoff.h"

#include <stdbool.h>
#include <stdint.h>

#define TRANSFER_UNSETTLED_MAX 512U
#define TRANSFER_WAIT_MS_MAX   1000
#define TRANSFER_SUSPECTS_MAX  32U
#define TRANSFER_RANGES_MAX    64U /* the suspects, and what the halvings of 2^20 rows leave at once */

/* Each row that was read counts in one of these. */
struct transfer_account {
    uint64_t settled;
    uint64_t unsettled; /* accepted by the engine, not long enough ago */
    uint64_t refused;
    uint64_t filtered; /* without a metric that is sent */
    uint64_t waiting;  /* not accepted yet */
};

struct transfer_rows {
    uint64_t accepted;
    uint64_t refused;
    uint64_t filtered;
};

/* Sets that were accepted one after the other, within a small part of `settle`. */
struct transfer_unsettled {
    struct forward_place place; /* after the last row */
    struct transfer_rows rows;
    int64_t first_ms; /* when the first and the last set were accepted */
    int64_t last_ms;
};

/* Rows of the sorted set. */
struct transfer_range {
    uint32_t from;
    uint32_t to;
};

enum transfer_step {
    TRANSFER_FILL,  /* read rows into the set, and report them with transfer_filled() */
    TRANSFER_SEND,  /* send the rows of the range, then transfer_answered() */
    TRANSFER_PROBE, /* send an empty request, then transfer_answered() */
    TRANSFER_WAIT
};

struct transfer_action {
    enum transfer_step step;
    struct transfer_range range;
    int64_t until_ms; /* TRANSFER_WAIT; TRANSFER_FILL: when to ask again at the latest */
};

struct transfer {
    int64_t settle_ms;
    struct forward_place settled;                                /* everything before it is settled */
    struct transfer_rows total;                                  /* settled */
    struct transfer_unsettled unsettled[TRANSFER_UNSETTLED_MAX]; /* a ring */
    unsigned unsettled_first;
    unsigned unsettled_count;
    struct transfer_rows pending; /* of all unsettled */
    struct transfer_rows set;     /* so far */
    uint32_t set_count;           /* rows to send */
    struct forward_place set_end;
    struct transfer_range ranges[TRANSFER_RANGES_MAX]; /* of the set, left to send; the next one is the last */
    unsigned range_count;
    unsigned range_failures;                  /* of the next range, with status 500, in a row */
    bool is_halving;                          /* status 500 repeated for the whole set */
    uint32_t suspects[TRANSFER_SUSPECTS_MAX]; /* rows for which the engine failed, while it accepted no other one */
    unsigned suspect_count;
    struct backoff backoff;
    int64_t wait_until_ms;
    int64_t answered_ms; /* when a request was last accepted, or another rewind was made */
    uint64_t rewinds;
};

/* settled: of the cursor. seed: differs between engines. */
void transfer_init(struct transfer *transfer, int64_t settle_ms, const struct forward_place *settled, uint64_t seed);

struct transfer_action transfer_next(const struct transfer *transfer, int64_t now_ms);

/* How long to wait at once for until_ms: 0 if it has passed, and at most TRANSFER_WAIT_MS_MAX. */
int transfer_wait_ms(int64_t until_ms, int64_t now_ms);

/* The set is sorted, and has `count` rows to send, up to the place `end`; the filtered ones are not in it. */
void transfer_filled(struct transfer *transfer, uint32_t count, uint64_t filtered, const struct forward_place *end,
                     int64_t now_ms);

struct transfer_answer {
    enum engine_answer answer;
    bool is_new_connection;
    int64_t retry_after_ms; /* as the engine asks for; 0: it does not */
};

/* The engine refuses that row of the sorted set. */
typedef void transfer_refused_cb(uint32_t row, void *arg);

/* Of the last SEND or PROBE. Returns false if everything is to be read again from `settled` on; the set is empty then.
 */
bool transfer_answered(struct transfer *transfer, const struct transfer_answer *answer, int64_t now_ms,
                       transfer_refused_cb *on_refused, void *arg);

struct transfer_account transfer_account(const struct transfer *transfer);

#endif
