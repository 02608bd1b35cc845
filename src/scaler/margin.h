/* Pure. Computes the margin above a forecast from a price.
 *
 * Each past error e offers a bound u = forecast + e. The cost of a bound, in mean fleets, is that of the nodes which
 * keep u within `high`, plus `price` times the share of past errors above it:
 *
 *     u / (high * mean fleet) + price * (errors above u) / (errors + 1)
 *
 * The cheapest bound is chosen. This is the newsvendor's choice on the empirical distribution of errors (Arrow, Harris
 * & Marschak, Econometrica 19, 1951). Like a conformal method it assumes nothing about the distribution except that it
 * is stable. */
#ifndef SCALER_MARGIN_H
#define SCALER_MARGIN_H

#include "scaler/errors.h"

struct margin {
    double bound; /* demand to size for */
    double above; /* share of errors above it */
};

/* high: a share. mean_fleet: in units of demand, > 0. price: how many hours of the mean fleet one hour above `high`
 * costs. The bound is at least half of the forecast, and never negative. */
struct margin margin_cheapest(double forecast, const struct errors_view *errors, double high, double mean_fleet,
                              double price);

#endif
