/* Pure. Formats what the agent prints: a sample as JSON, and the log messages about its samples. */
#ifndef AGENT_REPORT_H
#define AGENT_REPORT_H

#include "agent/node/node_source.h"
#include "agent/spool/outbox.h"
#include "agent/spool/restore.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define REPORT_TEXT_MAX  4096U /* bytes that hold each text */
#define REPORT_LINES_MAX 4U

/* The sample as one JSON object; a metric that it does not have is null. node_id and group are valid names, view is
 * that of the node's facts. */
void report_sample(char text[REPORT_TEXT_MAX], const char *node_id, const char *group, const char *view,
                   const struct sample *sample);

/* At the start: which program, node and group, and how often it samples. */
void report_start(char text[REPORT_TEXT_MAX], const char *node_id, const char *group, int64_t interval_ms);

/* While it runs: the node's cores or memory have changed. */
void report_node(char text[REPORT_TEXT_MAX], const struct node_facts *facts);

/* At the start and while it runs: another cgroup, or the machine, stands for the node. */
void report_view(char text[REPORT_TEXT_MAX], const struct node_facts *facts);

/* At the end: what became of the samples of the present run. earlier: samples of earlier runs that are not
 * acknowledged. lasting: the spool outlives the process. */
void report_account(char text[REPORT_TEXT_MAX], const struct outbox *present, uint64_t earlier, bool lasting);

/* At the start: what was found in the spool, a sentence a line. Returns how many there are. */
struct report_line {
    bool warning;
    char text[128];
};
unsigned report_found(const struct restore_found *found, struct report_line lines[REPORT_LINES_MAX]);

#endif
