/* Pure. The state of an intake and of the hub of all intakes, and the two ways in which every part can end a
 * session: a Reject, and the end of the connection. */
#ifndef COLLECTOR_INTAKE_INTAKE_STATE_H
#define COLLECTOR_INTAKE_INTAKE_STATE_H

#include "collector/fleet/registry.h"
#include "collector/intake/frame_memory.h"
#include "collector/intake/guesses.h"
#include "collector/intake/handshakes.h"
#include "collector/intake/message_rules.h"
#include "collector/intake/newcomers.h"
#include "collector/intake/origin.h"
#include "collector/store/backlog.h"
#include "common/frame.h"
#include "common/wire.h"
#include "tls/peer_claim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum intake_proof { INTAKE_BY_KEY, INTAKE_BY_CERTIFICATE, INTAKE_BY_TICKET, INTAKE_PROOFS };

/* What bounds agents that may connect. */
enum intake_limit {
    INTAKE_LIMIT_INTERVAL,   /* an agent begins to send more samples than its interval allows: it is slowed down */
    INTAKE_LIMIT_RECONNECTS, /* a node connects too often; this and the following ones are Hellos that were rejected */
    INTAKE_LIMIT_NEW_NODES,  /* from one address, or with one key */
    INTAKE_LIMIT_AGENTS,     /* or another agent had to go for it */
    INTAKE_LIMIT_NODES,
    INTAKE_LIMIT_GROUPS,
    INTAKE_LIMIT_FRAMES, /* memory of incomplete frames; this one is a connection that was rejected */
    INTAKE_LIMITS
};

extern const char *const intake_limit_names[INTAKE_LIMITS]; /* interval, reconnects, ... */

/* Counts over all agents, since the collector's start. */
struct intake_account {
    uint64_t batches_scanned;           /* in the form that headroom-agent sends: the fast path */
    uint64_t batches_decoded;           /* in any other form, by the generic decoder */
    uint64_t samples;                   /* received and taken into the backlog */
    uint64_t readings;                  /* samples that came as a Reading before that */
    uint64_t posted;                    /* those of them that came by HTTP: no agent accounts for them */
    uint64_t duplicates;                /* received before, skipped */
    uint64_t bad_values;                /* metrics removed because they can't be true */
    uint64_t missing[GAP_REASON_COUNT]; /* samples that will never arrive */
    uint64_t ended;                     /* instances that ended without Goodbye */
    uint64_t rejected;                  /* connections, for any reason, */
    uint64_t rejects[REJECT_CODES];     /* and by the code of the Reject */
    uint64_t evicted;                   /* connections without a Hello that were closed for newer ones */
    uint64_t acks;                      /* produced */
    uint64_t limits[INTAKE_LIMITS];     /* how often each was reached */
    uint64_t proofs[INTAKE_PROOFS];     /* agents that were accepted, by how they showed who they are */
};

/* Missing for the reasons of agents: all except GAP_ELSEWHERE and GAP_DAMAGED. */
uint64_t intake_dropped(const struct intake_account *account);

/* What the last intake_receive() found that should be logged. */
struct intake_findings {
    uint64_t dropped;           /* samples that the agent reports as lost; 0: none */
    uint64_t ended_instance;    /* the node's last instance before this one, which ended without Goodbye; 0: none */
    uint64_t ended_seq;         /* its last seq received */
    const struct node *renamed; /* the node that this one was before, under another name; NULL: none */
};

/* When the first certificate of a connected agent expires. Each intake reports its own at its ticks; when all have done
 * so, the least is known. Seconds since 1970; INT64_MAX: no agent has a certificate. */
struct certificate_expiry {
    int64_t least_s;
    int64_t next_s; /* the least one of those that have reported since */
    uint64_t since_ms;
};

/* What all intakes share. */
struct intake_hub {
    struct registry *registry;
    struct backlog *backlog;
    struct wire_arena *arena;
    struct guesses *guesses;               /* of the HTTP token; NULL: not limited */
    const struct collector_config *config; /* by which certificates are judged; NULL: there are none */
    int64_t wall_ms;                       /* at the last message of any agent */
    bool keyed; /* agents must have a key or a certificate: those that do not encrypt are rejected */
    struct newcomers newcomers;
    uint32_t keys_version; /* counts the changes of keys and certificates: then each session is judged again */
    struct certificate_expiry expiry;
    int64_t certificate_end_s; /* of the collector's certificate; 0: it has none */
    uint32_t ack_interval_ms;
    uint64_t now_ms;     /* when any intake was last given the time */
    int64_t began_ms;    /* the wall clock less the monotonic one, when the first message came; 0: none did */
    int64_t slept_ms;    /* that the wall clock has gained since: this machine was suspended, its agents were not */
    uint32_t credit;     /* samples that one agent may have in flight */
    uint32_t slowed;     /* agents that have less credit now, as they send more than their interval allows */
    uint32_t streaming;  /* intakes attached to a node, */
    uint32_t agents_max; /* and how many of them there may be; 0: not limited */
    bool held;           /* the store can't write; agents hold their samples back */
    bool flush_now;      /* an agent has used half its credit, or said Goodbye; see intake_take_flush_now() */
    struct intake_account account;
    struct handshakes handshakes; /* of sessions that encrypt */
    struct frame_memory frames;   /* that are not complete */
};

