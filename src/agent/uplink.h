/* The agent's connection: which collector, when to try again, and the socket that the sender speaks through.
 *
 * Happy path: resolve and connect to the first collector of the list, let the sender greet, write what it produces (one
 * write at a time), give it what is read.
 * Failures: a collector that can't be reached, breaks off, is silent or rejects is not tried again before its own
 * jittered backoff is over; meanwhile the next one of the list is. Backoff starts anew only once samples were
 * acknowledged. From another collector the agent returns to the first of the list once that has been reachable for a
 * minute. No failure ends the agent, and nothing here touches the samples. */
#ifndef AGENT_UPLINK_H
#define AGENT_UPLINK_H

#include "agent/primary_watch.h"
#include "agent/sender.h"
#include "common/backoff.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct uplink_collector {
    struct address address;
    char name[ADDRESS_HOST_MAX + 10]; /* as it is logged */
    struct backoff backoff;
    uint64_t not_before_ms;
};

enum uplink_event {
    UPLINK_UP,    /* the session stands */
    UPLINK_DOWN,  /* it has ended */
    UPLINK_ACKED, /* the collector has answered: samples may have been acknowledged */
    UPLINK_PAST,  /* as SENDER_PAST: the owner lets the sender speak for the next run before it returns */
    UPLINK_AHEAD  /* as SENDER_AHEAD: the owner begins a new instance before it returns */
};

typedef void uplink_cb(enum uplink_event event, void *arg);

struct uplink {
    uv_loop_t *loop;
    struct sender *sender;
    struct uplink_collector collectors[COLLECTORS_MAX];
    unsigned count;
    unsigned current;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    uv_getaddrinfo_t resolve;
    struct addrinfo *found;   /* of the current attempt, by its resolver */
    struct addrinfo *address; /* the one of them that is tried */
    uv_timer_t timer;         /* next attempt, or the sender's deadline */
    bool tcp_open;            /* the handle is initialised and not yet closed */
    bool connected;
    bool resolving;
    bool writing;
    bool closing;
    bool asked_again;           /* the collector seems dead, and what may have come meanwhile is being read */
    bool flowing;               /* samples were acknowledged in this session */
    uint64_t greeted_seq;       /* what was stored when it began */
    struct primary_watch scout; /* looks for the first of the list, while it is not the current one */
    struct log_limit complaints;
    uplink_cb *cb;
    void *arg;
    uint8_t *out; /* SEND_LEN_MAX */
    char in[4096];
};

/* Starts with the first attempt. The sender belongs to the caller. 0 or -ENOMEM. seed: for jitter. */
int uplink_start(struct uplink *uplink, uv_loop_t *loop, struct sender *sender, const struct address *collectors,
                 unsigned count, uint64_t seed, uplink_cb *cb, void *arg);

/* Writes what the sender has to say now, if there is a session. Call it after each new sample. */
void uplink_pump(struct uplink *uplink);

/* The collector that is spoken to, or NULL. */
const char *uplink_peer(const struct uplink *uplink);

void uplink_close(struct uplink *uplink);

/* After the loop has run empty. */
void uplink_deinit(struct uplink *uplink);

#endif
