/* Answers from a folder that holds anything (fuzz_folder.h): each is JSON, within its limits. */
#include "collector/archive/archive_scan.h"

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"

#include <jansson.h>
#include <string.h>

#define WEEK_MS INT64_C(604800000)

static void ask(const struct fuzz_disk *disk, enum archive_kind kind, const char *name)
{
    struct archive_query query = {.kind = kind,
                                  .now_ms = FUZZ_DISK_WALL_MS,
                                  .from_ms = FUZZ_DISK_WALL_MS - WEEK_MS,
                                  .to_ms = FUZZ_DISK_WALL_MS + WEEK_MS,
                                  .limit = 3};
    atomic_bool cancelled = false;
    struct archive_answer answer;

    strcpy(query.name, name);
    MUST(archive_query_take_columns(&query, "") == 0);
    int rc = archive_scan(&query, &disk->disk, &cancelled, &answer);
    if (rc < 0)
        return;
    json_t *root = json_loadb(answer.text, answer.len, 0, NULL);
    MUST(root != NULL && json_is_true(json_object_get(root, "complete")));
    MUST(json_array_size(json_object_get(root, "rows")) <= ARCHIVE_BUCKETS_MAX);
    MUST(json_array_size(json_object_get(root, "decisions")) <= query.limit);
    json_decref(root);
    free(answer.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_disk disk;

    fuzz_disk_init(&disk);
    fuzz_folder_make(&disk, (const char *)data, size);
    ask(&disk, ARCHIVE_NODE, "web-1");
    ask(&disk, ARCHIVE_GROUP, "web");
    ask(&disk, ARCHIVE_DECISIONS, "");
    fuzz_disk_deinit(&disk);
    return 0;
}
