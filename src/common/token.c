#include "common/token.h"

#include "common/limits.h"
#include "common/parse.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

const char *token_read(const char *text, size_t len, char *token)
{
    while (len > 0 && is_space(text[len - 1]))
        len--;
    if (len == 0)
        return "is empty; write the token into it";
    if (len > TOKEN_LEN_MAX)
        return "holds more bytes than a token may have";
    if (memchr(text, '\0', len) != NULL || !parse_utf8_ok((const uint8_t *)text, len))
        return "is not text in UTF-8";
    memcpy(token, text, len);
    token[len] = '\0';
    return NULL;
}

bool token_ok(const char *wanted, const char *given)
{
    size_t wanted_len = strlen(wanted);
    size_t given_len = strlen(given);
    unsigned difference = wanted_len != given_len;

    for (size_t i = 0; i < given_len; i++)
        difference |= (unsigned)(given[i] ^ wanted[i % (wanted_len + 1)]);
    return difference == 0;
}
