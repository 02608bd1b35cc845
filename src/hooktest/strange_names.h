/* Pure. Names of nodes that do not exist: some that a careless comparison takes for an existing one, and many that are
 * as long as names can be. */
#ifndef HOOKTEST_STRANGE_NAMES_H
#define HOOKTEST_STRANGE_NAMES_H

#include "common/limits.h"
#include "hooktest/node_list.h"

#define STRANGE_NAMES_MAX 8U

typedef char strange_name[NAME_LEN_MAX + 1];

/* Names that resemble that of an existing node, and no node of the list has: a part of it, a longer one, one that
 * matches it as a regular expression, and others. Returns how many. */
unsigned strange_names_like(strange_name names[STRANGE_NAMES_MAX], const char *name, const struct node_list *list);

/* Writes count names that are NAME_LEN_MAX bytes long. */
void strange_names_long(strange_name *names, unsigned count);

#endif
