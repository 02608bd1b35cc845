/* Pure. The text of a cursor: the place up to which the engine has all rows, for good.
 *
 *     headroom-forward 1,PASSED,INODE,OFFSET,HASH,PASSED,INODE,OFFSET,HASH,TIME,CHECKSUM
 *
 * in 16 hex digits each: the place in metrics.csv, that in decisions.csv, and the time of the last row of metrics.csv.
 * CHECKSUM is FNV-1a of what precedes it. */
#ifndef BRIDGE_FORWARD_CURSOR_H
#define BRIDGE_FORWARD_CURSOR_H

#include "bridge/forward/forward_place.h"

#include <stddef.h>

#define CURSOR_LEN 189U /* bytes, the line end included */

/* text: CURSOR_LEN + 1 bytes. */
void cursor_format(const struct forward_place *place, char *text);

/* 0, or -EBADMSG if it is damaged or of another version; then the place is untouched. */
int cursor_parse(const char *text, size_t len, struct forward_place *place);

#endif
