/* Logs a warning if others can read or change a file that holds a secret: once, and again when the reason is another.
 */
#ifndef COMMON_SECRET_WARNING_H
#define COMMON_SECRET_WARNING_H

#include <limits.h>

#define SECRET_WARNING_MAX (PATH_MAX + 256)

/* All zero: nothing was found, and nothing logged. */
struct secret_warning {
    char found[SECRET_WARNING_MAX]; /* empty: no others */
    char logged[SECRET_WARNING_MAX];
};

/* Looks at the file; an empty path is none. On a worker: a file on a network may hang. */
void secret_warning_look(struct secret_warning *warning, const char *path);

/* Logs what was found last, on the loop. setting: that names the file. */
void secret_warning_log(struct secret_warning *warning, const char *setting);

#endif
