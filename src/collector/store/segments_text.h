/* Pure. Formats log messages about what another program did to a live file, and about segments that were deleted for
 * their age or size, or that will be. */
#ifndef COLLECTOR_STORE_SEGMENTS_TEXT_H
#define COLLECTOR_STORE_SEGMENTS_TEXT_H

#include "collector/store/segments.h"

#include <stdbool.h>

/* A line without newline; as log_line(). */
typedef void segments_text_cb(bool is_warning, const char *line);

/* Calls cb for each line, of which there may be none. events: of segments_take_events(). */
void segments_text_meddling(const struct segments *segments, unsigned events, segments_text_cb *cb);

/* The same for the segments that were deleted, and for those that are kept or will be deleted; takes them. */
void segments_text_deleted(struct segments *segments, segments_text_cb *cb);

#endif
