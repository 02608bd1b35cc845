#include "offline/line_file.h"

#include "offline/plain_line.h"
#include "offline/progress.h"
#include "offline/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PROGRESS_LINES 8192U

/* What is kept from line to line. */
struct reading {
    struct file_line line;
    char *text; /* of getline() */
    size_t room;
    bool cut; /* the line has no line end: it is the last one, and may be incomplete */
    char separator;
    char *plain; /* the plain form of a line that lacks it */
    size_t plain_room;
};

/* Removes the line end, with the carriage return that some programs write before it, and a byte order mark. */
static void strip(struct reading *reading, size_t len)
{
    struct file_line *line = &reading->line;
    size_t mark = line->number == 1 ? plain_line_mark(reading->text, len) : 0;

    reading->cut = reading->text[len - 1] != '\n';
    len -= !reading->cut;
    len -= len > mark && reading->text[len - 1] == '\r';
    reading->text[len] = '\0';
    line->text = reading->text + mark;
    line->len = len - mark;
}

static int make_plain(struct reading *reading, char *reason, size_t size)
{
    struct file_line *line = &reading->line;

    if (line->number == 1)
        reading->separator = plain_line_separator(line->text, line->len);
    if (plain_line_is(reading->separator, line->text, line->len))
        return 0;
    if (PLAIN_LINE_ROOM(line->len) > reading->plain_room) {
        char *plain = realloc(reading->plain, PLAIN_LINE_ROOM(line->len));
        if (plain == NULL)
            return -ENOMEM;
        reading->plain = plain;
        reading->plain_room = PLAIN_LINE_ROOM(line->len);
    }
    ssize_t len = plain_line(reading->separator, line->text, line->len, reading->plain);
    if (len < 0) {
        snprintf(reason, size, "a quote is not closed, or text follows it; write a quote within quotes twice");
        return -EINVAL;
    }
    line->text = reading->plain;
    line->len = (size_t)len;
    return 0;
}

static int take_line(struct line_file *file, struct reading *reading, char *reason, size_t size)
{
    struct file_line *line = &reading->line;
    int rc = -EINVAL;

    if (memchr(line->text, '\0', line->len) != NULL)
        snprintf(reason, size, "a zero byte in the line");
    else
        rc = make_plain(reading, reason, size);
    if (rc == 0)
        rc = file->on_line(line, file->arg, reason, size);
    if (rc != -EINVAL || !file->skip_bad || line->number == 1)
        return rc;
    if (file->bad++ == 0)
        snprintf(file->first_bad, sizeof file->first_bad, "line %zu: %s", line->number, reason);
    return 0;
}

static int read_lines(struct line_file *file, FILE *stream, char *error, size_t size)
{
    char reason[192] = "out of memory";
    struct reading reading = {0};
    size_t done = 0, all = 0;
    struct progress progress;
    struct stat status;
    ssize_t len;
    int rc = 0;

    if (fstat(fileno(stream), &status) == 0 && status.st_size > 0)
        all = (size_t)status.st_size;
    progress_begin(&progress, file->path);
    while (rc == 0 && (len = getline(&reading.text, &reading.room, stream)) > 0) {
        if (reading.line.number++ % PROGRESS_LINES == 0 && done < all)
            progress_at(&progress, done, all);
        done += (size_t)len;
        strip(&reading, (size_t)len);
        rc = take_line(file, &reading, reason, sizeof reason);
    }
    progress_end(&progress);
    if (rc != 0) {
        snprintf(error, size, "%s:%zu: %s%s", file->path, reading.line.number, reason,
                 rc == -EINVAL && reading.cut && reading.line.number > 1
                     ? "; the file ends within this line, which --skip-bad leaves out"
                     : "");
    } else if (!feof(stream)) {
        rc = errno != 0 ? -errno : -EIO;
        snprintf(error, size, "%s: can't be read: %s", file->path, strerror(-rc));
    } else if (reading.line.number == 0) {
        rc = -EINVAL;
        snprintf(error, size, "%s: is empty; a header is expected", file->path);
    }
    free(reading.text);
    free(reading.plain);
    return rc;
}

int line_file_read(struct line_file *file, char *error, size_t size)
{
    FILE *stream = text_file_open(file->path);

    file->bad = 0;
    if (stream == NULL) {
        int rc = -errno;
        snprintf(error, size, "%s: can't be read: %s", file->path, strerror(-rc));
        return rc;
    }
    int rc = read_lines(file, stream, error, size);
    (void)fclose(stream);
    return rc;
}

void line_file_warn(const struct line_file *file)
{
    if (file->bad > 0)
        (void)fprintf(stderr, "headroom-scaler: %s: %zu bad lines skipped; %s\n", file->path, file->bad,
                      file->first_bad);
}
