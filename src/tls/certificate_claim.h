/* Pure. What a peer has shown by its certificate, as far as it is kept: enough to judge it again, without its
 * signatures, when time passes or the lists of CAs and revoked certificates change. */
#ifndef TLS_CERTIFICATE_CLAIM_H
#define TLS_CERTIFICATE_CLAIM_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_ID_LEN       16U
#define CERTIFICATE_CA_NAMES_MAX 256U

/* The beginning of a SHA-256: of a CA's certificate, or of a certificate's issuer and serial number. */
struct certificate_id {
    uint8_t bytes[CERTIFICATE_ID_LEN];
};

/* By what certificates are judged. */
struct certificate_lists {
    struct certificate_id *cas;     /* owned by the list's owner, as is the next */
    struct certificate_id *revoked; /* ascending */
    size_t ca_count;
    size_t revoked_count;
    char ca_names[CERTIFICATE_CA_NAMES_MAX]; /* as in "\"fleet ca 2026\", \"old ca\"" */
};

enum certificate_verdict {
    CERTIFICATE_ACCEPTED,
    CERTIFICATE_MISSING,    /* the peer has shown none */
    CERTIFICATE_UNREADABLE, /* it is damaged, or has a name that is none */
    CERTIFICATE_UNKNOWN_CA,
    CERTIFICATE_INVALID, /* a signature in the chain is wrong or weak, or the issuer is no CA */
    CERTIFICATE_OTHER_USE,
    CERTIFICATE_NOT_YET,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_REVOKED,
    CERTIFICATE_OTHER_PIN, /* of a collector: the CA has another key than --ca-pin */
    CERTIFICATE_OTHER_NAME /* of a collector: it is for another host */
};

struct certificate_claim {
    const struct certificate_lists *lists; /* the judge's, as they are now */
    bool of_server;                        /* else of a client */
    enum certificate_verdict verdict;      /* of its chain, at the handshake */
    int64_t not_before_s;                  /* seconds since 1970: when all of the chain, the CA's too, are valid, */
    int64_t not_after_s;                   /* and until when */
    int64_t begins_s;                      /* the validity of its own certificate alone */
    struct certificate_id ca;              /* to which the chain leads */
    struct certificate_id chain[CERTIFICATE_CHAIN_MAX];
    unsigned count;
    char *names;  /* owned: certificate_names.h; NULL: none is known */
    char *who;    /* owned: as in "CN n7, serial 4f" */
    char *issuer; /* owned: the name of the CA that the last certificate of the chain names */
};

/* For qsort() and bsearch(). */
int certificate_id_compare(const void *a, const void *b);

/* The verdict at that time: that of the handshake, unless the certificate has expired since, or the lists are others.
 * UNKNOWN_CA: its CA is no longer in the list. */
enum certificate_verdict certificate_claim_judge(const struct certificate_claim *claim, int64_t now_s);

/* The same by its validity alone. */
enum certificate_verdict certificate_claim_judge_time(const struct certificate_claim *claim, int64_t now_s);

/* Whether an accepted certificate is in its last 14 days, or in the last third of a shorter life, or has expired. */
bool certificate_claim_ends_soon(const struct certificate_claim *claim, int64_t now_s);

/* Also for a zeroed one, and more than once. */
void certificate_claim_deinit(struct certificate_claim *claim);

#endif
