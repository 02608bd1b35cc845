#include "agent/config/config_load.h"

#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The secret of a fleet. */
#define KEY "hr1:fleet:39cbca3b789d5acd67238832fc6d079b24bde3081ae5272dd0b322217062abcd:99da521d"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ARGS_MAX     24

static struct agent_config config;
static char error[1024];
static const char *host = "node-7";

/* Stands in for libc's: the host name of the machine that tests has nothing to say. */
int gethostname(char *name, size_t len)
{
    if (!host) {
        errno = EPERM;
        return -1;
    }
    snprintf(name, len, "%s", host);
    return 0;
}

/* The words after the program's name, NULL at the end. */
static int load_args(const char *const *args)
{
    char *argv[ARGS_MAX + 2] = {(char *)"headroom-agent"};
    int argc = 1;
    for (; *args; args++)
        argv[argc++] = (char *)*args;
    error[0] = '\0';
    return agent_config_load(&config, argc, argv, error, sizeof error);
}

#define load(...) load_args((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static struct temp_dir directory;

static void make_directory(void)
{
    host = "node-7";
    temp_dir_create(&directory);
    ck_assert_int_eq(fchdir(directory.fd), 0);
}

static void remove_directory(void)
{
    temp_dir_remove(&directory);
}

START_TEST(without_flags_the_defaults_hold)
{
    ck_assert_int_eq(load(), 0);
    ck_assert_uint_eq(config.collectors.count, 1);
    ck_assert_str_eq(config.collectors.addresses[0].host, "127.0.0.1");
    ck_assert_uint_eq(config.collectors.addresses[0].port, 7420);
    ck_assert_str_eq(config.node_id, "node-7");
    ck_assert_str_eq(config.group, "default");
    ck_assert_int_eq(config.interval_ms, 1000);
    ck_assert_uint_eq(config.outbox_samples, 3600);
    ck_assert_str_eq(config.token_file, "");
    ck_assert_str_eq(config.root, "");
    ck_assert_str_eq(config.spool, "");
    ck_assert(!config.once);
    ck_assert(!config.drain);
}
END_TEST

START_TEST(every_flag_is_taken)
{
    write_file("token", KEY " \n", strlen(KEY) + 2);
    ck_assert_int_eq(load("--collector", "a:1", "--collector=[::1]:2", "--node-id", "n", "--group", "g", "--interval",
                          "250ms", "--outbox", "16", "--token-file", "token", "--root", "/host/", "--spool", ".",
                          "--cgroup", "off", "--once", "--drain"),
                     0);
    ck_assert_uint_eq(config.collectors.count, 2);
    ck_assert_str_eq(config.collectors.addresses[0].host, "a");
    ck_assert_str_eq(config.collectors.addresses[1].host, "::1");
    ck_assert_uint_eq(config.collectors.addresses[1].port, 2);
    ck_assert_str_eq(config.node_id, "n");
    ck_assert_str_eq(config.group, "g");
    ck_assert_int_eq(config.interval_ms, 250);
    ck_assert_uint_eq(config.outbox_samples, 16);
    ck_assert(config.key.fleet);
    ck_assert_uint_eq(config.key.bytes[0], 0x39);
    ck_assert_str_eq(config.root, "/host");
    ck_assert_str_eq(config.cgroup, "off");
    ck_assert_str_eq(config.spool, ".");
    ck_assert(config.once);
    ck_assert(config.drain);
}
END_TEST

START_TEST(a_spool_needs_a_folder_that_is_there)
{
    write_file("token", "", 0);
    ck_assert_int_eq(load("--spool", "nowhere"), -EINVAL);
    ck_assert_str_eq(error, "--spool: \"nowhere\" is not a directory; create it, writable for the agent");
    ck_assert_int_eq(load("--spool", "token"), -EINVAL);
    ck_assert_int_eq(load("--spool", "token/folder"), -EINVAL);
    ck_assert_int_eq(load("--spool", ".", "--spool="), 0);
    ck_assert_str_eq(config.spool, "");
}
END_TEST

START_TEST(a_spool_needs_a_folder_that_can_be_written)
{
    ck_assert_int_eq(mkdir("locked", 0500), 0);
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    int rc = load("--spool", "locked");
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(rmdir("locked"), 0);
    ck_assert_int_eq(rc, -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "is not writable for the agent"));
}
END_TEST

