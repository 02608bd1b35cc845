/* A configuration file that is taken, printed and read back, is the same; one that is not has a reason. */
#include "collector/config/config_draft.h"
#include "collector/config/config_warnings.h"
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

struct printed {
    char *text;
    size_t len;
};

static void check_line(const char *text)
{
    MUST(strlen(text) > 0 && strchr(text, '\n') == NULL);
}

static void on_warning(const char *text, void *arg)
{
    (void)arg;
    check_line(text);
}

/* As config_load reads a file: in lines of a limited length. */
static int read_lines(struct config_draft *draft, const char *text, size_t len)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");
    char line[CONFIG_LINE_MAX];
    int rc = 0;

    MUST(file != NULL);
    while (rc == 0 && fgets(line, sizeof line, file) != NULL)
        rc = config_draft_read_line(draft, line, strchr(line, '\n') != NULL || feof(file));
    (void)fclose(file);
    return rc == 0 ? config_draft_complete(draft) : rc;
}

/* NULL text: it was refused. */
static struct printed read_and_print(const char *text, size_t len)
{
    struct printed printed = {0};
    struct config_draft draft;
    char error[1024] = "";

    config_draft_init(&draft, error, sizeof error);
    strcpy(draft.config.file, "headroom.conf");
    int rc = read_lines(&draft, text, len);
    config_draft_deinit(&draft);
    if (rc == 0) {
        FILE *out = open_memstream(&printed.text, &printed.len);
        MUST(out != NULL);
        collector_config_print(&draft.config, out);
        (void)fclose(out);
        config_warnings_each(&draft.config, on_warning, NULL);
    } else {
        check_line(error);
    }
    collector_config_deinit(&draft.config);
    return printed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct printed first = read_and_print((const char *)data, size);
    if (first.text == NULL)
        return 0;
    struct printed second = read_and_print(first.text, first.len);
    MUST(second.text != NULL);
    MUST(first.len == second.len && memcmp(first.text, second.text, first.len) == 0);
    free(second.text);
    free(first.text);
    return 0;
}
