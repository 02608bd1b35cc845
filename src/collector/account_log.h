/* Logs the sample account: what the collector counts, and what the agents report. */
#ifndef COLLECTOR_ACCOUNT_LOG_H
#define COLLECTOR_ACCOUNT_LOG_H

#include "collector/intake/intake.h"
#include "common/histogram.h"

#include <stddef.h>

struct loop_watch;

/* Logs two lines. when: how the first one begins, "stopped" or "so far". */
void account_log(const struct intake_hub *hub, const char *when);

/* Logs how long events waited for the loop, and samples for the disk, a line each. */
void account_log_waits(const struct loop_watch *watch, const struct histogram *stored_ms);

/* One line for the service manager. Always 0-terminated, cut at size. */
void account_log_status(const struct intake_hub *hub, unsigned sessions, char *text, size_t size);

#endif
