/* Stands in for libFuzzer where the compiler has none: it runs a target on the files of a corpus, and on changed copies
 * of them, which are the same each time.
 *
 *     fuzz_x [FOLDER...]     without a folder: on copies of nothing, which a target's own mutator fills */
#include "common/random.h"
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX ((size_t)16384)
#define ROUNDS    200U /* changed copies of each input */
#define CHANGES   6U   /* in each of them, at most */

#pragma weak LLVMFuzzerCustomMutator

static uint64_t random_state = 1;
static uint64_t runs;

/* In memory of exactly that size, so that a sanitizer sees each read behind it. */
static void run(const uint8_t *input, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);

    MUST(exact != NULL);
    memcpy(exact, input, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    runs++;
}

/* Changes, inserts or removes a byte. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    size_t at = (size_t)random_below(&random_state, size + 1);
    uint64_t what = random_below(&random_state, 4);

    if (what == 0 && size < max_size) {
        memmove(data + at + 1, data + at, size - at);
        data[at] = (uint8_t)random_next(&random_state);
        return size + 1;
    }
    if (at == size)
        return size;
    if (what == 1) {
        memmove(data + at, data + at + 1, size - at - 1);
        return size - 1;
    }
    data[at] ^= what == 2 ? (uint8_t)(1U << random_below(&random_state, 8)) : (uint8_t)random_next(&random_state);
    return size;
}

static void run_changed(const uint8_t *input, size_t size)
{
    static uint8_t copy[INPUT_MAX];

    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t len = size;
        memcpy(copy, input, size);
        for (uint64_t change = random_below(&random_state, CHANGES) + 1; change > 0; change--)
            len = LLVMFuzzerCustomMutator != NULL
                      ? LLVMFuzzerCustomMutator(copy, len, sizeof copy, (unsigned)random_next(&random_state))
                      : LLVMFuzzerMutate(copy, len, sizeof copy);
        run(copy, len);
    }
}

static void run_file(const char *folder, const char *name)
{
    static uint8_t input[INPUT_MAX];
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    MUST(file != NULL);
    size_t size = fread(input, 1, sizeof input, file);
    MUST(feof(file));
    (void)fclose(file);
    run(input, size);
    run_changed(input, size);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);

    if (count <= 0) {
        (void)fprintf(stderr, "%s: no files\n", folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        run_file(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    run((const uint8_t *)"", 0);
    run_changed((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        run_folder(argv[i]);
    printf("%llu runs\n", (unsigned long long)runs);
    return 0;
}
