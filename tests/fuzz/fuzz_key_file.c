/* Files of keys and of revoked names: what is taken is what stands in their lines, and what is refused has a reason. */
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_files.h"
#include "tls/key_file.h"

#include <string.h>

static void check_error(int rc, const char *error)
{
    MUST(rc < 0 && strlen(error) > 0 && strchr(error, '\n') == NULL);
}

/* The first line that counts, as the reader has to see it; NULL: there is none. */
static const char *first_line(const char *text, const char *end, size_t *len)
{
    for (const char *at = text; at < end; at += *len + 1) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        *len = (size_t)((line_end != NULL ? line_end : end) - at);
        size_t trimmed = *len;
        while (trimmed > 0 && strchr(" \t\r\n\v\f", at[trimmed - 1]) != NULL && at[trimmed - 1] != '\0')
            trimmed--;
        if (trimmed == 0 || *at == '#')
            continue;
        *len = trimmed;
        return at;
    }
    return NULL;
}

static void check_key(const char *path, const char *text, size_t size)
{
    struct key_text key;
    char again[KEY_TEXT_MAX + 1], error[512] = "";
    size_t len = 0;
    const char *line = first_line(text, text + size, &len);

    int rc = key_file_read(path, &key, error, sizeof error);
    if (rc < 0) {
        check_error(rc, error);
        return;
    }
    key_text_format(&key, again);
    MUST(line != NULL && strlen(again) == len && memcmp(again, line, len) == 0);
}

static void check_secrets(const char *path)
{
    struct key_ring ring = {0};
    char error[512] = "";

    int rc = key_file_read_secrets(path, &ring, error, sizeof error);
    if (rc < 0)
        check_error(rc, error);
    else
        MUST(ring.count >= 1 && ring.count <= KEY_SECRETS_MAX);
    key_ring_deinit(&ring);
}

static bool is_line(const char *text, size_t size, const char *line)
{
    const char *end = text + size;
    size_t len = strlen(line);

    for (const char *at = text; (at = memmem(at, (size_t)(end - at), line, len)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && (at + len == end || memchr(" \t\r\n\v\f", at[len], 6) != NULL))
            return true;
    return false;
}

/* Each line is a name, and stands in the file as a line. */
static void check_names(const char *names, const char *text, size_t size)
{
    char line[KEY_TEXT_MAX * 2];

    for (const char *at = names, *end = NULL; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        MUST(end != NULL && (size_t)(end - at) < sizeof line);
        snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
        size_t prefix_len = strncmp(line, KEY_RING_GROUP, strlen(KEY_RING_GROUP)) == 0 ? strlen(KEY_RING_GROUP) : 0;
        MUST(parse_name_ok(line + prefix_len, strlen(line + prefix_len)));
        MUST(is_line(text, size, line));
    }
}

static void check_revoked(const char *path, const char *text, size_t size)
{
    struct key_ring ring = {0};
    char error[512] = "";

    int rc = key_file_read_revoked(path, &ring, error, sizeof error);
    if (rc < 0)
        check_error(rc, error);
    else if (ring.revoked != NULL)
        check_names(ring.revoked, text, size);
    key_ring_deinit(&ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_files_write("keys", data, size);

    check_key(path, (const char *)data, size);
    check_secrets(path);
    check_revoked(path, (const char *)data, size);
    return 0;
}
