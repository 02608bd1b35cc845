/* Pure. Why a certificate is not accepted, in the words of log lines and of a Reject. */
#ifndef TLS_CERTIFICATE_TEXT_H
#define TLS_CERTIFICATE_TEXT_H

#include "tls/certificate_claim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the reason for a verdict other than CERTIFICATE_ACCEPTED and CERTIFICATE_OTHER_NAME, as in "its certificate
 * (CN n7, serial 4f) expired 3 h ago, at 2026-11-28 11:02 UTC". ca_file: the
 * CAs that are accepted. */
void certificate_text_verdict(const struct certificate_claim *claim, enum certificate_verdict verdict, int64_t now_s,
                              const char *ca_file, char *text, size_t size);

/* The reason for CERTIFICATE_OTHER_NAME, as in "its certificate is for c1.internal (DNS:c1.internal, IP:10.0.0.5); give
 * --server-name c1.internal if that is meant". */
void certificate_text_other_name(const struct certificate_claim *claim, const char *host, char *text, size_t size);

#define CERTIFICATE_EXPIRY_TEXT_MAX 160U

/* Whether a certificate is in its last 30 days, or in the last third of a shorter life, or has expired: writes a text
 * as in "expires in 9 days, at 2026-12-07 08:00 UTC, and has not been renewed". */
bool certificate_text_expiry(int64_t not_before_s, int64_t not_after_s, int64_t now_s, char *text, size_t size);

/* As in ", until 2026-12-24 08:00 UTC" and " at 2026-12-24 08:00 UTC". */
const char *certificate_text_until(int64_t at_s, char *text, size_t size);
const char *certificate_text_since(int64_t at_s, char *text, size_t size);

#endif
