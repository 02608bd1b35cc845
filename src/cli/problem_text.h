/* Pure. Prints the list of problems, as /api/v1/problems has it: what is wrong, the worst first. */
#ifndef CLI_PROBLEM_TEXT_H
#define CLI_PROBLEM_TEXT_H

#include "cli/view.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum problem_severity { PROBLEM_CRITICAL, PROBLEM_WARNING, PROBLEM_INFO, PROBLEM_NONE };

enum problem_severity problem_text_severity(const json_t *problem);

/* Whether it is about the group; NULL: any group, or none. */
bool problem_text_is_of(const json_t *problem, const char *group);

/* The worst one of the group, PROBLEM_NONE if there is none. */
enum problem_severity problem_text_worst(const json_t *document, const char *group);

/* The names of the group's problems, separated by commas; "-" if there are none. */
void problem_text_names(const json_t *document, const char *group, char *text, size_t size);

/* The problems of the group, on at most that many lines, one for how many are left out included; at least the first
 * one. Returns the number of lines. */
unsigned problem_text_print(const json_t *document, const char *group, const struct view *view, unsigned lines_max);

enum view_colour problem_text_colour(enum problem_severity severity);

#endif
