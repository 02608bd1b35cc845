/* Pure. The collector's side of the protocol with one agent: it splits bytes into frames, decodes each, passes it to
 * intake_hello or intake_samples according to the state of the session, and enforces the time limits.
 *
 * A session passes in what it read and the time, and writes what the intake produces:
 *
 *     GREETING --Hello--> STREAMING --Goodbye--> LEAVING --all stored, last Ack--> DONE
 *         any state --a broken rule, or a newer connection--> REJECTED --Reject--> DONE
 *
 * One intake never touches another, with two exceptions: a Hello may take a node over or a place among the agents, and
 * an incomplete frame may be too much for the memory of all. See intake_take_evicted().
 * Times are monotonic milliseconds, except for wall_ms. */
#ifndef COLLECTOR_INTAKE_INTAKE_H
#define COLLECTOR_INTAKE_INTAKE_H

#include "collector/intake/intake_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes all bytes of input. Afterwards there may be something to produce, also by evicted sessions. */
void intake_receive(struct intake *intake, struct bytes input, uint64_t now_ms, int64_t wall_ms);

/* The owner of an intake that the last intake_receive() has rejected to make way for this one: it has a Reject to
 * write. Call it until it returns NULL: there is none any more. */
void *intake_take_evicted(struct intake *intake);

/* The peer has closed its side. Rejects it if that cut a frame short: the peer may still read the reason. */
void intake_end(struct intake *intake);

/* Asks for an Ack, if the agent has been welcomed. */
void intake_want_ack(struct intake *intake);

/* Call it at least each Ack interval, and at intake_due_ms(): asks for an Ack, or rejects an agent that has been silent
 * for too long. The caller first reads what the agent may have sent. */
void intake_tick(struct intake *intake, uint64_t now_ms);

/* When the agent's time limit is: for its Hello, a frame, or any sign of life. UINT64_MAX: none. */
uint64_t intake_due_ms(const struct intake *intake);

/* Rows or gaps of its instance were stored: asks for an Ack if half the credit is used, or after a Goodbye. */
void intake_stored(struct intake *intake);

/* Writes the next frame to buf, of at least REPLY_LEN_MAX bytes. Returns its length; 0: there is none. */
size_t intake_produce(struct intake *intake, uint8_t *buf, size_t size);

/* The agent's handshake is done, and its claim proved. is_ticket: by one of an earlier connection. */
void intake_note_proof(struct intake *intake, bool is_ticket);

/* Seconds until the collector's certificate expires, or the first one of the connected nodes. NaN: there are none. */
double intake_expiry_s(const struct intake_hub *hub, bool of_nodes, int64_t wall_ms);

/* The certificate of a connected agent. NULL: it has none. */
const struct certificate_claim *intake_certificate(const struct intake *intake);

/* Whether the last frame was produced: the connection may be closed. */
bool intake_done(const struct intake *intake);

#endif
