/* Logs events of a live file. */
#ifndef COLLECTOR_STORE_SEGMENTS_LOG_H
#define COLLECTOR_STORE_SEGMENTS_LOG_H

#include "collector/store/segments.h"

/* Logs what another program did to the file. events: of segments_take_events(). */
void segments_log_meddling(const struct segments *segments, unsigned events);

#endif
