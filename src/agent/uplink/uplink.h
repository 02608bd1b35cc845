/* The agent's connection to its collectors: it owns the timers, sockets and buffers, and does what uplink_plan decides.
 *
 * Happy path: read the key again if there is one, connect to the first collector of the list, shake hands, let the
 * sender greet, write what it produces (one write at a time), give it what is read. Failures: a collector that can't be
 * reached, breaks off, is silent or rejects the agent is left, and uplink_plan says which one is tried when. No failure
 * ends the agent, and nothing here touches the samples. */
#ifndef AGENT_UPLINK_UPLINK_H
#define AGENT_UPLINK_UPLINK_H

#include "agent/uplink/sender.h"
#include "agent/uplink/uplink_channel.h"
#include "agent/uplink/uplink_key.h"
#include "agent/uplink/uplink_plan.h"
#include "common/dial.h"
#include "common/limits.h"
#include "common/log_limit.h"
#include "common/parse.h"

#include <stdint.h>
#include <uv.h>

struct uplink_collector {
    struct address address;
    char name[ADDRESS_HOST_MAX + 10]; /* as it is logged */
    struct channel_ticket ticket;     /* by which the agent returns, if it has certificates */
};

typedef void uplink_cb(enum uplink_event event, void *arg);

struct uplink_options {
    struct sender *sender;                 /* the caller's; lives as long as the uplink */
    const struct address *collectors;      /* in the order of preference; copied */
    unsigned count;                        /* 1 to COLLECTORS_MAX */
    uint64_t seed;                         /* for jitter: different for each agent */
    struct uplink_key *key;                /* the caller's, lives as long as the uplink; NULL: there is none, */
    const struct credentials *credentials; /* and these, of certificates, likewise; NULL, too: no encryption */
    const char *server_name;               /* the caller's; empty: the host of each collector */
};

struct uplink {
    struct uplink_plan plan;
    struct sender *sender;
    struct uplink_collector collectors[COLLECTORS_MAX];
    struct uplink_key *key; /* NULL: certificates, or no encryption */
    struct dial dial;
    struct uplink_channel channel; /* of its connection */
    const char *server_name;
    uv_write_t write;
    uv_timer_t timer;  /* what the plan waits for */
    struct dial probe; /* to the primary, during a session with another collector */
    struct log_limit complaints;
    uplink_cb *cb;
    void *arg;
    uint8_t *out; /* SEND_LEN_MAX */
    char in[4096];
};

/* Starts with the first attempt. 0 or -ENOMEM. */
int uplink_start(struct uplink *uplink, uv_loop_t *loop, const struct uplink_options *options, uplink_cb *cb,
                 void *arg);

/* Writes what the sender has to send now, if there is a session. Call it after each new sample. */
void uplink_pump(struct uplink *uplink);

/* The agent has another certificate: ends the connection that was made with the old one, and makes another one. */
void uplink_renew(struct uplink *uplink);

/* The collector of the session, or NULL. */
const char *uplink_peer(const struct uplink *uplink);

/* Also for a zeroed one, and more than once. */
void uplink_close(struct uplink *uplink);

/* After the loop has run empty. */
void uplink_deinit(struct uplink *uplink);

#endif