START_TEST(wrong_flags_are_explained)
{
    static const struct {
        const char *args[3];
        const char *text;
    } cases[] = {
        {{"--foo"}, "unknown flag --foo; see --help"},
        {{"-x"}, "unknown flag -x; see --help"},
        {{"--once", "-xy"}, "unknown flag -xy; see --help"},
        {{"--colector=a:1"}, "unknown flag --colector=a:1; did you mean --collector?"},
        {{"-interval", "1s"}, "unknown flag -interval; did you mean --interval?"},
        {{"--o"}, "--o is ambiguous; write the flag in full"},
        {{"--interval"}, "--interval needs a value, TIME; see --help"},
        {{"--once=1"}, "--once takes no value"},
        {{"stray"}, "unexpected argument \"stray\"; see --help"},
        {{"--", "stray"}, "unexpected argument \"stray\"; see --help"},
        {{"--collector", "a"},
         "--collector must be HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7420, got \"a\""},
        {{"--collector", "a:0"},
         "--collector must be HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7420, got \"a:0\""},
        {{"--node-id", "a b"}, "--node-id must be up to 128 letters"},
        {{"--group", ""}, "--group must be up to 128 letters"},
        {{"--interval", "1"}, "--interval must be a duration from 50ms to 1h, such as 1s, got \"1\""},
        {{"--interval", "49ms"}, "--interval must be a duration from 50ms to 1h, such as 1s, got \"49ms\""},
        {{"--interval", "3600001ms"}, "--interval must be a duration from 50ms to 1h, such as 1s, got \"3600001ms\""},
        {{"--outbox", "many"}, "--outbox must be a whole number from 16 to 10000000, got \"many\""},
        {{"--outbox", "15"}, "--outbox must be a whole number from 16 to 10000000, got \"15\""},
        {{"--outbox", "10000001"}, "--outbox must be a whole number from 16 to 10000000, got \"10000001\""},
        {{"--token-file", "nowhere"}, "--token-file: can't read nowhere: No such file or directory"},
        {{"--token-file", "."}, "--token-file: can't read .: it is a directory"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        memset(&config, 42, sizeof config);
        struct agent_config before = config;
        ck_assert_msg(load_args(cases[i].args) < 0, "%s", cases[i].text);
        ck_assert_msg(strncmp(error, cases[i].text, strlen(cases[i].text)) == 0, "%s", error);
        ck_assert_mem_eq(&config, &before, sizeof config);
    }
}
END_TEST

START_TEST(up_to_eight_collectors)
{
    const char *args[ARGS_MAX] = {NULL};
    for (size_t i = 0; i < COLLECTORS_MAX; i++)
        args[i] = "--collector=a:1";
    ck_assert_int_eq(load_args(args), 0);
    ck_assert_uint_eq(config.collectors.count, COLLECTORS_MAX);
    args[COLLECTORS_MAX] = "--collector=b:1";
    ck_assert_int_eq(load_args(args), -EINVAL);
    ck_assert_str_eq(error, "--collector may be given at most 8 times, got \"b:1\" as well");
}
END_TEST

START_TEST(a_root_has_room_in_a_path_and_no_slash_at_its_end)
{
    char path[PATH_MAX + 1] = "";

    ck_assert_int_eq(load("--root", "/"), 0);
    ck_assert_str_eq(config.root, "");
    memset(path, 'r', PATH_MAX - 1);
    ck_assert_int_eq(load("--root", path), 0);
    ck_assert_uint_eq(strlen(config.root), PATH_MAX - 1);
    path[PATH_MAX - 1] = 'r';
    ck_assert_int_eq(load("--root", path), -EINVAL);
    ck_assert_pstr_ne(strstr(error, "must be a path of at most 4095 bytes"), NULL);
}
END_TEST

START_TEST(a_host_name_that_is_no_name_needs_a_node_id)
{
    static const char *const hosts[] = {"", "(none)", "a b", "h\xC3\xB6st"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        host = hosts[i];
        ck_assert_int_eq(load(), -EINVAL);
        ck_assert_pstr_ne(strstr(error, hosts[i]), NULL);
        ck_assert_pstr_ne(strstr(error, "give one with --node-id"), NULL);
        ck_assert_int_eq(load("--node-id", "n"), 0);
    }
    host = NULL;
    ck_assert_int_eq(load(), -EPERM);
    ck_assert_pstr_ne(strstr(error, "name the node with --node-id"), NULL);
    ck_assert_int_eq(load("--node-id", "n"), 0);
}
END_TEST

/* What a key may be is tested with key_text and key_ring. */
START_TEST(a_file_without_a_key_is_refused)
{
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {{" \r\n", "--token-file: token is empty"},
                 {"s3cret\n", "--token-file: token holds a token that is too short to be a key"},
                 {"kf2bOXDdQ3w5o1NJbyKyqFbqCwJKSwLH\n", "--token-file: token holds a token that is no key"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file("token", cases[i].text, strlen(cases[i].text));
        ck_assert_int_eq(load("--token-file", "token"), -EINVAL);
        ck_assert_msg(strstr(error, cases[i].reason) != NULL, "%s", error);
    }
}
END_TEST

START_TEST(the_help_names_every_flag_and_exits_with_success)
{
    static const char *const words[] = {"--collector=HOST:PORT",
                                        "--node-id=NAME",
                                        "--group=NAME",
                                        "--interval=TIME",
                                        "--outbox=N",
                                        "--spool=DIR",
                                        "--root=DIR",
                                        "--cgroup=auto|off|PATH",
                                        "--token-file=FILE",
                                        "--once",
                                        "--drain",
                                        "--help",
                                        "--version",
                                        "--usage"};
    char help[8192] = "";

    pid_t child = fork();
    if (child == 0) {
        if (freopen("help", "w", stdout))
            (void)load("--help");
        _exit(42);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    FILE *file = fopen("help", "r");
    ck_assert_uint_gt(fread(help, 1, sizeof help - 1, file), 0);
    fclose(file);
    for (size_t i = 0; i < COUNT(words); i++)
        ck_assert_msg(strstr(help, words[i]) != NULL, "%s", words[i]);
}
END_TEST

static Suite *agent_config_suite(void)
{
    Suite *suite = suite_create("agent config");
    TCase *tcase = tcase_create("agent config");
    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    tcase_add_test(tcase, without_flags_the_defaults_hold);
    tcase_add_test(tcase, every_flag_is_taken);
    tcase_add_test(tcase, wrong_flags_are_explained);
    tcase_add_test(tcase, up_to_eight_collectors);
    tcase_add_test(tcase, a_spool_needs_a_folder_that_is_there);
    tcase_add_test(tcase, a_spool_needs_a_folder_that_can_be_written);
    tcase_add_test(tcase, a_root_has_room_in_a_path_and_no_slash_at_its_end);
    tcase_add_test(tcase, a_host_name_that_is_no_name_needs_a_node_id);
    tcase_add_test(tcase, a_file_without_a_key_is_refused);
    tcase_add_test(tcase, the_help_names_every_flag_and_exits_with_success);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(agent_config_suite());
}
