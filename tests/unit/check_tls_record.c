/* When the first message of a handshake is whole. */
#include "tls/tls_record.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

/* A message of 6 bytes behind its head. */
static const uint8_t in_one_record[] = {TLS_RECORD_HANDSHAKE, 3, 1, 0, 10, 1, 0, 0, 6, 'a', 'b', 'c', 'd', 'e', 'f'};
static const uint8_t in_three[] = {TLS_RECORD_HANDSHAKE,
                                   3,
                                   1,
                                   0,
                                   2,
                                   1,
                                   0,
                                   TLS_RECORD_HANDSHAKE,
                                   3,
                                   1,
                                   0,
                                   3,
                                   0,
                                   6,
                                   'a',
                                   TLS_RECORD_HANDSHAKE,
                                   3,
                                   1,
                                   0,
                                   5,
                                   'b',
                                   'c',
                                   'd',
                                   'e',
                                   'f'};

START_TEST(a_message_is_whole_with_its_last_byte)
{
    for (size_t len = 0; len < sizeof in_one_record; len++)
        ck_assert(!tls_record_has_message(in_one_record, len));
    ck_assert(tls_record_has_message(in_one_record, sizeof in_one_record));
    for (size_t len = 0; len < sizeof in_three; len++)
        ck_assert(!tls_record_has_message(in_three, len));
    ck_assert(tls_record_has_message(in_three, sizeof in_three));
}
END_TEST

START_TEST(what_follows_it_changes_nothing)
{
    uint8_t more[sizeof in_one_record + 3] = {0};

    memcpy(more, in_one_record, sizeof in_one_record);
    ck_assert(tls_record_has_message(more, sizeof more));
}
END_TEST

/* What can't become a message is left to GnuTLS; a length that is never reached is not. */
START_TEST(other_bytes_are_not_waited_for)
{
    static const uint8_t alert[] = {TLS_RECORD_ALERT}, empty[] = {TLS_RECORD_HANDSHAKE, 3, 1, 0, 0};
    static const uint8_t alert_behind_a_part[] = {TLS_RECORD_HANDSHAKE, 3, 1, 0, 1, 1, TLS_RECORD_ALERT};
    static const uint8_t endless[] = {TLS_RECORD_HANDSHAKE, 3, 1, 0, 6, 1, 0xFF, 0xFF, 0xFF, 0, 0};

    ck_assert(tls_record_has_message(alert, sizeof alert));
    ck_assert(tls_record_has_message(empty, sizeof empty));
    ck_assert(tls_record_has_message(alert_behind_a_part, sizeof alert_behind_a_part));
    ck_assert(!tls_record_has_message(endless, sizeof endless));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_record");

    CASES_ADD(suite, "tls_record", NULL, NULL, a_message_is_whole_with_its_last_byte, what_follows_it_changes_nothing,
              other_bytes_are_not_waited_for);
    return suite_run(suite);
}
