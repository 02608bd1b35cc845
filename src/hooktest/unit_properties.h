/* Pure. The settings of a unit that a transient unit can take over to run a program in the same sandbox: all of its
 * [Service] section but those of its own start, end, supervision and directories. */
#ifndef HOOKTEST_UNIT_PROPERTIES_H
#define HOOKTEST_UNIT_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>

#define UNIT_PROPERTIES_MAX 256U

/* text: what `systemctl cat` prints, 0-terminated; it is changed. Writes the settings, as NAME=VALUE in their order, to
 * properties; they belong to the text. Returns how many, or -E2BIG. */
int unit_properties_read(char *text, char *properties[UNIT_PROPERTIES_MAX]);

/* Whether one of them has that name. */
bool unit_properties_have(char *const *properties, int count, const char *name);

/* A transient unit takes no specifiers. Writes the setting with %d, the directory of its credentials, and %% replaced.
 * Returns its length, or -E2BIG: it does not fit. */
int unit_properties_expand(const char *property, const char *credentials, char *text, size_t size);

#endif
