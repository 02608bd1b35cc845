/* Pure. Keeps the account that an instance's agent gives of its samples, see agent_account.h. */
#ifndef COLLECTOR_INTAKE_INTAKE_ACCOUNT_H
#define COLLECTOR_INTAKE_INTAKE_ACCOUNT_H

#include "collector/fleet/registry.h"

/* Its agent has connected. reported: as for agent_account_take(). */
void intake_account_begin(struct registry *registry, struct instance *instance, const Headroom__Account *reported);

/* Its agent has sent it again. The same. */
void intake_account_take(struct registry *registry, struct instance *instance, const Headroom__Account *reported);

/* The last Ack after a Goodbye was sent. */
void intake_account_settle(struct registry *registry, struct instance *instance);

/* It has ended without Goodbye. */
void intake_account_end(struct registry *registry, struct instance *instance);

#endif
