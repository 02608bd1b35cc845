/* Pure. Formats log messages about all samples: what the collector counts, what the agents report, and how long
 * samples wait. */
#ifndef COLLECTOR_ACCOUNT_TEXT_H
#define COLLECTOR_ACCOUNT_TEXT_H

#include "collector/intake/intake.h"
#include "common/histogram.h"

#include <stddef.h>

#define ACCOUNT_TEXT_MAX 512U

/* Each writes one line without newline, 0-terminated, cut at size. */

/* What the collector counts. when: how the line begins, "stopped" or "so far". */
void account_text_collector(const struct intake_hub *hub, const char *when, char *text, size_t size);

/* What the agents report, each since its start. */
void account_text_agents(const struct registry *registry, char *text, size_t size);

/* From the receipt of samples to their storage. */
void account_text_store(const struct histogram *stored_ms, char *text, size_t size);

/* For the service manager. */
void account_text_status(const struct intake_hub *hub, unsigned sessions, char *text, size_t size);

#endif
