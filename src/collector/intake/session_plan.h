/* Pure. Decides what a session does next: which response it writes, when it is due by time, and when the connection
 * ends.
 *
 *     READY <----> WRITING    one answer at a time: the next one is made when the socket has taken the last byte
 *       |
 *       +----> LINGERING      the last answer is written. For LINGER_MS the connection stays, so that the peer can read
 *                             a Reject before it is reset; what the peer still sends is not read
 *     any state ----> CLOSED
 *
 * A session on a socket (session.c) and one in the fleet simulation both act on it. Times are monotonic milliseconds,
 * except for wall_ms. */
#ifndef COLLECTOR_INTAKE_SESSION_PLAN_H
#define COLLECTOR_INTAKE_SESSION_PLAN_H

#include "collector/intake/intake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINGER_MS    1000U
#define FAREWELL_MAX (3 * (size_t)REPLY_LEN_MAX) /* bytes: Welcome, Ack, Reject */

enum session_state { SESSION_READY, SESSION_WRITING, SESSION_LINGERING, SESSION_CLOSED };

/* Whether the peer encrypts, which the first byte of its connection shows. */
enum session_form { SESSION_UNSEEN, SESSION_PLAIN, SESSION_ENCRYPTED };

struct session_plan {
    enum session_state state;
    uint8_t form;
    bool overdue; /* the peer seems dead: what the socket holds is read before that is decided */
    struct intake intake;
    uint64_t writing_since_ms;
};

struct session_reply {
    size_t len;
    bool rejects; /* it is a Reject */
    uint8_t bytes[REPLY_LEN_MAX];
};

enum session_step {
    SESSION_WAIT,  /* nothing to do for now */
    SESSION_WRITE, /* write the reply, then ask again */
    SESSION_LINGER /* it is due in LINGER_MS, which ends it. Returned once */
};

/* owner: the session, which intake_take_evicted() returns. */
void session_plan_init(struct session_plan *plan, struct intake_hub *hub, void *owner, uint64_t now_ms);

/* What the session is for the limits on sessions. */
enum session_standing {
    SESSION_STRANGER, /* there was no valid Hello */
    SESSION_AGENT,    /* it speaks for a node */
    SESSION_OVER      /* it is rejected, or the last message is due or was written */
};

enum session_standing session_plan_standing(const struct session_plan *plan);

/* The first byte has come. keyed: the collector has keys. Rejects a peer that encrypts if the collector does not, and
 * one that does not if it does. */
void session_plan_see(struct session_plan *plan, uint8_t first, bool keyed);

/* Takes what was read, decrypted. false: the session takes no more input, and it was discarded. */
bool session_plan_receive(struct session_plan *plan, struct bytes input, uint64_t now_ms, int64_t wall_ms);

/* The peer has closed its side. false: close the connection; true: there is a Reject to write first. */
bool session_plan_receive_end(struct session_plan *plan);

/* The next step; call it after everything that may have made an answer due. SESSION_WRITE fills reply. */
enum session_step session_plan_next(struct session_plan *plan, struct session_reply *reply);

/* The socket has not taken all of the reply; and later: now it has. */
void session_plan_block(struct session_plan *plan, uint64_t now_ms);
void session_plan_unblock(struct session_plan *plan);

/* How long until it is due by time: until the next Ack, or less if the peer's time limit comes first. It may be less
 * after an answer than before. */
uint64_t session_plan_delay_ms(const struct session_plan *plan, uint64_t now_ms);

/* It was due by time. false: close the connection. Otherwise *delay_ms is when it is due again, and there may be an
 * answer. */
bool session_plan_tick(struct session_plan *plan, uint64_t now_ms, uint64_t *delay_ms);

/* The collector stops: writes to out, of FAREWELL_MAX bytes, the last Ack and a Reject. Returns their length; 0: there
 * is nothing to write, or the socket takes nothing now. The connection is to be closed either way. */
size_t session_plan_farewell(struct session_plan *plan, uint8_t *out);

/* The connection is gone: lets go of the node. Idempotent. */
void session_plan_close(struct session_plan *plan);

#endif
