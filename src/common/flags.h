/* Pure. Parses command lines with glibc's argp, and reports errors as text instead of printing them and exiting, so
 * that a program can parse repeatedly. Only --help, --usage and --version print and exit. */
#ifndef COMMON_FLAGS_H
#define COMMON_FLAGS_H

#include <argp.h>
#include <stddef.h>

/* The end of a table of options: the flags that every program has. The keys of its own options begin at FLAG_OWN. */
#define FLAGS_STANDARD                                                                                                 \
    {.name = "help", .key = '?', .doc = "Show this help", .group = -1},                                                \
        {.name = "usage", .key = FLAG_USAGE, .doc = "Show a short list of the flags", .group = -1},                    \
    {                                                                                                                  \
        .name = "version", .key = 'V', .doc = "Show the version", .group = -1                                          \
    }

enum { FLAG_USAGE = 0x100, FLAG_OWN };

/* Called for each flag in turn; value is NULL for a flag that takes none. Returns 0, or a negative errno after it wrote
 * the reason to the error of flags_parse(). */
typedef int flag_cb(int key, const char *value, void *arg);

/* argp's help_filter: returns the text to show for an option, doc itself or one that argp frees. argp passes no arg. */
typedef char *flags_help_cb(int key, const char *doc, void *arg);

struct flags {
    const char *program;
    const char *about;                 /* argp's doc: the text above the flags, \v, and the text below them */
    const struct argp_option *options; /* with FLAGS_STANDARD, ended by {0} */
    flags_help_cb *help;               /* or NULL */
    flag_cb *on_flag;
    const char *operands; /* argp's args_doc: the other arguments, such as "FILE..."; NULL: none are allowed */
    flag_cb *on_operand;  /* called for each of those, with a key of 0 */
    void *arg;            /* of the callbacks */
};

/* Calls on_flag for each flag in argv, which is not changed. Returns 0 or a negative errno: that of on_flag, or -EINVAL
 * with the reason in error. --help, --usage and --version print and exit the program. */
int flags_parse(const struct flags *flags, int argc, char **argv, char *error, size_t error_size);

#endif
