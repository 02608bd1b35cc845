#include "collector/journal.h"

#include "common/log.h"

#ifdef HEADROOM_SYSTEMD

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define FIELDS_MAX 40
#define FIELD_MAX  1200

/* journald looks up the unit of a record by its sender's process id, too late if that process has just exited with this
 * record as the reason. It knows the unit of standard error from the start, so only records with fields go another way.
 */
static void journal_on_record(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    if (count == 0) {
        log_to_stderr(level, message);
        return;
    }

    char text[FIELDS_MAX][FIELD_MAX];
    struct iovec parts[FIELDS_MAX];
    size_t used = 0;

    snprintf(text[used++], FIELD_MAX, "MESSAGE=%s", message);
    snprintf(text[used++], FIELD_MAX, "PRIORITY=%d", (int)level);
    for (size_t i = 0; i < count && used < FIELDS_MAX; i++)
        snprintf(text[used++], FIELD_MAX, "%s=%s", fields[i].name, fields[i].value);
    for (size_t i = 0; i < used; i++)
        parts[i] = (struct iovec){.iov_base = text[i], .iov_len = strnlen(text[i], FIELD_MAX)};
    sd_journal_sendv(parts, (int)used);
}

void journal_attach(void)
{
    if (log_is_journal())
        log_set_sink(journal_on_record);
}

#else

void journal_attach(void)
{
}

#endif
