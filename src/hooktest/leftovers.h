/* Finds processes that a hook leaves running.
 *
 * Happy path: this process adopts the orphans among its descendants (PR_SET_CHILD_SUBREAPER), so that what a hook has
 * left is a child of this process, whatever session it has moved to.
 * Failures: on a kernel that does not list the children of a process, nothing can be found. */
#ifndef HOOKTEST_LEFTOVERS_H
#define HOOKTEST_LEFTOVERS_H

#include <stddef.h>
#include <sys/types.h>

/* From now on. 0 or a negative errno: leftovers can't be found. */
int leftovers_start(void);

/* Whether there is a child besides the one given; reaps those that have ended. name: of that process. Returns its id;
 * 0: none. */
pid_t leftovers_find(pid_t besides, char *name, size_t size);

#endif
