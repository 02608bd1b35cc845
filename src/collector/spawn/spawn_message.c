#include "collector/spawn/spawn_message.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define HEAD_LEN 16U

static_assert(VICTIMS_MAX * (NAME_LEN_MAX + 1) + PATH_MAX + 4096 <= SPAWN_REQUEST_MAX, "the largest order fits");

/* ---- requests ---- */

/* The bytes of the texts, or more than SPAWN_REQUEST_MAX if there are more than count_max texts. */
static size_t texts_len(char *const *texts, unsigned count_max)
{
    size_t len = 0;

    for (unsigned i = 0; texts[i] != NULL; i++) {
        if (i == count_max || len > SPAWN_REQUEST_MAX)
            return SPAWN_REQUEST_MAX + 1;
        len += strlen(texts[i]) + 1;
    }
    return len;
}

int spawn_message_request_len(char *const *arguments, char *const *variables)
{
    size_t len = HEAD_LEN + texts_len(arguments, SPAWN_ARGUMENTS_MAX) + texts_len(variables, SPAWN_VARIABLES_MAX);

    return len <= SPAWN_REQUEST_MAX ? (int)len : -E2BIG;
}

static char *put_texts(char *at, char *const *texts, uint32_t *count)
{
    for (*count = 0; texts[*count] != NULL; (*count)++) {
        size_t len = strlen(texts[*count]) + 1;
        memcpy(at, texts[*count], len);
        at += len;
    }
    return at;
}

void spawn_message_put_request(char *data, uint64_t id, char *const *arguments, char *const *variables)
{
    uint32_t counts[2];

    (void)put_texts(put_texts(data + HEAD_LEN, arguments, &counts[0]), variables, &counts[1]);
    memcpy(data, &id, sizeof id);
    memcpy(data + sizeof id, counts, sizeof counts);
}

/* Returns what follows the texts; NULL: they are not complete. */
static char *take_texts(char **texts, uint32_t count, char *at, const char *end)
{
    for (uint32_t i = 0; i < count; i++) {
        char *last = memchr(at, '\0', (size_t)(end - at));
        if (last == NULL)
            return NULL;
        texts[i] = at;
        at = last + 1;
    }
    texts[count] = NULL;
    return at;
}

int spawn_message_take_request(struct spawn_request *request, char *data, size_t len)
{
    const char *end = data + len;
    uint32_t counts[2];

    if (len < HEAD_LEN || len > SPAWN_REQUEST_MAX)
        return -EBADMSG;
    memcpy(&request->id, data, sizeof request->id);
    memcpy(counts, data + sizeof request->id, sizeof counts);
    if (counts[0] == 0 || counts[0] > SPAWN_ARGUMENTS_MAX || counts[1] > SPAWN_VARIABLES_MAX)
        return -EBADMSG;
    char *at = take_texts(request->arguments, counts[0], data + HEAD_LEN, end);
    if (at != NULL)
        at = take_texts(request->variables, counts[1], at, end);
    return at == end ? 0 : -EBADMSG;
}

/* ---- answers ---- */

void spawn_message_put_answer(char data[SPAWN_ANSWER_LEN], const struct spawn_answer *answer)
{
    uint32_t kind = answer->kind;
    int32_t value = answer->value;

    memcpy(data, &answer->id, 8);
    memcpy(data + 8, &kind, 4);
    memcpy(data + 12, &value, 4);
}

int spawn_message_take_answer(struct spawn_answer *answer, const char *data, size_t len)
{
    uint32_t kind = 0;
    int32_t value = 0;

    if (len != SPAWN_ANSWER_LEN)
        return -EBADMSG;
    memcpy(&kind, data + 8, 4);
    memcpy(&value, data + 12, 4);
    if (kind < SPAWN_STARTED || kind > SPAWN_NOT_RUN || (kind == SPAWN_STARTED ? value <= 1 : value >= 0))
        return -EBADMSG;
    answer->kind = (enum spawn_answer_kind)kind;
    answer->value = value;
    memcpy(&answer->id, data, 8);
    return 0;
}
