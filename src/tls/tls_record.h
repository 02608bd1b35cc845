/* Pure. The form of TLS records (RFC 8446, section 5.1), as far as it shows before GnuTLS reads them. */
#ifndef TLS_TLS_RECORD_H
#define TLS_TLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first byte of a record: its content type. */
#define TLS_RECORD_ALERT     0x15U
#define TLS_RECORD_HANDSHAKE 0x16U
#define TLS_RECORD_DATA      0x17U /* also of what is encrypted in a handshake */

/* Whether bytes begin with a whole message of a handshake, in one record or several. Also true for what can't become
 * one: GnuTLS then says why. */
bool tls_record_has_message(const uint8_t *bytes, size_t len);

#endif
