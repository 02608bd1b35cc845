/* Pure. Prints the state of the fleet for people, on one screen if there is one: what is wrong first, then the groups.
 */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include "cli/view.h"

#include <jansson.h>
#include <stdbool.h>

/* What is shown: the collector's URL, and its answers to /api/v1/fleet, /api/v1/problems and /api/v1/groups. */
struct status_documents {
    const char *collector;
    const json_t *fleet;
    const json_t *problems;
    const json_t *groups;
    const char *group; /* the only one that is shown, with its conditions; NULL: all */
};

/* The group of that name, an object of /api/v1/groups; NULL if there is none. */
const json_t *status_text_find(const json_t *groups, const char *name);

/* Whether something critical, or something to be warned of, is in the list of problems. */
bool status_text_is_ill(const struct status_documents *documents);

/* 0 or -ENOMEM. */
int status_text_print(const struct status_documents *documents, const struct view *view);

#endif
