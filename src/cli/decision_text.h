/* Pure. Prints a list of decisions: objects of /api/v1/decisions, in either of its forms. */
#ifndef CLI_DECISION_TEXT_H
#define CLI_DECISION_TEXT_H

#include "cli/view.h"

#include <jansson.h>
#include <stdint.h>

#define DECISION_TEXT_GROUP_MIN 5U

/* The number of nodes that a decision adds to or removes from: the one in its sentence. */
int64_t decision_text_nodes_before(const json_t *decision);

/* The widest name of a group in an array of decisions; at least DECISION_TEXT_GROUP_MIN. */
unsigned decision_text_group_width(const json_t *decisions);

/* The titles. group_width: that many columns for the name of the group; 0: it is not shown. */
void decision_text_titles(unsigned group_width, const struct view *view);

/* A line, or on a narrow terminal the sentence below it. */
void decision_text_print(const json_t *decision, unsigned group_width, const struct view *view);

#endif
