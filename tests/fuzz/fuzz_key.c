/* A line of a token file, and an identity that a client sends: what is taken comes back as it was. */
#include "fuzz/fuzz.h"
#include "tls/key_text.h"

#include <string.h>

static void check_text(const uint8_t *data, size_t size)
{
    struct key_text key;
    char text[KEY_TEXT_MAX + 1];

    if (key_text_parse((const char *)data, size, &key) != NULL)
        return;
    key_text_format(&key, text);
    MUST(strlen(text) == size && memcmp(text, data, size) == 0);
}

static void check_identity(const uint8_t *data, size_t size)
{
    struct key_identity identity;
    char text[KEY_IDENTITY_MAX + 1];

    if (!key_identity_parse((const char *)data, size, &identity))
        return;
    key_identity_format(&identity, text);
    MUST(strlen(text) == size && memcmp(text, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(data, size);
    check_identity(data, size);
    return 0;
}
