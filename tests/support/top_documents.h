/* Answers of a collector, for the tests of headroom top. */
#ifndef SUPPORT_TOP_DOCUMENTS_H
#define SUPPORT_TOP_DOCUMENTS_H

#include <check.h>
#include <jansson.h>

#define TOP_FLEET                                                                                                      \
    "{\"now_ms\":1000000,\"version\":\"0.1.0\",\"held\":false,"                                                        \
    "\"nodes\":{\"new\":0,\"live\":3,\"returning\":0,\"missing\":1,\"leaving\":0,\"unreported\":0,\"gone\":0},"        \
    "\"collector\":{\"received\":5000}}"

#define TOP_GROUPS                                                                                                     \
    "{\"now_ms\":1000000,\"groups\":["                                                                                 \
    "{\"name\":\"db\",\"desired\":null,\"nodes\":{\"live\":1},\"utilisation\":{\"cpu\":0.2,\"memory\":0.9},"           \
    "\"min\":1,\"max\":null,\"thresholds\":{\"cpu\":{\"high\":0.8},\"memory\":{\"high\":0.85}},\"conditions\":{"       \
    "\"limited\":{\"status\":false,\"since_ms\":1,\"why\":\"no\"},"                                                    \
    "\"helping\":{\"status\":true,\"since_ms\":1,\"why\":\"yes\"}}},"                                                  \
    "{\"name\":\"web\",\"desired\":6,\"nodes\":{\"live\":2},\"utilisation\":{\"cpu\":0.71,\"memory\":0.4,"             \
    "\"disk\":0.02,\"app\":null},\"min\":1,\"max\":100,\"thresholds\":{\"cpu\":{\"high\":0.7}},\"existing\":3,"        \
    "\"mode\":\"full\",\"why\":\"web: scale up 3 -> 6 (cpu 71% now)\",\"conditions\":{"                                \
    "\"able-to-scale\":{\"status\":false,\"since_ms\":400000,\"why\":\"the hook fails\"},"                             \
    "\"limited\":{\"status\":true,\"since_ms\":700000,\"why\":\"max is 6\"}}}]}"

#define TOP_PROBLEMS                                                                                                   \
    "{\"now_ms\":1000000,\"problems\":["                                                                               \
    "{\"name\":\"nodes-missing\",\"severity\":\"critical\",\"group\":\"web\",\"node\":null,\"since_ms\":700000,"       \
    "\"text\":\"web: 1 of 3 nodes is missing\",\"link\":\"#/group/web\"},"                                             \
    "{\"name\":\"limited\",\"severity\":\"warning\",\"group\":\"web\",\"node\":null,\"since_ms\":900000,"              \
    "\"text\":\"web: max keeps it at 6\",\"link\":\"#/group/web\"},"                                                   \
    "{\"name\":\"clocks-off\",\"severity\":\"info\",\"group\":null,\"node\":\"web-2\",\"since_ms\":990000,"            \
    "\"text\":\"web-2: its clock is 9 s ahead\",\"link\":\"#/node/web-2\"}],\"more\":4}"

#define TOP_SPARKLINES                                                                                                 \
    "{\"now_ms\":1000000,\"step_ms\":60000,\"points\":3,\"groups\":{\"web\":[0.1,null,0.9],\"gone\":[0.1]}}"

/* id, group, state, age_ms, above and the metrics of TOP_NODES_PATH. */
#define TOP_NODES                                                                                                      \
    "{\"now_ms\":1000000,\"nodes\":["                                                                                  \
    "[\"web-1\",\"web\",\"live\",400,[\"cpu\",\"fs\"],91.2,40,2,1234567,5,99,3.1,0,0,1,2,3],"                          \
    "[\"web-2\",\"web\",\"missing\",90000,[],null,null,null,null,null,null,null,null,null,null,null,null],"            \
    "[\"db-1\",\"db\",\"live\",500,[],20,90,7,1,2,50,0.5,1,2,3,4,5],"                                                  \
    "[\"web-10\",\"web\",\"live\",450,[],50,45,3,1,2,40,1,1,2,3,4,5]]}"

#define TOP_NODE                                                                                                       \
    "{\"now_ms\":1000000,\"id\":\"web-1\",\"group\":\"web\",\"state\":\"live\",\"age_ms\":400,\"cores\":2,"            \
    "\"memory_bytes\":8000000000,\"metrics\":{\"cpu_percent\":91.2,\"disk_read_bytes_per_second\":2048,"               \
    "\"app_load\":null},\"outlook\":{\"cpu\":{\"soon\":\"web-1: cpu 91% now, above 70%\"},\"memory\":{\"soon\":null}," \
    "\"disk\":null,\"fs\":{\"soon\":\"web-1: full in about 14 min\"}}}"

#define TOP_SERIES                                                                                                     \
    "{\"now_ms\":1000000,\"columns\":[\"time_ms\",\"cpu_percent\",\"disk_read_bytes_per_second\"],\"rows\":["          \
    "[100,99,99],[984000,20,500],[991000,40,null],[994000,60,1000],[999000,90,2000]]}"

static inline json_t *top_documents_parse(const char *text)
{
    json_t *document = json_loads(text, 0, NULL);

    ck_assert_msg(document != NULL, "no JSON: %s", text);
    return document;
}

#endif
