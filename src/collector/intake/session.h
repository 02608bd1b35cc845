/* One agent's connection: it reads into the shared buffer, and writes the responses that session_plan produces.
 *
 * Happy path: read, decrypt if the peer encrypts, session_plan_receive(), write what session_plan_next() gives (one
 * write at a time), wait. ready_sockets.h decides who is read in a turn of the loop. Failures: whatever the peer does
 * costs this connection only. A Reject is written, and nothing more is read; the connection stays for LINGER_MS, so
 * that the peer can read the Reject before the connection is reset. */
#ifndef COLLECTOR_INTAKE_SESSION_H
#define COLLECTOR_INTAKE_SESSION_H

#include "collector/intake/due_wheel.h"
#include "collector/intake/ready_sockets.h"
#include "collector/intake/session_channel.h"
#include "collector/intake/session_log.h"
#include "collector/intake/session_plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define READ_LEN_MAX        ((size_t)128 * 1024) /* of one session at once */
#define READ_SEALED_LEN_MAX ((size_t)16 * 1024)  /* of an encrypted one: it may consist of very small records */

struct session;

/* What all sessions use; the listener provides it. */
struct session_host {
    uv_loop_t *loop;
    struct intake_hub *hub;
    struct session_log log;
    char *buffer;  /* of READ_LEN_MAX bytes: each read is used up before the next */
    bool stopping; /* no more samples are taken */
    struct ready_sockets ready;
    const struct key_ring *keys;                /* the caller's, as they are now */
    const struct certificate_set *certificates; /* the same; without either, agents do not encrypt */
    struct credentials credentials;             /* once there are keys or certificates */
    struct session_channel_queue handshakes;    /* that wait for their turn: session_shake_hands() */
    struct due_wheel due;                       /* when something is due for which session: session_tick() */
    uint8_t *plain;                             /* of CHANNEL_RECORD_MAX bytes: what was decrypted; the same */
    void (*on_handshake)(void *arg);            /* one was put into the queue */
    void (*on_due)(void *arg);                  /* one is due before due_wheel_next_ms() */
    void (*on_received)(void *arg);
    void (*on_standing)(struct session *session, void *arg); /* it is another one than before */
    void (*on_closed)(struct session *session, void *arg);   /* called once; the session frees itself later */
    void *arg;
};

/* What each frame needs comes first: with many agents, each cache line of a session is a cache miss. */
struct session {
    struct session_host *host;
    uv_os_fd_t fd;    /* of tcp, from session_accept() to session_close() */
    uint8_t standing; /* enum session_standing, that the host knows */
    bool reads;       /* its socket is among the host's */
    struct session_plan plan;
    struct session_channel *channel; /* NULL: the peer does not encrypt */
    struct due_entry due;            /* of the host's wheel, see session_plan_tick() */
    struct session *prev;            /* utlist, the host's: of all sessions */
    struct session *next;
    uv_tcp_t tcp;
};

#define SESSION_FRAME_LEN offsetof(struct session, plan.intake.evicted) /* what each frame needs */

/* A session without a connection yet. NULL: no memory. */
struct session *session_new(struct session_host *host);

/* Accepts the next connection of the listening socket. 0, or a negative errno; then the session is closed. */
int session_accept(struct session *session, uv_tcp_t *listening);

/* Reads what the peer has sent, once: a ready_sockets_cb. arg: the session. session_prefetch() prefetches what that
 * needs: a ready_sockets_soon_cb, for SESSION_FRAME_LEN. */
void session_serve(void *arg, bool has_more);
void session_prefetch(const void *arg);

/* Continues the handshake of the first session in the host's queue. Returns whether there are more. */
bool session_shake_hands(struct session_host *host);

/* Does what is due by time for one session. Returns whether there may be more. Many may be due at the same time, after
 * a pause of the collector or when they have connected together. */
bool session_tick(struct session_host *host);

/* Writes the answers that are due. */
void session_pump(struct session *session);

/* The collector stops: writes a last Ack and a Reject, as far as the socket takes them at once; then closes. */
void session_farewell(struct session *session);

/* Idempotent. */
void session_close(struct session *session);

/* The same for a connection that has no answer to read; it takes no more of the kernel's memory either. */
void session_reset(struct session *session);

#endif
