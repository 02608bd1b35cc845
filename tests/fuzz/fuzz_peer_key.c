/* A client's message Certificate, before anything else is known of the client. */
#include "fuzz/fuzz.h"
#include "tls/peer_key.h"
#include "tls/tls_library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256];

    MUST(tls_library_load(error, sizeof error) == 0);
    (void)peer_key_accepts(&(gnutls_datum_t){(unsigned char *)data, (unsigned)size});
    return 0;
}
