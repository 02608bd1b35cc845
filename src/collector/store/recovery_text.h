/* Pure. Formats the result of a recovery as sentences for the log. */
#ifndef COLLECTOR_STORE_RECOVERY_TEXT_H
#define COLLECTOR_STORE_RECOVERY_TEXT_H

#include "collector/store/recovery.h"

#include <stdbool.h>

/* A line without newline; is_warning: something is damaged or missing. */
typedef void recovery_text_cb(bool is_warning, const char *line);

/* Calls cb for each line, of which there may be none. node_count: in the registry, after recovery. */
void recovery_text(const struct recovery_report *report, unsigned node_count, recovery_text_cb *cb);

#endif
