#include "tls/certificate_text.h"

#include "common/format.h"
#include "common/writer.h"
#include "tls/certificate_names.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_S       INT64_C(86400)
#define NAMES_SHOWN 120U /* bytes: a Reject has little room */

/* As in "9 days", "3 h". */
static void format_span(int64_t seconds, char *text, size_t size)
{
    if (seconds >= 2 * DAY_S)
        (void)snprintf(text, size, "%" PRId64 " days", seconds / DAY_S);
    else
        format_about((double)seconds, text, size);
}

static void write_validity(const struct certificate_claim *claim, bool expired, int64_t now_s, struct writer *writer)
{
    int64_t at_s = expired ? claim->not_after_s : claim->not_before_s;
    char at[40], now[40], ago[32];

    format_utc(at_s * 1000, at, sizeof at);
    if (expired) {
        format_span(now_s - at_s, ago, sizeof ago);
        writer_print(writer, "its certificate (%s) expired %s ago, at %s", claim->who, ago, at);
    } else {
        format_utc(now_s * 1000, now, sizeof now);
        writer_print(writer, "its certificate (%s) is not valid before %s, and it is %s here; is this clock right?",
                     claim->who, at, now);
    }
}

void certificate_text_verdict(const struct certificate_claim *claim, enum certificate_verdict verdict, int64_t now_s,
                              const char *ca_file, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};

    switch (verdict) {
    case CERTIFICATE_ACCEPTED:
    case CERTIFICATE_OTHER_NAME:
        text[0] = '\0';
        break;
    case CERTIFICATE_MISSING:
        writer_print(&writer, "it has shown no certificate; give the agent --cert-file and --key-file");
        break;
    case CERTIFICATE_UNREADABLE:
        writer_print(&writer, "its certificate can't be read, or has a name with a byte that no name has");
        break;
    case CERTIFICATE_UNKNOWN_CA:
        writer_print(&writer, "its certificate (%s) is signed by \"%s\", which is not in %s (%s)", claim->who,
                     claim->issuer, ca_file, claim->lists->ca_names);
        break;
    case CERTIFICATE_INVALID:
        writer_print(&writer, "its certificate (%s) is signed by \"%s\", but a signature of its chain is wrong or weak",
                     claim->who, claim->issuer);
        break;
    case CERTIFICATE_OTHER_USE:
        writer_print(&writer, "its certificate (%s) is for another use: its extended key usage lacks %s", claim->who,
                     claim->of_server ? "serverAuth" : "clientAuth");
        break;
    case CERTIFICATE_NOT_YET:
    case CERTIFICATE_EXPIRED:
        write_validity(claim, verdict == CERTIFICATE_EXPIRED, now_s, &writer);
        break;
    case CERTIFICATE_REVOKED:
        writer_print(&writer, "its certificate (%s) is revoked", claim->who);
        break;
    case CERTIFICATE_OTHER_PIN:
        writer_print(&writer, "its certificate (%s) is signed by \"%s\", whose key is not that of --ca-pin", claim->who,
                     claim->issuer);
        break;
    }
}

void certificate_text_other_name(const struct certificate_claim *claim, const char *host, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    char names[NAMES_SHOWN];
    size_t len = 0;
    const char *first = certificate_names_first(claim->names, CERTIFICATE_DNS, &len);

    certificate_names_print(claim->names, names, sizeof names);
    if (first == NULL || *first == '*') /* a wildcard is no server's name */
        writer_print(&writer, "its certificate (%s) is not for %s; names: %s", claim->who, host, names);
    else
        writer_print(&writer, "its certificate is for %.*s (%s), not for %s; give --server-name %.*s if that is meant",
                     (int)len, first, names, host, (int)len, first);
}

/* ---- expiry ---- */

#define SOON_S (30 * DAY_S)

bool certificate_text_expiry(int64_t not_before_s, int64_t not_after_s, int64_t now_s, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    int64_t left_s = not_after_s - now_s;
    int64_t third_s = not_after_s / 3 - not_before_s / 3;
    char at[40], about[32];

    if (left_s > SOON_S || left_s > third_s)
        return false;
    format_utc(not_after_s * 1000, at, sizeof at);
    format_span(left_s > 0 ? left_s : -left_s, about, sizeof about);
    if (left_s > 0)
        writer_print(&writer, "expires in %s, at %s, and has not been renewed", about, at);
    else
        writer_print(&writer, "expired %s ago, at %s, and has not been renewed", about, at);
    return true;
}

static const char *write_at(const char *before, int64_t at_s, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    char at[40];

    format_utc(at_s * 1000, at, sizeof at);
    writer_print(&writer, "%s %s", before, at);
    return text;
}

const char *certificate_text_until(int64_t at_s, char *text, size_t size)
{
    return write_at(", until", at_s, text, size);
}

const char *certificate_text_since(int64_t at_s, char *text, size_t size)
{
    return write_at(" at", at_s, text, size);
}
