#include "offline/line_file.h"

#include "offline/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PROGRESS_LINES 8192U

static int take_line(struct line_file *file, struct file_line *line, char *reason, size_t size)
{
    int rc = -EINVAL;

    if (line->whole)
        line->len--;
    if (memchr(line->text, '\0', line->len) != NULL)
        snprintf(reason, size, "a zero byte in the line");
    else
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
    char *text = NULL;
    size_t room = 0, done = 0, all = 0;
    struct file_line line = {0};
    struct progress progress;
    struct stat status;
    ssize_t len;
    int rc = 0;

    if (fstat(fileno(stream), &status) == 0 && status.st_size > 0)
        all = (size_t)status.st_size;
    progress_begin(&progress, file->path);
    while (rc == 0 && (len = getline(&text, &room, stream)) > 0) {
        if (line.number++ % PROGRESS_LINES == 0 && done < all)
            progress_at(&progress, done, all);
        done += (size_t)len;
        line.text = text;
        line.len = (size_t)len;
        line.whole = text[len - 1] == '\n';
        if (line.whole)
            text[len - 1] = '\0';
        rc = take_line(file, &line, reason, sizeof reason);
    }
    progress_end(&progress);
    if (rc != 0) {
        snprintf(error, size, "%s:%zu: %s", file->path, line.number, reason);
    } else if (!feof(stream)) {
        rc = errno != 0 ? -errno : -EIO;
        snprintf(error, size, "%s: can't be read: %s", file->path, strerror(-rc));
    } else if (line.number == 0) {
        rc = -EINVAL;
        snprintf(error, size, "%s: is empty; a header is expected", file->path);
    }
    free(text);
    return rc;
}

int line_file_read(struct line_file *file, char *error, size_t size)
{
    FILE *stream = fopen(file->path, "re");

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
