/* Pure. The names that stand in a certificate, as lines of text, in the order in which they stand there:
 *
 *     DNS:web-7
 *     URI:spiffe://example.org/headroom/web/web-7
 *     IP:10.0.0.5
 *     OU:web
 *
 * The text is what is kept of a certificate, and what messages show. A common name (CN) is none of these names. */
#ifndef TLS_CERTIFICATE_NAMES_H
#define TLS_CERTIFICATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_NAMES_LEN_MAX 2048U

#define CERTIFICATE_DNS  "DNS:"
#define CERTIFICATE_URI  "URI:"
#define CERTIFICATE_IP   "IP:"
#define CERTIFICATE_UNIT "OU:"

struct certificate_names {
    char text[CERTIFICATE_NAMES_LEN_MAX + 1];
    size_t len;
    bool malformed; /* a name has a byte that no name has, such as 0: the certificate is not trusted */
    bool cut;       /* there were more names than fit */
};

/* Begins an empty list. */
void certificate_names_init(struct certificate_names *names);

/* Adds a name of that kind, one of the constants above. */
void certificate_names_add(struct certificate_names *names, const char *kind, const uint8_t *bytes, size_t len);

/* Whether a text has exactly this name: every byte counts, and an asterisk stands for itself. */
bool certificate_names_has(const char *text, const char *kind, const char *name);

/* How many names of that kind a text has. */
unsigned certificate_names_count(const char *text, const char *kind);

/* The first name of that kind; *len is its length. NULL: there is none. */
const char *certificate_names_first(const char *text, const char *kind, size_t *len);

/* Writes the names of the SAN (not OU), separated by commas, for messages; "none" if there are none. */
void certificate_names_print(const char *text, char *printed, size_t size);

#endif
