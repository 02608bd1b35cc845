/* What a starting collector knows from its files: recovery.c over again in small. Whoever changes it changes this. */
#ifndef SIM_RECOVERY_H
#define SIM_RECOVERY_H

struct sim_collector;

/* From the index, and from the files that it does not tell of or that are within the history. */
void recovery_read(struct sim_collector *collector);

/* While the collector is down somebody removes one of its segments. */
void sim_recovery_remove_any(struct sim_collector *collector);

#endif
