/* Pure. The sections of the configuration file that have a name and settings of their own: [schedule NAME] and
 * [signal NAME]. Each becomes an element of a list of the configuration, ascending by name while the file is read. */
#ifndef COLLECTOR_CONFIG_CONFIG_NAMED_H
#define COLLECTOR_CONFIG_CONFIG_NAMED_H

#include "collector/config/config.h"

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_NAMED_FIELDS_MAX 16U

struct config_named_kind;

/* All zero: none is open. The fields are the module's own, but for line. */
struct config_named {
    const struct config_named_kind *kind;
    unsigned index;                          /* in its list */
    unsigned line;                           /* where it begins */
    unsigned lines[CONFIG_NAMED_FIELDS_MAX]; /* where it sets each field; 0: nowhere */
};

static inline bool config_named_is_open(const struct config_named *named)
{
    return named->kind != NULL;
}

/* The functions return 0, or -EINVAL or -ENOMEM with a sentence in error. */

/* head: what stands between the brackets. *found: it is that of such a section, which begins in this line; else
 * nothing happens. */
int config_named_begin(struct config_named *named, struct collector_config *config, const char *head, unsigned line,
                       bool *found, char *error, size_t error_size);

/* A line of the open section. */
int config_named_assign(struct config_named *named, struct collector_config *config, const char *name,
                        const char *value, unsigned line, char *error, size_t error_size);

/* A section ends where the next one begins, or with the file. The error begins with "[KIND NAME]: ". */
int config_named_end(struct config_named *named, struct collector_config *config, char *error, size_t error_size);

#endif
