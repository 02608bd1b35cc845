/* Pure. Formats values for the columns of headroom top: as short as they can be read at a glance, "-" if unknown (NaN).
 *
 * Each writes 0-terminated text, cut to the size. */
#ifndef CLI_TOP_TOP_FORMAT_H
#define CLI_TOP_TOP_FORMAT_H

#include <stddef.h>

typedef void top_format(double value, char *text, size_t size);

/* A share of 1: "71%". A percentage: 71 -> "71%". */
top_format top_format_share;
top_format top_format_percent;

/* A whole number, and one with thousands separated: "5012", "5,012". */
top_format top_format_count;
top_format top_format_grouped;

/* Of any size, in at most 5 characters: "0.25", "71.2", "812", "1.2K", "34M". Powers of 1000. */
top_format top_format_number;

/* An age in milliseconds, in at most 4 characters: "0.4s", "42s", "12m", "31h", "9d". */
top_format top_format_age;

#endif
