/* An agent's process and its machine: spool, sender and uplink_plan as agent.c and uplink.c join them, its clocks, its
 * ends and its starts. */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "agent/spool/outbox.h"
#include "agent/uplink/delivery.h"
#include "agent/uplink/sender.h"
#include "agent/uplink/uplink_plan.h"
#include "sim/sim_network.h"
#include "sim/sim_spool.h"
#include "sim/sim_truth.h"

#include <stdbool.h>
#include <stdint.h>

enum agent_state { AGENT_DOWN, AGENT_RUNNING, AGENT_STOPPING };

/* What a session has in flight, counted from the frames themselves. */
struct flight {
    uint64_t acked_seq;
    uint64_t base_seq; /* a jump went to behind it */
    uint64_t sent_seq;
};

struct sim_agent {
    struct world *world;
    unsigned index;
    unsigned node; /* a twin has another agent's */
    char node_id[8];
    char group[8];
    uint32_t interval_ms;
    unsigned outbox_samples;
    bool careless; /* sends some samples twice, which is allowed */
    uint64_t boot_ms;
    int64_t wall_shift_ms;
    enum agent_state state;
    struct sim_spool file;
    struct spool spool;
    struct sender sender;
    struct delivery delivery;
    struct run *run;                         /* the present one */
    struct run *spoken;                      /* the one being sent */
    unsigned collectors[SIM_COLLECTORS_MAX]; /* in the order of preference */
    unsigned collector_count;
    struct uplink_plan plan; /* by the clock of agent_uptime() */
    struct link *link;       /* of the attempt or connection */
    struct flight flight;
    double cpu;
    uint64_t bytes; /* read, written, sent, received; as the present process counts them */
    /* when something is due, or NEVER */
    uint64_t tick_ms;
    uint64_t plan_ms;
    uint64_t connect_ms; /* gives up connecting */
    uint64_t farewell_ms;
    uint64_t start_ms;
    uint64_t paused_ms;
};

void sim_agent_init(struct sim_agent *agent, struct world *world, unsigned index);
void sim_agent_deinit(struct sim_agent *agent);

uint64_t sim_agent_due(const struct sim_agent *agent);
void sim_agent_run(struct sim_agent *agent);

/* SIGTERM; starts again after a while. */
void sim_agent_stop(struct sim_agent *agent, bool draining);

/* SIGKILL, or a power cut. */
void sim_agent_crash(struct sim_agent *agent, bool power);

/* Remembers the truth of the run that the sender speaks for. */
void sim_agent_note_run(struct sim_agent *agent);

/* From the network. */
void sim_agent_on_connect(struct sim_agent *agent, bool accepted);
void sim_agent_on_data(struct sim_agent *agent, struct bytes input);
void sim_agent_on_end(struct sim_agent *agent);
void sim_agent_on_room(struct sim_agent *agent);

#endif
