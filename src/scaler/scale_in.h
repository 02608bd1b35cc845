/* Pure. Decides whether nodes are removed, and how many.
 *
 * Everything that may exist counts, and what does not report counts as fully busy: silence removes no node. An order
 * names the nodes to be removed; they are capacity until they have left. Which ones, and whether exactly these may go,
 * is decided afterwards by victims.h. */
#ifndef SCALER_SCALE_IN_H
#define SCALER_SCALE_IN_H

#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

/* The recommendations within the stabilization window, this tick's included. */
struct stabilization {
    unsigned highest; /* highest recommendation, and the nodes that have come without an order */
    bool whole;       /* recommendations are known for the whole window */
};

/* Past scale-ins. */
struct scale_in_past {
    unsigned hour;   /* within the last hour */
    int64_t newest;  /* the time of the last one; 0: there was none */
    unsigned undone; /* the nodes that were wanted again after one that had to be undone, see undone.h; */
    int64_t wait_ms; /* so long one to fewer waits; 0: it does not */
};

/* The guards of a scale-in from d->existing to the votes, the maximum or a pinned number, in the order of enum
 * scale_guard: pause, roll call, stabilization, undone ones, open orders, load, protection, dead band, record, churn,
 * mode, step. Sets d->action, d->to, d->victims and d->desired if nodes may go. */
void scale_in_decide(struct decision *d, struct stabilization window, struct scale_in_past past);

/* The demand that the nodes which stay must carry: what is forecast or seen, with the nodes that do not report, or have
 * no reading of the resource, fully busy. The resource is reported. */
double scale_in_demand(const struct decision *d, enum resource resource);

/* Makes the decision remove that many nodes; none: it holds. */
void scale_in_order(struct decision *d, unsigned victims);

#endif
