/* Pure. A table of the flags of a program or of one of its commands, in the form of glibc's argp. */
#ifndef COMMON_FLAG_TABLE_H
#define COMMON_FLAG_TABLE_H

#include <argp.h>

/* The end of a table of options: the flags that every program has. The keys of its own options begin at FLAG_OWN. */
#define FLAGS_STANDARD                                                                                                 \
    {.name = "help", .key = 'h', .doc = "Show this help", .group = -1},                                                \
        {.name = "usage", .key = FLAG_USAGE, .doc = "Show a short list of the flags", .group = -1},                    \
        {.name = "list-flags", .key = FLAG_LIST, .flags = OPTION_HIDDEN, .group = -1},                                 \
    {                                                                                                                  \
        .name = "version", .key = 'V', .doc = "Show the version", .group = -1                                          \
    }

/* FLAG_LIST prints all of this for programs, see flags_list.h. */
enum { FLAG_USAGE = 0x100, FLAG_LIST, FLAG_OWN };

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

#endif
