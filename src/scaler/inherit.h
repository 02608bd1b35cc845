/* Pure. Lets a scaler take over what another one has learned of demand: the forecasts of a group that is new, was
 * renamed or was split begin with the history of the nodes that it consists of. */
#ifndef SCALER_INHERIT_H
#define SCALER_INHERIT_H

#include <stdbool.h>
#include <stdint.h>

struct scaler;

/* Replaces the predictors of cpu, disk and app of the heir with those of the past one that have seen anything, their
 * times moved by shift_ms; nothing else of it changes. An heir without any tick is a group whose nodes are yet to come:
 * it has no minimum before. Returns how many. Demand for memory is in bytes, which records do not contain. */
unsigned inherit_demand(struct scaler *heir, const struct scaler *past, int64_t shift_ms);

/* Whether the scaler has inherited a history, and no node of its group has come since. */
bool inherit_is_unused(const struct scaler *scaler);

#endif
