/* Pure. Puts what headroom top shows on a screen of any size: the state of the collector in the first lines, one table,
 * and in the last line the keys or the text that is typed. */
#ifndef CLI_TOP_TOP_PAINT_H
#define CLI_TOP_TOP_PAINT_H

#include "cli/top/top.h"
#include "cli/top/top_screen.h"

#include <stdint.h>

/* now_ms: of the clock of top's link. clock: the time of day with its zone, as text. */
void top_paint(struct top *top, struct top_screen *screen, int64_t now_ms, const char *clock);

#endif
