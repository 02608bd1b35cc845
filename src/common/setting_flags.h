/* Pure. Provides the settings of a table as command-line flags. */
#ifndef COMMON_SETTING_FLAGS_H
#define COMMON_SETTING_FLAGS_H

#include "common/flags.h"
#include "common/setting.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#define SETTING_FLAGS_MAX 96U /* settings and headings of a program */

struct setting_flags {
    const char *program;
    const char *about; /* argp's doc: the text above the flags, \v, and the text below them */
    const struct setting_table *table;
    const char *const *headings; /* by setting.heading; NULL at the end */
    flags_help_cb *help;         /* calls setting_flags_help() with the table and FLAG_OWN */
    void *owner;                 /* the struct that the table describes; holds the defaults */
    bool *given;                 /* for each row, whether argv had its flag */
};

/* Sets the fields of all flags in argv, which is not changed; of several values for a flag the last one counts. Returns
 * 0, or a negative errno with the reason in error. --help, --usage and --version print and exit the program. */
int setting_flags_parse(const struct setting_flags *flags, int argc, char **argv, char *error, size_t error_size);

/* For programs that mix settings with other flags: an entry of an argp table, and as argp's help_filter the text of the
 * flags with the keys first_key + index in the table; other keys get their text back. */
struct argp_option setting_flags_option(const struct setting *setting, int key, int group);
char *setting_flags_help(const struct setting_table *table, int first_key, int key, const char *text);

#endif
