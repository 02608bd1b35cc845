/* Pure. Explains a decision to a person: what was decided and why, all of its inputs, and what kept it from more nodes
 * or fewer. */
#ifndef CLI_WHY_TEXT_H
#define CLI_WHY_TEXT_H

#include "cli/view.h"

#include <jansson.h>

/* decision: an object of /api/v1/decisions. group: the group as it is now, an object of /api/v1/groups, if the decision
 * is the last one; otherwise NULL. */
void why_text_print(const json_t *decision, const json_t *group, const struct view *view);

#endif
