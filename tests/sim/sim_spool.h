/* The file of an agent's spool, laid out by spool_layout: it survives the end of the program as it is, even in the
 * middle of a write, and a power cut as far as it was synced. What is restored from it is compared with the truth. */
#ifndef SIM_SPOOL_H
#define SIM_SPOOL_H

#include "agent/spool/restore.h"
#include "agent/spool/spool.h"
#include "sim/sim.h"

struct sim_agent;

struct sim_spool {
    bool lasting; /* else in memory only */
    unsigned capacity;
    uint8_t *image;  /* as the program has it mapped; NULL: there is no file */
    uint8_t *medium; /* what a power cut leaves, with parts of newer content */
    /* since the last start */
    bool power_cut;
    bool damaged;
    bool resized;
    struct spool_state believed; /* the newer one of the states that were whole at the last start */
    bool one_state;              /* only one copy was whole */
    bool unreadable;             /* the damaged records were not copied */
    uint64_t sync_ms;            /* the next sync, or NEVER */
};

/* Opens it: agent->spool has a present run under agent->run then. */
void sim_spool_start(struct sim_agent *agent);
void sim_spool_deinit(struct sim_agent *agent);

/* Its timer. */
void sim_spool_sync(struct sim_agent *agent);

/* The process ends, in the middle of writing if `torn`. */
void sim_spool_end(struct sim_agent *agent, bool torn);
void sim_spool_cut_power(struct sim_agent *agent);

/* While the agent is down, bits of the file flip. */
void sim_spool_damage(struct sim_agent *agent);

/* Follows what a call drops: remember before it, note the drops after it. */
struct spool_before {
    uint64_t acked_seq[SPOOL_RUNS_MAX];
};
void sim_spool_remember(const struct sim_agent *agent, struct spool_before *before);
void sim_spool_note_drops(struct sim_agent *agent, const struct spool_before *before);

/* The loss of the outbox that the seq is in, or NULL. */
const struct loss *sim_spool_loss(const struct outbox *outbox, uint64_t seq);

#endif
