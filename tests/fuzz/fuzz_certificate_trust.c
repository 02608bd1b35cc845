/* Files of CAs and of revoked certificates: they are taken as a whole, or refused with a reason of one line. */
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_ca.h"
#include "fuzz/fuzz_files.h"
#include "tls/certificate_trust.h"

#include <string.h>

static void check_lists(const struct certificate_lists *lists)
{
    MUST(lists->ca_count >= 1);
    for (size_t i = 1; i < lists->revoked_count; i++)
        MUST(certificate_id_compare(&lists->revoked[i - 1], &lists->revoked[i]) <= 0);
    MUST(strchr(lists->ca_names, '\n') == NULL);
}

static void check_read(const char *ca_path, const char *crl_path)
{
    struct certificate_trust trust = {0};
    char error[512] = "";

    int rc = certificate_trust_read(ca_path, crl_path, "", &trust, error, sizeof error);
    if (rc == 0) {
        check_lists(&trust.lists);
    } else {
        MUST(rc < 0 && *error != '\0' && trust.list == NULL);
        for (const char *c = error; *c != '\0'; c++)
            MUST(*c >= ' ' && *c <= '~');
    }
    certificate_trust_deinit(&trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_files_write("read.pem", data, size);

    check_read(path, "");
    check_read(fuzz_files_write("ca.pem", fuzz_ca, sizeof fuzz_ca - 1), path);
    return 0;
}
