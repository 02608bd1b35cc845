/* Pure. SHA-256 (FIPS 180-4) of short messages: digests of secrets, which are kept or shown instead of them. */
#ifndef COMMON_SHA256_H
#define COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32U

void sha256(const uint8_t *message, size_t len, uint8_t digest[SHA256_LEN]);

#endif
