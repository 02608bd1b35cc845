#include "tls/key_file.h"

#include "common/error_text.h"
#include "common/parse.h"
#include "common/secret_file.h"
#include "tls/key_derive.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE ((size_t)TOKEN_LEN_MAX + 2) /* also of a token of an earlier version, so that it is recognized */

/* Bytes of a file, with comments. */
#define KEY_FILE_MAX     65536U
#define REVOKED_FILE_MAX ((size_t)4 * REVOKED_LEN_MAX)

/* ---- lines ---- */

static int fail_read(const char *path, int rc, char *error, size_t error_size)
{
    return error_text_set(error, error_size, rc, "can't read %s: %s", path, secret_file_error(rc));
}

/* Then lines can't be told apart from their beginnings. */
static bool has_zero(FILE *file)
{
    char block[1024];
    bool found = false;
    size_t len;

    while (!found && (len = fread(block, 1, sizeof block, file)) > 0)
        found = memchr(block, '\0', len) != NULL;
    explicit_bzero(block, sizeof block);
    rewind(file);
    return found;
}

/* 0, or a negative errno with the reason in error. */
static int open_lines(const char *path, size_t len_max, FILE **file, char *error, size_t error_size)
{
    int fd = secret_file_open(path, len_max);

    if (fd < 0)
        return fail_read(path, fd, error, error_size);
    FILE *opened = fdopen(fd, "r");
    if (opened == NULL) {
        close(fd);
        return fail_read(path, -ENOMEM, error, error_size);
    }
    if (has_zero(opened)) {
        (void)fclose(opened);
        return error_text_set(error, error_size, -EINVAL, "%s holds a zero byte, so it is no text", path);
    }
    *file = opened;
    return 0;
}

/* Takes a line off the file, without white space at its end, and returns its length. A line that is too long is cut: it
 * is neither a key nor a name then. A zero byte becomes a question mark, which neither has. */
static size_t take_line(FILE *file, char line[LINE_SIZE], bool *ended)
{
    size_t len = 0;
    int byte;

    for (; (byte = getc(file)) != EOF && byte != '\n'; len++)
        if (len < LINE_SIZE - 1)
            line[len] = (char)(byte != '\0' ? byte : '?');
    *ended = byte == EOF;
    if (len >= LINE_SIZE)
        len = LINE_SIZE - 1;
    else
        while (len > 0 && strchr(" \t\r\v\f", line[len - 1]) != NULL)
            len--;
    line[len] = '\0';
    return len;
}

/* The next line that is neither empty nor a comment. Returns its length, 0 at the end of the file, or a negative
 * errno. */
static ssize_t next_line(FILE *file, char line[LINE_SIZE])
{
    for (bool ended = false; !ended;) {
        size_t len = take_line(file, line, &ended);
        if (len > 0 && line[0] != '#' && !ferror(file))
            return (ssize_t)len;
    }
    return ferror(file) ? -errno : 0;
}

/* ---- keys ---- */

/* Returns 1, or 0 at the end of the file, or a negative errno with the reason in error. */
static int next_key(const char *path, FILE *file, struct key_text *key, char *error, size_t error_size)
{
    char line[LINE_SIZE];
    ssize_t len = next_line(file, line);

    if (len < 0)
        return fail_read(path, (int)len, error, error_size);
    const char *reason = len > 0 ? key_text_parse(line, (size_t)len, key) : NULL;
    explicit_bzero(line, sizeof line);
    if (reason != NULL)
        return error_text_set(error, error_size, -EINVAL, "%s %s", path, reason);
    return len > 0 ? 1 : 0;
}

static int fail_empty(const char *path, char *error, size_t error_size)
{
    return error_text_set(error, error_size, -EINVAL, "%s is empty; make a key with \"headroom key --new\"", path);
}

