/* Pure. Rewrites lines of CSV as spreadsheets write them to the form that our programs write: fields separated by
 * commas, and in double quotes only if they contain a comma or a quote; numbers with a decimal point.
 *
 * Spreadsheets separate fields by commas, semicolons or tabs, put any of them in quotes (RFC 4180), and where commas do
 * not separate fields they may write 12,5 for 12.5. */
#ifndef OFFLINE_PLAIN_LINE_H
#define OFFLINE_PLAIN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PLAIN_LINE_ROOM(len) (3 * (len) + 4) /* bytes that the result of a line of that length may need */

/* The length of the byte order mark with which the text begins; 0: it has none. */
size_t plain_line_mark(const char *text, size_t len);

/* The separator of a file with that header: the first comma, semicolon or tab that is not within quotes; a comma if
 * there is none. */
char plain_line_separator(const char *header, size_t len);

/* Whether the line has the plain form already. */
bool plain_line_is(char separator, const char *line, size_t len);

/* Writes the plain form of the line, without its line end, and a terminating 0 to text, which has PLAIN_LINE_ROOM(len)
 * bytes. Returns its length, or -EINVAL: a quote is not closed, or text follows a closing quote. */
ssize_t plain_line(char separator, const char *line, size_t len, char *text);

#endif
