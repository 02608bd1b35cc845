/* The account of all samples, for people: what came here, and what the agents say of theirs. */
#ifndef COLLECTOR_ACCOUNT_LOG_H
#define COLLECTOR_ACCOUNT_LOG_H

#include "collector/intake/intake.h"
#include "common/histogram.h"

#include <stddef.h>

/* Two lines in the log. when: how the first one begins, "stopped" or "so far". */
void account_log(const struct intake_hub *hub, const char *when);

/* A line each on how long events waited for the loop, and samples for the disk. */
struct loop_watch;
void account_log_waits(const struct loop_watch *watch, const struct histogram *stored_ms);

/* One line for the service manager, always 0-terminated, cut at size. */
void account_log_status(const struct intake_hub *hub, unsigned sessions, char *text, size_t size);

#endif
