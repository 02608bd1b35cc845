/* Pure. Describes a group: its nodes, resources, settings, forecasts, conditions and latest decisions. */
#ifndef CLI_DESCRIBE_TEXT_H
#define CLI_DESCRIBE_TEXT_H

#include "cli/view.h"

#include <jansson.h>

/* group: an object of /api/v1/groups. problems: the answer to /api/v1/problems. decisions: an array of objects of
 * /api/v1/decisions, the oldest one first. 0 or -ENOMEM. */
int describe_text_print(const json_t *group, const json_t *problems, const json_t *decisions, const struct view *view);

#endif
