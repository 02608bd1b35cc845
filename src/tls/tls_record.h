/* Pure. The first byte of a TLS record (RFC 8446, section 5.1): its content type. */
#ifndef TLS_TLS_RECORD_H
#define TLS_TLS_RECORD_H

#define TLS_RECORD_ALERT     0x15U
#define TLS_RECORD_HANDSHAKE 0x16U
#define TLS_RECORD_DATA      0x17U /* also of what is encrypted in a handshake */

#endif
