/* Pure. Counts the nodes that came without an order: by a deployment, or by hand. They are kept for a stabilization
 * window before they are too many.
 *
 * They are counted in slices of a sixteenth of the window, so a node is kept for up to a sixteenth longer. */
#ifndef SCALER_UNORDERED_H
#define SCALER_UNORDERED_H

#include <stdint.h>

#define UNORDERED_MAX 32U /* slices; beyond it the two oldest are merged */

struct unordered_slice {
    int64_t time_ms; /* its beginning */
    unsigned nodes;
};

/* All zeros: none has come. */
struct unordered {
    unsigned count;
    struct unordered_slice slice[UNORDERED_MAX]; /* oldest first */
};

/* nodes: how many have come now. window_ms: the stabilization window. */
void unordered_note(struct unordered *unordered, int64_t now_ms, int64_t window_ms, unsigned nodes);

/* How many have come within the window; those before it are forgotten. */
unsigned unordered_nodes(struct unordered *unordered, int64_t now_ms, int64_t window_ms);

#endif
