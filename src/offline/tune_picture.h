/* Pure. Draws the result of a search as SVG: what the settings on the frontier cost in nodes, against the time above
 * the limit, in the part that they were tuned on and in the rest. */
#ifndef OFFLINE_TUNE_PICTURE_H
#define OFFLINE_TUNE_PICTURE_H

#include "offline/svg.h"
#include "offline/tune.h"

void tune_picture_write(const struct tune_search *search, const char *title, const struct svg *svg);

#endif
