/* Pure. Writes the signals of a group as JSON: their values, ages, and why any is missing. */
#ifndef COLLECTOR_AUTOSCALE_SIGNAL_JSON_H
#define COLLECTOR_AUTOSCALE_SIGNAL_JSON_H

#include "common/moment.h"
#include "common/writer.h"

struct signal_table;

/* An array with an object for each signal of the group; empty if it has none. */
void signal_json_put(struct writer *writer, const struct signal_table *table, const char *group,
                     const struct moment *now);

#endif
