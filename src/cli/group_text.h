/* Pure. Prints what is so of a group: its conditions, what was ordered by hand, its schedules and its signals. The
 * group is an object of /api/v1/groups. */
#ifndef CLI_GROUP_TEXT_H
#define CLI_GROUP_TEXT_H

#include "cli/view.h"

#include <jansson.h>

/* The sentence of its last decision, without its name at the beginning; "-" before the first one. Also of an object of
 * /api/v1/decisions, which names the group in `group`. */
const char *group_text_reason(const json_t *group);

/* The six conditions, a line each, or more if the reason is long. */
void group_text_conditions(const json_t *group, const struct view *view);

/* A line for each; nothing if there are none. */
void group_text_by_hand(const json_t *group, const struct view *view);
void group_text_signals(const json_t *group, const struct view *view);

#endif
