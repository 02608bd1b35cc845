/* At a collector's start: everything in its files, read from end to end whatever the index says, compared with what was
 * safe before, and with what the collector recovers. */
#ifndef SIM_FOUND_H
#define SIM_FOUND_H

struct sim_collector;

/* The files are open: no row that was synced may be missing, unless its segment was removed. */
void found_read(struct sim_collector *collector);

/* The collector has recovered: each instance stands where its rows end, and its gaps are known. */
void found_compare(struct sim_collector *collector);

#endif
