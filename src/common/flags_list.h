/* Pure. Lists the flags of a program for other programs: the manual pages and the completions of shells are made from
 * it.
 *
 * Each line has fields that are separated by tabs:
 *
 *     program   NAME
 *     about     LINE                   one for each line of the text above the flags
 *     operands  TEXT                   if there are any
 *     heading   TEXT
 *     command   NAME  OPERANDS  HELP
 *     flag      NAME  LETTER  ARGUMENT  HELP   without hyphens; [ARGUMENT] if it is optional; empty: there is none
 *     after     LINE                   one for each line of the text below the flags */
#ifndef COMMON_FLAGS_LIST_H
#define COMMON_FLAGS_LIST_H

#include "common/flag_table.h"

#include <stdio.h>

void flags_list(const struct flags *flags, FILE *out);

#endif
