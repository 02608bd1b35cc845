/* Pure. Builds a configuration from flags and the lines of the configuration file. */
#ifndef COLLECTOR_CONFIG_CONFIG_DRAFT_H
#define COLLECTOR_CONFIG_CONFIG_DRAFT_H

#include "collector/config/config.h"
#include "collector/config/config_named.h"

struct config_section;

struct config_draft {
    struct collector_config config;          /* begins with the defaults */
    bool given[COLLECTOR_SETTING_COUNT];     /* settings that a flag has set */
    struct collector_config overridden;      /* takes the file's values of those, which must be valid too */
    unsigned line;                           /* of the file, the last one read */
    unsigned lines[COLLECTOR_SETTING_COUNT]; /* where [collector] sets each setting; 0: nowhere */
    unsigned *section_lines;                 /* the same of the section that is open; NULL: none yet */
    struct config_section *section;          /* the [group NAME] that is open; NULL: [collector] */
    struct config_section *sections;         /* utlist, ascending by name */
    unsigned section_count;
    struct config_named named; /* the [schedule NAME] or [signal NAME] that is open */
    char *error;               /* the caller's */
    size_t error_size;
};

/* Errors name the flag, or the file and its line, and what is allowed. */
void config_draft_init(struct config_draft *draft, char *error, size_t error_size);

/* Frees all but the groups of draft->config. */
void config_draft_deinit(struct config_draft *draft);

/* Reads the next line of the file draft->config.file, and cuts it to pieces. whole: its end was found within
 * CONFIG_LINE_MAX bytes. Call it after the flags were read. 0, -EINVAL or -ENOMEM. */
int config_draft_read_line(struct config_draft *draft, char *line, bool whole);

/* Once all lines are read: makes the groups, and checks how the settings fit together. 0, -EINVAL or -ENOMEM. */
int config_draft_complete(struct config_draft *draft);

/* Writes reason to error, behind the flag or the line of the file that set the setting. Returns rc. */
int config_draft_fail_at(struct config_draft *draft, const char *name, int rc, const char *reason);

#endif
