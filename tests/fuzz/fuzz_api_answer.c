/* Whatever a server answers, what the program headroom prints of it has no control characters. */
#include "cli/api_answer.h"
#include "cli/decision_text.h"
#include "cli/describe_text.h"
#include "cli/node_text.h"
#include "cli/status_text.h"
#include "cli/why_text.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void check_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        MUST(byte == '\n' || (byte >= ' ' && byte != 0x7f));
        MUST(i == 0 || (unsigned char)text[i - 1] != 0xc2 || byte < 0x80 || byte >= 0xa0);
    }
}

static void print_all(const json_t *root, const struct view *view)
{
    const struct status_documents documents = {
        .collector = "http://c", .fleet = root, .problems = root, .groups = root};
    const json_t *decisions = json_object_get(root, "decisions");

    (void)status_text_print(&documents, view);
    (void)status_text_is_ill(&documents);
    (void)describe_text_print(json_array_get(json_object_get(root, "groups"), 0), root, decisions, view);
    (void)node_text_print(root, NODE_TEXT_BY_METRIC, view);
    decision_text_print(json_array_get(decisions, 0), 0, view);
    why_text_print(json_array_get(decisions, 0), json_array_get(json_object_get(root, "groups"), 0), view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = NULL;
    char error[256] = "";
    char *text = NULL;
    size_t len = 0;

    if (api_answer_read(200, (const char *)data, size, &root, error, sizeof error) < 0) {
        MUST(root == NULL && strlen(error) > 10);
        return 0;
    }
    struct view view = {.out = open_memstream(&text, &len), .now_ms = 1795888800000, .to_local = gmtime_r};
    MUST(view.out != NULL);
    print_all(root, &view);
    (void)fclose(view.out);
    check_text(text, len);
    free(text);
    json_decref(root);
    return 0;
}
