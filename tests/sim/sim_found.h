/* At a collector's start: all that is in its files, read from end to end whatever the index says, beside what had been
 * made safe before, and beside what the collector makes of it. */
#ifndef SIM_FOUND_H
#define SIM_FOUND_H

struct sim_collector;

/* The files are open: nothing that was synced may be missing, unless its segment was removed. */
void found_read(struct sim_collector *collector);

/* The collector has recovered: each instance is where its rows end, and its gaps are known. */
void found_compare(struct sim_collector *collector);

#endif
