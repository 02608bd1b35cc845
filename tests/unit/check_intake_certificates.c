/* Agents with certificates: whom they may speak for, and until when. */
#include "intake_fixture.h"

#include "collector/config/config.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>

static struct intake *const intake = &intakes[0];
static struct certificate_id ca_id = {{1}};
static struct certificate_lists lists = {.cas = &ca_id, .ca_count = 1, .ca_names = "\"fleet ca\""};
static struct collector_config config;

/* The claim of an agent with that certificate, which is valid for an hour. */
static struct peer_claim claim_of(const char *names)
{
    config = collector_config_defaults;
    snprintf(config.ca_file, sizeof config.ca_file, "/etc/headroom/ca.pem");
    hub.intake.config = &config;
    return (struct peer_claim){.proof = PEER_CERTIFICATE,
                               .certificate = {.lists = &lists,
                                               .not_before_s = WALL_MS / 1000 - 60,
                                               .not_after_s = WALL_MS / 1000 + 3600,
                                               .ca = {{1}},
                                               .chain = {{{7}}},
                                               .count = 1,
                                               .names = (char *)names,
                                               .who = (char *)"CN n1, serial 07",
                                               .issuer = (char *)"fleet ca"}};
}

static Headroom__Hello hello_from(const char *node)
{
    Headroom__Hello hello = frames_hello();

    hello.node_id = (char *)node;
    return hello;
}

static void assert_refused(Headroom__Hello hello, const char *reason)
{
    say(0, frames_put_hello(&hello, buf));
    ck_assert_str_eq(intake->reject.text, reason);
    ASSERT_REJECTED(0, RETRY_SLOWLY, CERTIFICATE);
}

/* ---- who may come ---- */

START_TEST(a_certificate_must_have_the_name_of_the_node)
{
    struct peer_claim claim = claim_of("DNS:n2\nDNS:n1\n");

    intake->claim = &claim;
    (void)greet(0, hello_from("n1"));
}
END_TEST

START_TEST(another_name_and_none_are_refused)
{
    static const struct {
        const char *names;
        const char *reason;
    } cases[] = {
        {"DNS:n2\nDNS:n3\n", "it says that it is node n1; its certificate is for another: DNS:n2, DNS:n3"},
        {"OU:n1\n",
         "its certificate (CN n1, serial 07) has no name in its SAN; node-name = dns demands one for node n1"},
    };
    struct peer_claim claim = claim_of(cases[_i].names);

    intake->claim = &claim;
    assert_refused(hello_from("n1"), cases[_i].reason);
}
END_TEST

START_TEST(a_group_may_demand_an_ou)
{
    static const struct {
        const char *names;
        const char *reason;
    } cases[] = {{"DNS:n1\nOU:databases\n", NULL},
                 {"DNS:n1\nOU:web\n",
                  "it says that it is in group db, whose cert-group is databases; its certificate has OU web"},
                 {"DNS:n1\n", "it says that it is in group db, whose cert-group is databases; its certificate (CN n1, "
                              "serial 07) has no OU"}};
    struct peer_claim claim = claim_of(cases[_i].names);
    struct group_config group = {.name = "db", .cert_group = "databases"};
    Headroom__Hello hello = hello_from("n1");

    config.groups = &group;
    config.group_count = 1;
    hello.group = (char *)"db";
    intake->claim = &claim;
    if (cases[_i].reason == NULL)
        (void)greet(0, hello);
    else
        assert_refused(hello, cases[_i].reason);
}
END_TEST

/* Says Hello with that certificate for node n1, as the agent with that secret. */
static void say_with_certificate(unsigned i, struct peer_claim *claim, const char *group, uint8_t byte)
{
    uint8_t secret[AGENT_SECRET_LEN];
    Headroom__Hello hello = hello_from("n1");

    memset(secret, byte, sizeof secret);
    hello.instance = byte;
    hello.group = (char *)group;
    hello.has_secret = true;
    hello.secret = (ProtobufCBinaryData){.len = sizeof secret, .data = secret};
    intakes[i].claim = claim;
    say(i, frames_put_hello(&hello, buf));
}

START_TEST(with_any_name_a_certificate_takes_no_node_of_a_group_that_it_is_not_for)
{
    struct peer_claim db = claim_of("OU:databases\n"), web = claim_of("OU:web\n");
    struct group_config group = {.name = "db", .cert_group = "databases"};

    config.groups = &group;
    config.group_count = 1;
    snprintf(config.node_name, sizeof config.node_name, "any");
    say_with_certificate(0, &db, "db", 1);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    send_samples(0, 1, 1);
    intake_detach(&intakes[0]);
    say_with_certificate(1, &web, "web", 2);
    ck_assert_str_eq(intakes[1].reject.text, "node n1 is another agent's, in group db, whose cert-group is databases; "
                                             "its certificate is for other groups");
    ASSERT_REJECTED(1, RETRY_SLOWLY, CERTIFICATE);
    say_with_certificate(2, &db, "db", 3); /* a machine that was installed anew */
    ck_assert_int_eq(answer(2)->body_case, HEADROOM__FRAME__BODY_WELCOME);
}
END_TEST

