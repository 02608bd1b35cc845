/* Pure. The file `alerts`: what the program of on-alert has been told and has not ended, so that a restart of the
 * collector does not report it again. A line with its version, then one open alert a line, each a JSON object. A write
 * replaces it as a whole. */
#ifndef COLLECTOR_PROBLEMS_ALERTS_FILE_H
#define COLLECTOR_PROBLEMS_ALERTS_FILE_H

#include "collector/problems/alerts.h"
#include "common/disk.h"

#include <stddef.h>

#define ALERTS_FILE_NAME "alerts"
#define ALERTS_FILE_MAX  (64U + (size_t)ALERTS_MAX * ALERT_JSON_MAX) /* bytes */

/* The content of the file, from malloc(); NULL: out of memory. */
char *alerts_file_text(const struct alerts *alerts, size_t *len);

/* Replaces the file: 0, and the new content is durable, or a negative errno. For a worker. */
int alerts_file_write(const struct disk *disk, const char *text, size_t len);

/* Reads the content. Kinds that this version does not know are left out. 0, -EBADMSG: damaged, or of another version,
 * or -ENOMEM; and then there is no alert. */
int alerts_file_parse(const char *text, size_t len, struct alerts *alerts);

/* Reads the file into alerts that are all zero. 0, also without a file; or a negative errno, see alerts_file_parse().
 */
int alerts_file_read(const struct disk *disk, struct alerts *alerts);

#endif