enum intake_state { INTAKE_GREETING, INTAKE_STREAMING, INTAKE_LEAVING, INTAKE_REJECTED, INTAKE_DONE };

/* What each frame needs comes first: see struct session. */
struct intake {
    struct intake_hub *hub;
    struct frame_reader reader;
    struct node *node;         /* from the Hello to intake_detach() */
    struct instance *instance; /* the same */
    enum intake_state state;
    uint32_t unacked;      /* samples received that no Ack covers */
    uint32_t granted;      /* samples that the credit still lets come, as far as the agent was told */
    uint32_t acked_ms;     /* when it got its last Ack, or its Welcome: monotonic, modulo 2^32 */
    uint32_t hello_s;      /* when its Hello came, in seconds */
    uint32_t protection_s; /* until then the agent may still say whether its node is protected; 0: it has, or is over */
    uint8_t version;       /* of the protocol, agreed on */
    bool moves : 1;        /* its Goodbye says that the agent goes to another collector */
    bool welcome_due : 1;
    bool ack_due : 1;
    bool takes_report_ms : 1; /* it obeys a pace */
    bool owns : 1;            /* its agent is the owner of the node */
    bool slowed : 1;          /* it counts in the hub's slowed */
    bool slowed_logged : 1;
    uint64_t heard_ms;   /* the last sign of life */
    uint64_t oldest_seq; /* that the agent announced in its Hello, */
    uint64_t newest_seq; /* and the newest one */
    struct intake_findings findings;
    struct peer_claim *claim; /* that the peer has proved, before its Hello; NULL: it does not encrypt */
    struct intake *evicted;   /* rejected for this one, and linked by `evicted`; see intake_take_evicted() */
    struct frame_memory_member frame;
    uint64_t frame_since_ms; /* when the unfinished frame began */
    struct intake *ack_prev; /* of ack_queue. NULL: it is not in there */
    struct intake *ack_next;
    void *owner;     /* the session, for its own use */
    uint64_t origin; /* see origin.h; the owner sets it */
    struct {
        Headroom__Action action;
        Headroom__RejectCode code;
        char *text;          /* NULL: no memory */
        const char *node_id; /* of the node that it spoke for, behind the text; NULL: of none, or no memory */
    } reject;
};

void intake_init(struct intake *intake, struct intake_hub *hub, void *owner, uint64_t now_ms);

/* Lets go of the node and frees what the intake owns: its connection is gone, or rejected. Idempotent. */
void intake_detach(struct intake *intake);

/* Ends the conversation with a Reject, unless it has ended. */
void intake_reject(struct intake *intake, Headroom__Action action, Headroom__RejectCode code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether the peer's key or certificate, or that it has none, allows it to speak for that node in that group. If not,
 * refusal is the reason. */
bool intake_key_ok(const struct intake *intake, const char *group, const char *node, struct message_refusal *refusal);

void intake_refuse(struct intake *intake, const struct message_refusal *refusal);

/* The other one, which was just rejected, had to go for this one: see intake_take_evicted(). */
void intake_evict(struct intake *intake, struct intake *other);

#define INTAKE_REJECT(intake, action, code, ...)                                                                       \
    intake_reject(intake, HEADROOM__ACTION__ACTION_##action, HEADROOM__REJECT_CODE__REJECT_CODE_##code, __VA_ARGS__)

/* Whether the store should write at once instead of waiting for its timer. Clears hub->flush_now. */
bool intake_take_flush_now(struct intake_hub *hub);

/* All agents together may have no more in flight than one half of the backlog holds. Returns how many of its rows are
 * not reserved: by the credit of a connected agent, or by rows of agents that are gone. */
uint64_t intake_room(const struct intake_hub *hub);

/* The credit of each of agents_max agents, so that all together have at most STORE_ROWS_MAX rows in flight, if
 * CREDIT_MIN allows; and how many rows each half of the backlog then holds. */
uint32_t intake_credit(unsigned agents_max);
uint32_t intake_backlog_rows(unsigned agents_max, uint32_t credit);

#endif
