/* What is read of the file `overrides` is within its bounds, and written again it is read as the same. */
#include "collector/autoscale/override_file.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_disk.h"

#include <jansson.h>
#include <string.h>

static void check_json(const struct overrides *overrides, const char *group)
{
    static char text[4 * OVERRIDE_JSON_MAX];
    struct writer writer = {.text = text, .size = sizeof text};

    overrides_put_json(&writer, overrides, group);
    json_t *array = json_loadb(text, writer.len, 0, NULL);
    MUST(!writer.full && json_is_array(array) && json_array_size(array) >= 1);
    json_decref(array);
}

static void check(const struct overrides *overrides)
{
    char text[OVERRIDE_TEXT_MAX];

    MUST(overrides->count <= OVERRIDES_MAX);
    for (unsigned i = 0; i < overrides->count; i++) {
        const struct override *each = &overrides->items[i];
        MUST(each->kind < OVERRIDE_KIND_COUNT && parse_name_ok(each->group, strlen(each->group)));
        MUST((each->kind == OVERRIDE_PIN) == (each->nodes > 0) && each->nodes <= NODES_MAX);
        overrides_describe(each, text, sizeof text);
        for (const char *at = text; *at != '\0'; at++)
            MUST((unsigned char)*at >= ' ' && *at != 0x7F);
        check_json(overrides, each->group);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_disk disk;
    struct overrides read = {0}, again = {0};

    fuzz_disk_init(&disk);
    fuzz_disk_put(&disk, OVERRIDE_FILE_NAME, (const char *)data, size);
    if (override_file_read(&disk.disk, &read) == 0) {
        size_t len = 0, again_len = 0;
        check(&read);
        char *text = override_file_text(&read, &len);
        MUST(text != NULL && override_file_write(&disk.disk, text, len) == 0);
        MUST(override_file_read(&disk.disk, &again) == 0 && again.count == read.count);
        char *again_text = override_file_text(&again, &again_len);
        MUST(again_text != NULL && again_len == len && memcmp(again_text, text, len) == 0);
        free(again_text);
        free(text);
    } else {
        MUST(read.count == 0 && read.items == NULL);
    }
    overrides_deinit(&again);
    overrides_deinit(&read);
    fuzz_disk_deinit(&disk);
    return 0;
}
