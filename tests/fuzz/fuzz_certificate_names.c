/* Names of a certificate against nodes, groups and settings, beside a plain list of the same names. */
#include "fuzz/fuzz.h"
#include "tls/certificate_identity.h"
#include "tls/certificate_names.h"

#include <stdbool.h>
#include <string.h>

#define NAMES_MAX 16U
#define LEN_MAX   64U

struct name {
    const char *kind;
    char text[LEN_MAX + 1]; /* without a zero byte, since it was taken */
};

static struct name taken[NAMES_MAX];
static unsigned count;

static size_t take_bytes(const uint8_t **data, size_t *size, char text[LEN_MAX + 1])
{
    size_t len = fuzz_byte(data, size) % (LEN_MAX + 1);

    if (len > *size)
        len = *size;
    memcpy(text, *data, len);
    text[len] = '\0';
    *data += len;
    *size -= len;
    return len;
}

static void take_names(const uint8_t **data, size_t *size, struct certificate_names *names)
{
    static const char *const kinds[] = {CERTIFICATE_DNS, CERTIFICATE_URI, CERTIFICATE_IP, CERTIFICATE_UNIT};

    certificate_names_init(names);
    count = 0;
    for (unsigned i = fuzz_byte(data, size) % (NAMES_MAX + 1); i > 0; i--) {
        size_t before = names->len;
        taken[count].kind = kinds[fuzz_byte(data, size) % 4];
        size_t len = take_bytes(data, size, taken[count].text);
        certificate_names_add(names, taken[count].kind, (const uint8_t *)taken[count].text, len);
        if (names->len == before)
            continue;
        MUST(strlen(taken[count].text) == len && strchr(taken[count].text, '\n') == NULL);
        count++;
    }
    MUST(!names->cut && strlen(names->text) == names->len);
}

/* One of the names, or the end of one, or any text. */
static void take_text(const uint8_t **data, size_t *size, char text[LEN_MAX + 1])
{
    uint8_t which = fuzz_byte(data, size);

    if (which >= 128 || count == 0) {
        (void)take_bytes(data, size, text);
        text[strcspn(text, "\n")] = '\0';
        return;
    }
    const char *name = taken[which % count].text;
    const char *last = strrchr(name, '/');
    (void)snprintf(text, LEN_MAX + 1, "%s", which % 2 == 1 && last != NULL ? last + 1 : name);
}

static bool is_taken(const char *kind, const char *text)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(taken[i].kind, kind) == 0 && strcmp(taken[i].text, text) == 0)
            return true;
    return false;
}

/* The only URI, or NULL. */
static const char *only_uri(void)
{
    const char *uri = NULL;

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(taken[i].kind, CERTIFICATE_URI) != 0)
            continue;
        if (uri != NULL)
            return NULL;
        uri = taken[i].text;
    }
    return uri;
}

static bool is_joined(const char *text, const char *first, const char *second, const char *third)
{
    char whole[3 * LEN_MAX + 3];

    (void)snprintf(whole, sizeof whole, third != NULL ? "%s/%s/%s" : "%s/%s", first, second, third);
    return strcmp(text, whole) == 0;
}

static void check_spiffe(const char *names, const char *prefix, const char *group, const char *node)
{
    const char *uri = only_uri();
    bool is_theirs = uri != NULL && (is_joined(uri, prefix, node, NULL) || is_joined(uri, prefix, group, node));
    bool is_below = uri != NULL && strncmp(uri, prefix, strlen(prefix)) == 0 && uri[strlen(prefix)] == '/';

    MUST(certificate_identity_covers_node(names, prefix, group, node) == is_theirs);
    MUST(certificate_identity_covers_group(names, prefix) == is_below);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate_names names;
    char node[LEN_MAX + 1], group[LEN_MAX + 1], setting[LEN_MAX + 1];

    take_names(&data, &size, &names);
    take_text(&data, &size, node);
    take_text(&data, &size, group);
    take_text(&data, &size, setting);
    MUST(certificate_identity_covers_node(names.text, CERTIFICATE_NODE_DNS, group, node) ==
         is_taken(CERTIFICATE_DNS, node));
    if (strncmp(setting, CERTIFICATE_SPIFFE, strlen(CERTIFICATE_SPIFFE)) == 0)
        check_spiffe(names.text, setting, group, node);
    else if (*setting != '\0')
        MUST(certificate_identity_covers_group(names.text, setting) == is_taken(CERTIFICATE_UNIT, setting));
    return 0;
}
