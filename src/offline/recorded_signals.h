/* Pure. The signals of a replay: their values are those of the column `signals` of decisions.csv, their settings those
 * of the configuration. A row stands until the next one, which the collector writes when a decision changes, and each 5
 * minutes. */
#ifndef OFFLINE_RECORDED_SIGNALS_H
#define OFFLINE_RECORDED_SIGNALS_H

#include "collector/autoscale/signal_table.h"

#include <stdint.h>

struct recorded_signals {
    struct collector_config config; /* of the signals: they may be older than in the collector */
    struct signal_table table;
};

/* config: stays the caller's. 0 or -ENOMEM. */
int recorded_signals_init(struct recorded_signals *recorded, const struct collector_config *config, int64_t now_ms);
void recorded_signals_deinit(struct recorded_signals *recorded);

/* Takes the column of a row that was written at time_ms. What can't be read in it is left out. */
void recorded_signals_take(struct recorded_signals *recorded, const char *column, int64_t time_ms);

/* What the group's scaler sees of them. */
void recorded_signals_observe(struct recorded_signals *recorded, const char *group,
                              const struct scaler_settings *settings, int64_t now_ms,
                              struct group_observation *observed);

#endif
