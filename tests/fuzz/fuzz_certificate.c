/* A certificate as its peer sends it: what is kept of it, and the texts about it that come into logs. */
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_ca.h"
#include "fuzz/fuzz_files.h"
#include "tls/certificate_identity.h"
#include "tls/certificate_names.h"
#include "tls/certificate_text.h"
#include "tls/certificate_trust.h"

#include <string.h>

static const struct certificate_trust *trust_of_ca(void)
{
    static struct certificate_trust trust;
    char error[512];

    if (trust.list == NULL)
        MUST(certificate_trust_read(fuzz_files_write("ca.pem", fuzz_ca, sizeof fuzz_ca - 1), "", "", &trust, error,
                                    sizeof error) == 0);
    return &trust;
}

static void check_printable(const char *text)
{
    MUST(*text != '\0');
    for (; *text != '\0'; text++)
        MUST(*text >= ' ' && *text <= '~');
}

static bool has_kind(const char *line)
{
    return strncmp(line, CERTIFICATE_DNS, 4) == 0 || strncmp(line, CERTIFICATE_URI, 4) == 0 ||
           strncmp(line, CERTIFICATE_IP, 3) == 0 || strncmp(line, CERTIFICATE_UNIT, 3) == 0;
}

/* Whole lines of the known kinds; a node of each DNS name may be spoken for, and of no longer one. */
static void check_names(const char *names)
{
    char node[CERTIFICATE_NAMES_LEN_MAX + 2], printed[2 * CERTIFICATE_NAMES_LEN_MAX];
    const char *end = NULL;

    MUST(strlen(names) <= CERTIFICATE_NAMES_LEN_MAX);
    for (const char *line = names; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        MUST(end != NULL && has_kind(line));
        for (const char *c = line; c < end; c++)
            MUST((unsigned char)*c >= ' ' && *c != 0x7f);
        if (strncmp(line, CERTIFICATE_DNS, 4) != 0)
            continue;
        snprintf(node, sizeof node, "%.*s", (int)(end - line - 4), line + 4);
        MUST(certificate_identity_covers_node(names, CERTIFICATE_NODE_DNS, "web", node));
        MUST(!certificate_identity_covers_node(names, CERTIFICATE_SPIFFE "example.org", "web", node) ||
             certificate_names_count(names, CERTIFICATE_URI) == 1);
    }
    certificate_names_print(names, printed, sizeof printed);
    check_printable(printed);
}

static void check_judged(const gnutls_datum_t *chain, unsigned count, const char *host)
{
    struct certificate_claim claim;
    char text[1024];

    certificate_trust_judge(trust_of_ca(), chain, count, host, FUZZ_CA_NOW_S, &claim);
    if (claim.names != NULL)
        check_names(claim.names);
    if (claim.verdict == CERTIFICATE_OTHER_NAME)
        certificate_text_other_name(&claim, host, text, sizeof text);
    else if (claim.verdict != CERTIFICATE_ACCEPTED)
        certificate_text_verdict(&claim, claim.verdict, FUZZ_CA_NOW_S, "ca.pem", text, sizeof text);
    if (claim.verdict != CERTIFICATE_ACCEPTED)
        check_printable(text);
    else
        MUST(certificate_claim_judge(&claim, claim.not_after_s + 1) == CERTIFICATE_EXPIRED);
    (void)certificate_claim_ends_soon(&claim, FUZZ_CA_NOW_S);
    certificate_claim_deinit(&claim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const gnutls_datum_t der = {(unsigned char *)data, (unsigned)size};
    const gnutls_datum_t chain[] = {der, der};

    check_judged(chain, 1, NULL);
    check_judged(chain, 2, NULL);
    check_judged(chain, 1, "collector.example");
    return 0;
}
