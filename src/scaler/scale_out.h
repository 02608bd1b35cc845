/* Pure. Decides whether nodes are added, and the number that the order states.
 *
 * An order says "bring the group to at least TO nodes". It can't harm: the program that carries it out removes none.
 *
 *     lack         the nodes that are wanted beyond those that carry load or will in time
 *     with a count TO = the larger of what exists by the actuator's count and what carries, + lack (for a reader, as
 *                  without, until nothing has come). While a lower count is not confirmed, as without
 *     without      TO = the larger of the desired count and what carries + lack. If nothing has come of that within a
 *                  lead time and a tick, the nodes that are missing may be there for the actuator although they carry
 *                  nothing: then TO = the larger of the desired count and all nodes known + lack
 *
 * The same TO is stated again when an order has brought nothing for a lead time and a tick. TO is never above the
 * maximum, and never below what was desired. */
#ifndef SCALER_SCALE_OUT_H
#define SCALER_SCALE_OUT_H

#include "scaler/decision.h"

/* The guards of a scale-out: step, futility, the maximum. What the forecast asks for is at least 5 % more nodes. Raises
 * d->desired to the minimum, and to a pinned number. Then orders what is lacking: sets d->action, d->to, d->adding and
 * d->desired. stated_ms: of the last order to scale out; 0: there was none. Returns whether an order was decided. */
bool scale_out_decide(struct decision *d, int64_t stated_ms);

/* Without data only the minimum, or a pinned number, is restored: once roll call is over, and unless a person has
 * paused orders. A reader gets no number while none is known: its group may be larger than the minimum. */
bool scale_out_restore(struct decision *d, int64_t stated_ms);

#endif
