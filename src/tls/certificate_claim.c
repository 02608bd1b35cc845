#include "tls/certificate_claim.h"

#include <stdlib.h>
#include <string.h>

#define SOON_S (INT64_C(14) * 24 * 3600)

int certificate_id_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct certificate_id));
}

static bool is_revoked(const struct certificate_claim *claim)
{
    const struct certificate_lists *lists = claim->lists;

    for (unsigned i = 0; i < claim->count && lists->revoked_count > 0; i++)
        if (bsearch(&claim->chain[i], lists->revoked, lists->revoked_count, sizeof *lists->revoked,
                    certificate_id_compare) != NULL)
            return true;
    return false;
}

static bool is_known_ca(const struct certificate_claim *claim)
{
    for (size_t i = 0; i < claim->lists->ca_count; i++)
        if (certificate_id_compare(&claim->lists->cas[i], &claim->ca) == 0)
            return true;
    return false;
}

enum certificate_verdict certificate_claim_judge_time(const struct certificate_claim *claim, int64_t now_s)
{
    if (now_s < claim->not_before_s)
        return CERTIFICATE_NOT_YET;
    return now_s > claim->not_after_s ? CERTIFICATE_EXPIRED : CERTIFICATE_ACCEPTED;
}

enum certificate_verdict certificate_claim_judge(const struct certificate_claim *claim, int64_t now_s)
{
    if (claim->verdict != CERTIFICATE_ACCEPTED)
        return claim->verdict;
    if (!is_known_ca(claim))
        return CERTIFICATE_UNKNOWN_CA;
    if (is_revoked(claim))
        return CERTIFICATE_REVOKED;
    return certificate_claim_judge_time(claim, now_s);
}

bool certificate_claim_ends_soon(const struct certificate_claim *claim, int64_t now_s)
{
    int64_t third_s = claim->not_after_s / 3 - claim->begins_s / 3;

    return claim->not_after_s - now_s <= (third_s < SOON_S ? third_s : SOON_S);
}

void certificate_claim_deinit(struct certificate_claim *claim)
{
    free(claim->names);
    free(claim->who);
    free(claim->issuer);
    *claim = (struct certificate_claim){0};
}
