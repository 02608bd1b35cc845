/* Opens GnuTLS at run time. A program that uses no key does not load the library, which is most of the memory of an
 * agent that does.
 *
 * tls_library_load() is called once, at the start; afterwards tls_library holds GnuTLS's functions under their names.
 */
#ifndef TLS_TLS_LIBRARY_H
#define TLS_TLS_LIBRARY_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>

#define TLS_LIBRARY_SYMBOLS(X)                                                                                         \
    X(gnutls_alert_get)                                                                                                \
    X(gnutls_alert_get_name)                                                                                           \
    X(gnutls_alert_send)                                                                                               \
    X(gnutls_alert_send_appropriate)                                                                                   \
    X(gnutls_auth_server_get_type)                                                                                     \
    X(gnutls_bye)                                                                                                      \
    X(gnutls_certificate_allocate_credentials)                                                                         \
    X(gnutls_certificate_free_credentials)                                                                             \
    X(gnutls_certificate_get_peers)                                                                                    \
    X(gnutls_certificate_send_x509_rdn_sequence)                                                                       \
    X(gnutls_certificate_server_set_request)                                                                           \
    X(gnutls_certificate_set_verify_limits)                                                                            \
    X(gnutls_certificate_set_x509_key_mem)                                                                             \
    X(gnutls_certificate_set_x509_trust_mem)                                                                           \
    X(gnutls_certificate_verify_peers)                                                                                 \
    X(gnutls_credentials_set)                                                                                          \
    X(gnutls_db_set_cache_expiration)                                                                                  \
    X(gnutls_deinit)                                                                                                   \
    X(gnutls_error_is_fatal)                                                                                           \
    X(gnutls_free)                                                                                                     \
    X(gnutls_handshake)                                                                                                \
    X(gnutls_handshake_set_hook_function)                                                                              \
    X(gnutls_hash_fast)                                                                                                \
    X(gnutls_hkdf_expand)                                                                                              \
    X(gnutls_hkdf_extract)                                                                                             \
    X(gnutls_init)                                                                                                     \
    X(gnutls_malloc)                                                                                                   \
    X(gnutls_priority_deinit)                                                                                          \
    X(gnutls_priority_init)                                                                                            \
    X(gnutls_priority_set)                                                                                             \
    X(gnutls_psk_allocate_client_credentials)                                                                          \
    X(gnutls_psk_allocate_server_credentials)                                                                          \
    X(gnutls_psk_free_client_credentials)                                                                              \
    X(gnutls_psk_free_server_credentials)                                                                              \
    X(gnutls_psk_set_client_credentials)                                                                               \
    X(gnutls_psk_set_server_credentials_function)                                                                      \
    X(gnutls_record_recv)                                                                                              \
    X(gnutls_record_send)                                                                                              \
    X(gnutls_session_get_data2)                                                                                        \
    X(gnutls_session_get_flags)                                                                                        \
    X(gnutls_session_get_ptr)                                                                                          \
    X(gnutls_session_is_resumed)                                                                                       \
    X(gnutls_session_set_data)                                                                                         \
    X(gnutls_session_set_ptr)                                                                                          \
    X(gnutls_session_set_verify_function)                                                                              \
    X(gnutls_session_ticket_enable_server)                                                                             \
    X(gnutls_session_ticket_send)                                                                                      \
    X(gnutls_strerror)                                                                                                 \
    X(gnutls_transport_get_ptr)                                                                                        \
    X(gnutls_transport_set_errno)                                                                                      \
    X(gnutls_transport_set_ptr)                                                                                        \
    X(gnutls_transport_set_pull_function)                                                                              \
    X(gnutls_transport_set_push_function)                                                                              \
    X(gnutls_x509_crl_deinit)                                                                                          \
    X(gnutls_x509_crl_get_crt_count)                                                                                   \
    X(gnutls_x509_crl_get_issuer_dn)                                                                                   \
    X(gnutls_x509_crl_get_next_update)                                                                                 \
    X(gnutls_x509_crl_get_raw_issuer_dn)                                                                               \
    X(gnutls_x509_crl_iter_crt_serial)                                                                                 \
    X(gnutls_x509_crl_iter_deinit)                                                                                     \
    X(gnutls_x509_crl_list_import2)                                                                                    \
    X(gnutls_x509_crl_verify)                                                                                          \
    X(gnutls_x509_crt_check_hostname2)                                                                                 \
    X(gnutls_x509_crt_check_key_purpose)                                                                               \
    X(gnutls_x509_crt_deinit)                                                                                          \
    X(gnutls_x509_crt_export)                                                                                          \
    X(gnutls_x509_crt_get_activation_time)                                                                             \
    X(gnutls_x509_crt_get_ca_status)                                                                                   \
    X(gnutls_x509_crt_get_dn)                                                                                          \
    X(gnutls_x509_crt_get_dn3)                                                                                         \
    X(gnutls_x509_crt_get_dn_by_oid)                                                                                   \
    X(gnutls_x509_crt_get_expiration_time)                                                                             \
    X(gnutls_x509_crt_get_fingerprint)                                                                                 \
    X(gnutls_x509_crt_get_issuer_dn)                                                                                   \
    X(gnutls_x509_crt_get_issuer_dn_by_oid)                                                                            \
    X(gnutls_x509_crt_get_key_id)                                                                                      \
    X(gnutls_x509_crt_get_pk_algorithm)                                                                                \
    X(gnutls_x509_crt_get_pk_rsa_raw)                                                                                  \
    X(gnutls_x509_crt_get_raw_issuer_dn)                                                                               \
    X(gnutls_x509_crt_get_serial)                                                                                      \
    X(gnutls_x509_crt_get_subject_alt_name)                                                                            \
    X(gnutls_x509_crt_import)                                                                                          \
    X(gnutls_x509_crt_init)                                                                                            \
    X(gnutls_x509_crt_list_import)                                                                                     \
    X(gnutls_x509_crt_list_import2)                                                                                    \
    X(gnutls_x509_privkey_deinit)                                                                                      \
    X(gnutls_x509_privkey_get_key_id)                                                                                  \
    X(gnutls_x509_privkey_get_pk_algorithm2)                                                                           \
    X(gnutls_x509_privkey_import2)                                                                                     \
    X(gnutls_x509_privkey_init)                                                                                        \
    X(gnutls_x509_trust_list_add_cas)                                                                                  \
    X(gnutls_x509_trust_list_deinit)                                                                                   \
    X(gnutls_x509_trust_list_get_issuer)                                                                               \
    X(gnutls_x509_trust_list_init)                                                                                     \
    X(gnutls_x509_trust_list_verify_crt2)

#define TLS_LIBRARY_POINTER(name) __typeof__(&(name)) name;

struct tls_library {
    TLS_LIBRARY_SYMBOLS(TLS_LIBRARY_POINTER)
};

extern struct tls_library tls_library;

/* Returns 0, also if it was loaded before; or a negative errno with the reason in error. */
int tls_library_load(char *error, size_t error_size);

#endif
