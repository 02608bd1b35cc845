/* Pure. Groups without agents: a signal says how many nodes there are (Slurm, a cloud's API, another collector), and no
 * node of them is known by name. So a scale-in is for a number, as with victims = any, and the signal's number is the
 * count of the nodes where the actuator gives none; and there is no roll call. */
#ifndef COLLECTOR_AUTOSCALE_UNSEEN_NODES_H
#define COLLECTOR_AUTOSCALE_UNSEEN_NODES_H

#include "scaler/decision.h"

#include <stdbool.h>

/* Before the scaler's step, with the signals observed: changes what the group's settings and count are, if it is one
 * without agents. */
void unseen_nodes_apply(struct group_observation *observed, struct scaler_settings *settings);

/* Whether a decision is for such a group. */
bool unseen_nodes_are_all(const struct decision *decision);

/* Whether it is for one in which no signal counts the nodes any more: they are those that were counted last. */
bool unseen_nodes_were_all(const struct decision *decision);

#endif
