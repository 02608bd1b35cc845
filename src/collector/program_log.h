/* Logs what an operator sees of the program as a whole: where it listens, and what it has received and stored. */
#ifndef COLLECTOR_PROGRAM_LOG_H
#define COLLECTOR_PROGRAM_LOG_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/intake/intake.h"
#include "collector/loop_watch.h"
#include "common/histogram.h"

#include <stdint.h>

/* The start. The ports are those that are open; http_port is 0 without a server. */
void program_log_start(const struct collector_config *config, unsigned port, unsigned http_port, unsigned agents_max);

/* Four lines of figures since the start. waits_ms: from the receipt of samples to their storage. when: "stopped" or
 * "so far". */
void program_log_account(const struct intake_hub *hub, const struct loop_watch *watch, const struct histogram *waits_ms,
                         const char *when);

/* The process that starts hooks has ended, and the collector ends because of that. why: see spawner_lost_cb. */
void program_log_spawner_lost(const char *why);

/* The nodes whose rings memory-max has shortened since the last call. logged: how many there were then. */
void program_log_shortened(const struct registry *registry, uint64_t *logged);

#endif
