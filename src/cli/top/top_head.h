/* Pure. The first lines of headroom top: the collector, its nodes and its worst problem, and what the table shows. */
#ifndef CLI_TOP_TOP_HEAD_H
#define CLI_TOP_TOP_HEAD_H

#include "cli/top/top.h"
#include "cli/top/top_screen.h"

#include <stdint.h>

/* Returns the number of lines. */
unsigned top_head_put(const struct top *top, struct top_screen *screen, int64_t now_ms, const char *clock);

#endif
