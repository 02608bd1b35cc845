/* Pure. Decides which collector the agent uses, how long it waits before each retry, when it returns to its primary,
 * and how it responds to each event of a connection.
 *
 * The uplink reports each event with the time, and does what the answer says; a simulation does the same with simulated
 * connections. All times are monotonic milliseconds of one clock.
 *
 *     WAITING -- time --> DIALING -- connected --> OPEN <--> WRITING
 *        ^                   |                      |           |
 *        +---- unreachable --+---- lost, rejected, left --------+
 *
 *   - Next is the first collector of the list that is due within half a second, else the one that is due first.
 *   - Each failure delays that collector, and no other, by its jittered exponential backoff: at least a second if it
 *     can't be reached, sends no Welcome, or sends the agent to the next one; at least a minute if it asks for slow
 *     retries.
 *   - Backoff starts from its minimum again only once the collector has acknowledged new samples.
 *   - Meanwhile, with another collector than the first of the list (the primary), it connects to the primary every ten
 *     seconds. Once that has succeeded for a minute, it returns.
 *   - A collector that was silent for too long is left, but what it sent while this process slept is read before. */
#ifndef AGENT_UPLINK_UPLINK_PLAN_H
#define AGENT_UPLINK_UPLINK_PLAN_H

#include "agent/uplink/reachability.h"
#include "agent/uplink/sender.h"
#include "common/backoff.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define UPLINK_CONNECT_MS_MAX 3000U  /* the longest wait for an address to accept */
#define UPLINK_PROBE_MS       10000U /* between two attempts to reach the primary from another collector */
#define UPLINK_STEADY_MS      60000U /* the primary has to be reachable for this long */

enum uplink_state {
    UPLINK_WAITING, /* for the time of the next attempt */
    UPLINK_DIALING,
    UPLINK_OPEN,    /* connected; the next frame may be written */
    UPLINK_WRITING, /* connected; the last frame is not yet written to its end */
    UPLINK_CLOSED
};

enum uplink_action {
    UPLINK_DO_WAIT,    /* nothing before the next event, or uplink_plan_due_ms() */
    UPLINK_DO_DIAL,    /* connect to the collector of index `current` */
    UPLINK_DO_PUMP,    /* write what the sender produces, as long as uplink_plan_may_write() */
    UPLINK_DO_RECEIVE, /* hand the rest of what was read to the sender */
    UPLINK_DO_PROBE,   /* connect to the primary too, close that at once, and report uplink_plan_on_probe() */
    UPLINK_DO_DROP     /* close the connection and the sender; `what` and `why` say what has failed */
};

/* Events of a session for the owner of the samples. */
enum uplink_event {
    UPLINK_UP,    /* the session is established */
    UPLINK_DOWN,  /* it has ended */
    UPLINK_ACKED, /* the collector has answered: samples may have been acknowledged */
    UPLINK_PAST,  /* as SENDER_PAST: the owner gives the sender the next run's outbox before it returns */
    UPLINK_AHEAD  /* as SENDER_AHEAD: the owner begins a new instance before it returns */
};

struct uplink_target {
    struct backoff backoff;
    uint64_t not_before_ms;
};

struct uplink_plan {
    enum uplink_state state;
    const struct sender *sender;
    struct uplink_target collectors[COLLECTORS_MAX]; /* in the order of preference */
    unsigned count;
    struct reachability primary; /* watched during a session with another collector */
    unsigned current;            /* of the connection or attempt; while waiting, of the last one */
    unsigned next;               /* while waiting: of the next attempt */
    bool doubted;                /* the collector was silent for too long; what may have come meanwhile is being read */
    uint64_t greeted_seq;        /* stored by the collector when the session began */
    const char *what; /* of the last failure, for the log: "can't reach"; NULL: the connection was left on purpose */
    const char *why;
};

/* Waits for the first attempt, which is due at once. The sender is the caller's. seed: for the jitter. */
void uplink_plan_init(struct uplink_plan *plan, const struct sender *sender, unsigned count, uint64_t seed,
                      uint64_t now_ms);

/* When uplink_plan_on_time() is to be called; UINT64_MAX: not before another event. */
uint64_t uplink_plan_due_ms(const struct uplink_plan *plan, uint64_t now_ms);
enum uplink_action uplink_plan_on_time(struct uplink_plan *plan, uint64_t now_ms);

/* How the attempt ended. Before it reports a connection the caller opens the sender. what: "can't resolve". */
enum uplink_action uplink_plan_on_connected(struct uplink_plan *plan);
enum uplink_action uplink_plan_on_unreachable(struct uplink_plan *plan, const char *what, const char *why,
                                              uint64_t now_ms);

/* The connection broke. why lives until the action is done. */
enum uplink_action uplink_plan_on_lost(struct uplink_plan *plan, const char *why, uint64_t now_ms);

/* The collector does not have the agent's key, or does not encrypt. An operator has to correct that, so the next
 * attempt waits as after a Reject that asks for slow retries. The agent never continues without encryption. */
enum uplink_action uplink_plan_on_untrusted(struct uplink_plan *plan, const char *why, uint64_t now_ms);

/* The agent leaves the collector on purpose, to come back at once. */
enum uplink_action uplink_plan_on_renewed(struct uplink_plan *plan, uint64_t now_ms);

/* Bytes have come: each event that the sender makes of them, up to and including SENDER_NOTHING or one that is not
 * answered with UPLINK_DO_RECEIVE. */
enum uplink_action uplink_plan_on_sender(struct uplink_plan *plan, enum sender_event event, uint64_t now_ms);

/* The event of the session that an event of the sender is for the owner of the samples. false: none. */
bool uplink_plan_event(enum sender_event event, enum uplink_event *passed_on);

/* A frame was written in part, and the rest follows; it is written. */
void uplink_plan_on_write_pending(struct uplink_plan *plan);
enum uplink_action uplink_plan_on_written(struct uplink_plan *plan);

/* Whether the primary could be reached. UPLINK_DO_DROP: steadily, so the agent returns to it. */
enum uplink_action uplink_plan_on_probe(struct uplink_plan *plan, bool reachable, uint64_t now_ms);

/* No attempt follows. */
void uplink_plan_close(struct uplink_plan *plan);

bool uplink_plan_connected(const struct uplink_plan *plan);
bool uplink_plan_may_write(const struct uplink_plan *plan);

#endif