START_TEST(who_has_not_been_accepted_in_the_handshake_gets_the_reason)
{
    struct peer_claim claim = claim_of("DNS:n1\n");

    claim.certificate.verdict = CERTIFICATE_UNKNOWN_CA;
    claim.certificate.issuer = (char *)"old ca";
    intake->claim = &claim;
    assert_refused(hello_from("n1"), "its certificate (CN n1, serial 07) is signed by \"old ca\", which is not in "
                                     "/etc/headroom/ca.pem (\"fleet ca\")");
}
END_TEST

/* ---- until when ---- */

/* An agent is rejected behind an Ack, and may come back at once: it may have another certificate by now. */
static void assert_ends_behind_ack(void)
{
    intake_tick(intake, now_ms);
    ck_assert_int_eq(intake->state, INTAKE_STREAMING);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK);
    ASSERT_REJECTED(0, RETRY, CERTIFICATE);
}

START_TEST(a_certificate_that_expires_ends_its_session)
{
    struct peer_claim claim = claim_of("DNS:n1\n");

    intake->claim = &claim;
    (void)greet(0, hello_from("n1"));
    hub.intake.wall_ms = WALL_MS + 3600 * 1000;
    intake_tick(intake, now_ms);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK);
    ck_assert_int_eq(intake->state, INTAKE_STREAMING);
    hub.intake.wall_ms += 1000;
    assert_ends_behind_ack();
}
END_TEST

START_TEST(a_new_list_of_revoked_certificates_ends_sessions)
{
    struct peer_claim claim = claim_of("DNS:n1\n");
    struct certificate_id revoked = {{7}};

    intake->claim = &claim;
    (void)greet(0, hello_from("n1"));
    lists.revoked = &revoked;
    lists.revoked_count = 1;
    hub.intake.keys_version++;
    assert_ends_behind_ack();
    lists.revoked_count = 0;
}
END_TEST

START_TEST(another_rule_for_names_ends_sessions)
{
    struct peer_claim claim = claim_of("DNS:n1\n");

    intake->claim = &claim;
    (void)greet(0, hello_from("n1"));
    snprintf(config.node_name, sizeof config.node_name, "spiffe://example.org");
    hub.intake.keys_version++;
    assert_ends_behind_ack();
}
END_TEST

START_TEST(the_first_expiry_of_all_agents_is_known)
{
    struct peer_claim claims[2] = {claim_of("DNS:n1\n"), claim_of("DNS:n2\n")};

    ck_assert(isnan(intake_expiry_s(&hub.intake, true, WALL_MS)));
    claims[1].certificate.not_after_s -= 600;
    for (unsigned i = 0; i < 2; i++) {
        intakes[i].claim = &claims[i];
        (void)greet(i, hello_from(i == 0 ? "n1" : "n2"));
    }
    for (unsigned turn = 0; turn < 5; turn++, now_ms += ACK_MS)
        for (unsigned i = 0; i < 2; i++)
            intake_tick(&intakes[i], now_ms);
    ck_assert_double_eq(intake_expiry_s(&hub.intake, true, WALL_MS), 3000);
    ck_assert(isnan(intake_expiry_s(&hub.intake, false, WALL_MS)));
    hub.intake.certificate_end_s = WALL_MS / 1000 + 60;
    ck_assert_double_eq(intake_expiry_s(&hub.intake, false, WALL_MS), 60);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_certificates");
    TCase *tcase = tcase_create("intake_certificates");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_certificate_must_have_the_name_of_the_node);
    tcase_add_loop_test(tcase, another_name_and_none_are_refused, 0, 2);
    tcase_add_loop_test(tcase, a_group_may_demand_an_ou, 0, 3);
    tcase_add_test(tcase, with_any_name_a_certificate_takes_no_node_of_a_group_that_it_is_not_for);
    tcase_add_test(tcase, who_has_not_been_accepted_in_the_handshake_gets_the_reason);
    tcase_add_test(tcase, a_certificate_that_expires_ends_its_session);
    tcase_add_test(tcase, a_new_list_of_revoked_certificates_ends_sessions);
    tcase_add_test(tcase, another_rule_for_names_ends_sessions);
    tcase_add_test(tcase, the_first_expiry_of_all_agents_is_known);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
