/* What spawn_message takes of a request or an answer is within its bounds, and put again it is the same bytes. */
#include "collector/spawn/spawn_message.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static unsigned count(char *const *texts)
{
    unsigned number = 0;

    while (texts[number] != NULL)
        number++;
    return number;
}

static void check_request(const uint8_t *data, size_t size)
{
    static struct spawn_request request;
    char *copy = malloc(size + 1);
    char *again = malloc(size + 1);

    MUST(copy != NULL && again != NULL);
    memcpy(copy, data, size);
    if (spawn_message_take_request(&request, copy, size) == 0) {
        MUST(count(request.arguments) >= 1 && count(request.arguments) <= SPAWN_ARGUMENTS_MAX);
        MUST(count(request.variables) <= SPAWN_VARIABLES_MAX);
        MUST(spawn_message_request_len(request.arguments, request.variables) == (int)size);
        spawn_message_put_request(again, request.id, request.arguments, request.variables);
        MUST(memcmp(again, data, size) == 0);
    }
    free(again);
    free(copy);
}

static void check_answer(const uint8_t *data, size_t size)
{
    struct spawn_answer answer;
    char again[SPAWN_ANSWER_LEN];

    if (spawn_message_take_answer(&answer, (const char *)data, size) < 0)
        return;
    MUST(size == SPAWN_ANSWER_LEN && (answer.kind == SPAWN_STARTED) == (answer.value > 0));
    spawn_message_put_answer(again, &answer);
    MUST(memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request(data, size);
    check_answer(data, size);
    return 0;
}
