/* Gives answers of a collector to headroom top. */
#ifndef SUPPORT_TOP_ANSWERS_H
#define SUPPORT_TOP_ANSWERS_H

#include "cli/top/top.h"
#include "support/top_documents.h"

/* Gives the answer to top. */
static inline int top_documents_take(struct top *top, enum top_document document, const char *text)
{
    json_t *answer = top_documents_parse(text);
    int rc = top_take(top, document, answer);

    json_decref(answer);
    return rc;
}

/* All of the above, in the order of a round. */
static inline void top_documents_take_all(struct top *top)
{
    static const char *const texts[TOP_DOCUMENTS] = {TOP_FLEET, TOP_GROUPS, TOP_PROBLEMS, TOP_SPARKLINES,
                                                     TOP_NODES, TOP_NODE,   TOP_SERIES};

    for (unsigned document = 0; document < TOP_DOCUMENTS; document++)
        ck_assert_int_eq(top_documents_take(top, document, texts[document]), 0);
    top_end_round(top, "", 1000);
}

#endif
