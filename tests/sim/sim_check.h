/* What must hold at any time, and at the end. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

struct world;

void check_world(struct world *world);
void check_end(struct world *world);

/* Long after the last fault something still waits: fails, and prints what. */
_Noreturn void check_stuck(const struct world *world);

#endif
