/* Pure. Parses command lines with glibc's argp, and reports errors as text instead of printing them and exiting, so
 * that a program can parse repeatedly. Only --help, --usage, --list-flags and --version print and exit. */
#ifndef COMMON_FLAGS_H
#define COMMON_FLAGS_H

#include "common/flag_table.h"

#include <stddef.h>

/* Calls on_flag for each flag in argv, which is not changed. Returns 0 or a negative errno: that of on_flag, or -EINVAL
 * with the reason in error. --help, --usage, --list-flags and --version print and exit the program. */
int flags_parse(const struct flags *flags, int argc, char **argv, char *error, size_t error_size);

#endif
