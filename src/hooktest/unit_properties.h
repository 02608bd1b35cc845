/* Pure. The settings of a unit that a transient unit can take over to run a program in the same sandbox: all of its
 * [Service] section but those of its own start, end, supervision and directories. */
#ifndef HOOKTEST_UNIT_PROPERTIES_H
#define HOOKTEST_UNIT_PROPERTIES_H

#include <stddef.h>

#define UNIT_PROPERTIES_MAX 256U

/* text: what `systemctl cat` prints, 0-terminated; it is changed. Writes the settings, as NAME=VALUE in their order, to
 * properties; they belong to the text. Returns how many, or -E2BIG. */
int unit_properties_read(char *text, char *properties[UNIT_PROPERTIES_MAX]);

#endif
