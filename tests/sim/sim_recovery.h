/* What a starting collector knows from its files: recovery.c over again in small. Whoever changes it changes this. */
#ifndef SIM_RECOVERY_H
#define SIM_RECOVERY_H

struct sim_collector;

/* All files into the registry, oldest first; the truth checks each row. */
void recovery_read(struct sim_collector *collector);

#endif
