/* Pure. What is remembered of orders, as lines of the saved state and back. */
#ifndef SCALER_ORDERS_STATE_H
#define SCALER_ORDERS_STATE_H

#include "scaler/orders.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

void orders_save(const struct orders *orders, struct state_text *out);

/* Fills orders of all zeros; no time is after latest_ms. False: the text is not what orders_save() writes, and they are
 * in an undefined state. */
bool orders_load(struct orders *orders, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void orders_shift(struct orders *orders, int64_t shift_ms);

#endif
