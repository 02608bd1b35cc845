/* Pure. The margin above a forecast, as a price instead of a guess.
 *
 * Each past error e offers a bound u = forecast + e. Its price is what it would cost to run the nodes that keep u
 * within `high`, in mean fleets, and price times the share of past errors that lie above it:
 *
 *     u / (high * mean fleet) + price * (errors above u) / (errors + 1)
 *
 * The cheapest bound is taken. This is the newsvendor's choice on the empirical distribution of errors (Arrow, Harris &
 * Marschak, Econometrica 19, 1951; conformal in that it asks nothing of the distribution but that it lasts). */
#ifndef SCALER_MARGIN_H
#define SCALER_MARGIN_H

#include "scaler/errors.h"

struct margin {
    double bound; /* of demand */
    double above; /* the share of errors beyond it */
};

/* mean_fleet: in units of demand, > 0. price: hours of the mean fleet that an hour above `high` is worth. The bound is
 * at least half of the forecast, and never negative. */
struct margin margin_cheapest(double forecast, const struct errors_view *errors, double high, double mean_fleet,
                              double price);

#endif
