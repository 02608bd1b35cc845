/* Pure. Prints what the collector answers to the status command, for people. */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* A line of the answer: that of the collector or of a group. now_ms: to which ages refer. */
void status_text_print(const json_t *line, int64_t now_ms, FILE *out);

#endif
