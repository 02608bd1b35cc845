/* Pure. Converts open orders to lines of the saved state and back. */
#ifndef SCALER_ORDERS_STATE_H
#define SCALER_ORDERS_STATE_H

#include "scaler/orders.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

void orders_save(const struct orders *orders, struct state_text *out);

/* Fills orders that are all zeros, from a text of that version; no time may be after latest_ms. False: the text is not
 * what orders_save() writes; the orders are then undefined. */
bool orders_load(struct orders *orders, int64_t latest_ms, unsigned version, struct state_cursor *cursor);

/* Moves all times. */
void orders_shift(struct orders *orders, int64_t shift_ms);

#endif
