/* A collector's side of one connection. */
#ifndef SIM_SESSION_H
#define SIM_SESSION_H

#include "collector/intake/session_plan.h"
#include "sim/sim.h"
#include "sim/sim_network.h"

#include <stdbool.h>
#include <stdint.h>

#define SESSIONS_MAX 64U

struct sim_collector;

struct session {
    struct sim_collector *collector;
    struct link *link; /* NULL: this place is free */
    struct session_plan plan;
    uint64_t timer_ms; /* when session_run() is due */
    bool had_node;     /* its Hello was accepted */
};

/* Accepts a connection; false: the collector does not listen. */
bool sim_collector_accept(struct sim_collector *collector, struct link *link);

/* From the network. */
void session_on_data(struct session *session, struct bytes input);
void session_on_end(struct session *session);
void session_on_room(struct session *session);

/* Its timer is due. */
void session_run(struct session *session);

void session_pump(struct session *session);
void session_farewell(struct session *session);
void session_close(struct session *session, bool abrupt);

#endif