int key_file_read(const char *path, struct key_text *key, char *error, size_t error_size)
{
    FILE *file = NULL;

    int rc = open_lines(path, KEY_FILE_MAX, &file, error, error_size);
    if (rc < 0)
        return rc;
    rc = next_key(path, file, key, error, error_size);
    (void)fclose(file);
    if (rc == 0)
        return fail_empty(path, error, error_size);
    return rc < 0 ? rc : 0;
}

static int add_secret(const char *path, const struct key_text *key, struct key_ring *ring, char *error,
                      size_t error_size)
{
    if (!key->fleet)
        return error_text_set(
            error, error_size, -EINVAL,
            "%s holds the key of a group or node; the collector needs the fleet's, made by \"headroom "
            "key --new\"",
            path);
    char epoch[KEY_EPOCH_LEN + 1];
    int rc = key_derive_epoch(key->bytes, epoch);
    if (rc == 0)
        rc = key_ring_add(ring, key->bytes, epoch);
    if (rc == -ENOSPC)
        return error_text_set(error, error_size, rc, "%s holds more than %u keys; delete the old ones", path,
                              KEY_SECRETS_MAX);
    if (rc == -EEXIST)
        return error_text_set(error, error_size, rc, "%s holds the same key twice; delete one of them", path);
    return rc == 0 ? 0 : error_text_set(error, error_size, rc, "GnuTLS can't use the key in %s", path);
}

int key_file_read_secrets(const char *path, struct key_ring *ring, char *error, size_t error_size)
{
    struct key_text key = {0};
    FILE *file = NULL;

    int rc = tls_library_load(error, error_size);
    if (rc == 0)
        rc = open_lines(path, KEY_FILE_MAX, &file, error, error_size);
    if (rc < 0)
        return rc;
    while ((rc = next_key(path, file, &key, error, error_size)) > 0) {
        rc = add_secret(path, &key, ring, error, error_size);
        if (rc < 0)
            break;
    }
    (void)fclose(file);
    explicit_bzero(&key, sizeof key);
    return rc == 0 && ring->count == 0 ? fail_empty(path, error, error_size) : rc;
}

/* ---- revoked names ---- */

static bool is_revocable(const char *line)
{
    size_t prefix_len = sizeof KEY_RING_GROUP - 1;
    const char *name = strncmp(line, KEY_RING_GROUP, prefix_len) == 0 ? line + prefix_len : line;

    return parse_name_ok(name, strlen(name));
}

static int read_names(const char *path, FILE *file, FILE *names, char *error, size_t error_size)
{
    char line[LINE_SIZE];
    ssize_t len;

    while ((len = next_line(file, line)) > 0) {
        if (!is_revocable(line))
            return error_text_set(error, error_size, -EINVAL,
                                  "%s: \"%.140s\" is neither the name of a node nor \"group\" and the name of a group",
                                  path, line);
        if (ftell(names) + len >= (long)REVOKED_LEN_MAX)
            return error_text_set(error, error_size, -E2BIG,
                                  "%s holds more than %u bytes of names; replace the fleet's key instead", path,
                                  REVOKED_LEN_MAX);
        (void)fprintf(names, "%s\n", line);
    }
    return len < 0 ? fail_read(path, (int)len, error, error_size) : 0;
}

int key_file_read_revoked(const char *path, struct key_ring *ring, char *error, size_t error_size)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = NULL;

    int rc = open_lines(path, REVOKED_FILE_MAX, &file, error, error_size);
    if (rc < 0)
        return rc;
    FILE *names = open_memstream(&text, &size);
    rc = names != NULL ? read_names(path, file, names, error, error_size)
                       : error_text_set(error, error_size, -ENOMEM, "out of memory");
    if (names != NULL && fclose(names) != 0 && rc == 0)
        rc = error_text_set(error, error_size, -ENOMEM, "out of memory");
    (void)fclose(file);
    if (rc == 0)
        ring->revoked = text;
    else
        free(text);
    return rc;
}
