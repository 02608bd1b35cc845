#include "tls/certificate_names.h"

#include "common/writer.h"

#include <string.h>

void certificate_names_init(struct certificate_names *names)
{
    names->text[0] = '\0';
    names->len = 0;
    names->malformed = names->cut = false;
}

/* Names of hosts and URIs are ASCII (RFC 5280, section 4.2.1.6); an OU may be any text. */
static bool is_name(const char *kind, const uint8_t *bytes, size_t len)
{
    bool any_text = strcmp(kind, CERTIFICATE_UNIT) == 0;

    for (size_t i = 0; i < len; i++)
        if (bytes[i] < ' ' || bytes[i] == 0x7f || (!any_text && (bytes[i] == ' ' || bytes[i] > 0x7e)))
            return false;
    return len > 0;
}

void certificate_names_add(struct certificate_names *names, const char *kind, const uint8_t *bytes, size_t len)
{
    size_t kind_len = strlen(kind);

    if (!is_name(kind, bytes, len)) {
        names->malformed = true;
        return;
    }
    if (len > CERTIFICATE_NAMES_LEN_MAX || names->len + kind_len + len + 1 > CERTIFICATE_NAMES_LEN_MAX) {
        names->cut = true;
        return;
    }
    memcpy(names->text + names->len, kind, kind_len);
    memcpy(names->text + names->len + kind_len, bytes, len);
    names->len += kind_len + len;
    names->text[names->len++] = '\n';
    names->text[names->len] = '\0';
}

/* The next name of that kind from a line on; *next is the line behind it. */
static const char *find(const char *line, const char *kind, size_t *len, const char **next)
{
    size_t kind_len = strlen(kind);

    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        if (strncmp(line, kind, kind_len) == 0) {
            *len = (size_t)(end - line) - kind_len;
            *next = end + 1;
            return line + kind_len;
        }
        line = end + 1;
    }
    return NULL;
}

bool certificate_names_has(const char *text, const char *kind, const char *name)
{
    size_t wanted = strlen(name);
    size_t len = 0;

    for (const char *found; (found = find(text, kind, &len, &text)) != NULL;)
        if (len == wanted && memcmp(found, name, len) == 0)
            return true;
    return false;
}

unsigned certificate_names_count(const char *text, const char *kind)
{
    unsigned count = 0;
    size_t len = 0;

    while (find(text, kind, &len, &text) != NULL)
        count++;
    return count;
}

const char *certificate_names_first(const char *text, const char *kind, size_t *len)
{
    const char *next;

    return find(text, kind, len, &next);
}

void certificate_names_print(const char *text, char *printed, size_t size)
{
    struct writer writer = {.text = printed, .size = size};
    bool any = false;

    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        if (strncmp(text, CERTIFICATE_UNIT, sizeof CERTIFICATE_UNIT - 1) != 0) {
            writer_print(&writer, "%s%.*s", any ? ", " : "", (int)(end - text), text);
            any = true;
        }
        text = end + 1;
    }
    if (!any)
        writer_print(&writer, "none");
}
