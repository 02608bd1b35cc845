#include "collector/account_text.h"

#include "support/hub.h"
#include "support/suite.h"

static struct hub hub;
static char text[ACCOUNT_TEXT_MAX];

static void begin(void)
{
    hub_init(&hub, 1000, 1000, 1000);
    hub.intake.account.samples = 12;
    hub.intake.account.duplicates = 3;
    hub.intake.account.ended = 1;
    struct node *node = registry_ensure_node(&hub.registry, "n1", 1000, 1);
    registry_set_account(&hub.registry, registry_ensure_instance(node, 1),
                         &(struct agent_account){.produced = 20, .sent = 15, .acknowledged = 12});
}

static void end(void)
{
    hub_deinit(&hub);
}

START_TEST(each_line_has_its_counts)
{
    account_text_collector(&hub.intake, "so far", text, sizeof text);
    ck_assert_str_eq(text, "so far: 12 samples received, 12 stored, 3 duplicates, 0 dropped by agents, 0 stored "
                           "elsewhere, 0 impossible values, 1 instances ended without Goodbye");
    account_text_agents(&hub.registry, text, sizeof text);
    ck_assert_str_eq(text, "agents: 20 samples produced, 15 sent, 12 acknowledged, 0 dropped (outbox full 0, rejected "
                           "0, spool damaged 0), 8 waiting, 0 lost with killed agents");
}
END_TEST

START_TEST(status_mentions_a_disk_that_fails)
{
    account_text_status(&hub.intake, 2, text, sizeof text);
    ck_assert_str_eq(text, "2 agents, 12 samples, 3 duplicates, 0 dropped by agents, 0 clocks off");
    hub.intake.held = true;
    account_text_status(&hub.intake, 2, text, sizeof text);
    ck_assert_str_eq(text, "2 agents, 12 samples, 3 duplicates, 0 dropped by agents, 0 clocks off; the disk can't be "
                           "written, agents retain their samples");
}
END_TEST

START_TEST(line_is_cut_at_its_size)
{
    account_text_collector(&hub.intake, "stopped", text, 8);
    ck_assert_str_eq(text, "stopped");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account_text");
    TCase *tests = tcase_create("account_text");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, each_line_has_its_counts);
    tcase_add_test(tests, status_mentions_a_disk_that_fails);
    tcase_add_test(tests, line_is_cut_at_its_size);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
