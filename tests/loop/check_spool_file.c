/* The spool on real files: kills, damage, other sizes, other agents, disks that fail. */
#include "agent/spool/spool_file.h"

#include "support/cases.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME           "n1.spool"
#define CAPACITY       100U
#define BOOT           77U
#define RECORDS_OFFSET 16384U

static struct temp_dir dir;
static struct spool_file file;
static uint64_t instance;
static off_t bad_offset; /* reading there fails; -1: nowhere */
static int sync_error;
static unsigned syncs;
static unsigned folder_syncs;

/* These stand in for libc's: a disk that fails. */
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
    if (bad_offset >= offset && bad_offset < offset + (off_t)len) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, buf, len, offset);
}

int fdatasync(int fd)
{
    __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST);
    if (sync_error != 0) {
        errno = sync_error;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        folder_syncs++;
    return (int)syscall(SYS_fsync, fd);
}

static int try_open(unsigned capacity)
{
    return spool_file_open(&file, dir.path, "n1", capacity, BOOT, ++instance);
}

static void open_sized(unsigned capacity)
{
    ck_assert_int_eq(try_open(capacity), 0);
    ck_assert(spool_file_lasting(&file));
}

static void open_again(void)
{
    open_sized(CAPACITY);
}

/* Nothing is written or synced on purpose: what a kill leaves. */
static void kill_agent(void)
{
    spool_file_deinit(&file);
}

static void begin(void)
{
    log_capture_start();
    test_loop_start();
    temp_dir_create(&dir);
    instance = 0;
    bad_offset = -1;
    sync_error = 0;
    syncs = 0;
    open_again();
}

static void end(void)
{
    spool_file_deinit(&file);
    spool_file_deinit(&file);
    test_loop_end();
    if (dir.path[0] != '\0')
        temp_dir_remove(&dir);
}

static void push(unsigned count)
{
    while (count-- > 0) {
        struct sample sample = {.time_ms = 1, .uptime_ms = spool_present(&file.spool)->newest_seq + 1};
        (void)spool_push(&file.spool, &sample);
    }
}

static void ack(uint64_t seq)
{
    struct outbox *run = spool_current(&file.spool);

    outbox_sent(run, seq);
    outbox_ack(run, seq);
    spool_save(&file.spool);
}

static void assert_run(const struct outbox *run, uint64_t first_seq, uint64_t last_seq)
{
    ck_assert_uint_eq(run->acked_seq + 1, first_seq);
    ck_assert_uint_eq(run->newest_seq, last_seq);
    for (uint64_t seq = first_seq; seq <= last_seq; seq++)
        ck_assert_uint_eq(outbox_get(run, seq)->uptime_ms, seq);
}

START_TEST(a_killed_agent_finds_its_samples)
{
    push(130);
    ack(120);
    kill_agent();
    open_again();
    ck_assert(file.found.carried_on);
    ck_assert_uint_eq(spool_present(&file.spool)->instance, 1);
    assert_run(spool_present(&file.spool), 121, 130);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, ""), 0);
}
END_TEST

START_TEST(without_a_folder_it_is_memory)
{
    kill_agent();
    ck_assert_int_eq(spool_file_open(&file, "", "n1", CAPACITY, BOOT, 9), 0);
    ck_assert(!spool_file_lasting(&file));
    push(130);
    assert_run(spool_present(&file.spool), 31, 130);
    spool_file_start(&file, &test_loop);
    spool_file_close(&file);
}
END_TEST

START_TEST(the_file_has_its_space_and_is_private)
{
    struct stat status;

    ck_assert_int_eq(stat(temp_dir_path(&dir, NAME), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_uint_eq((uint64_t)status.st_size, RECORDS_OFFSET + CAPACITY * sizeof(struct record));
    ck_assert_uint_ge((uint64_t)status.st_blocks * 512, (uint64_t)status.st_size);
}
END_TEST

START_TEST(a_new_file_outlives_a_power_cut)
{
    kill_agent();
    ck_assert_int_eq(unlinkat(dir.fd, NAME, 0), 0);
    folder_syncs = 0;
    open_again();
    ck_assert_uint_eq(folder_syncs, 1);
    kill_agent();
    open_again();
    ck_assert_uint_eq(folder_syncs, 1); /* it was there */
}
END_TEST

START_TEST(a_second_agent_is_refused)
{
    struct spool_file second;

    ck_assert_int_eq(spool_file_open(&second, dir.path, "n1", CAPACITY, BOOT, 9), -EBUSY);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "another agent has "), 1);
    ck_assert_int_eq(spool_file_open(&second, dir.path, "n2", CAPACITY, BOOT, 9), 0);
    spool_file_deinit(&second);
}
END_TEST

/* It proves to the collector that the agent is the same one. */
START_TEST(the_secret_lasts_as_long_as_the_spool)
{
    uint8_t secret[AGENT_SECRET_LEN];

    memcpy(secret, spool_file_secret(&file), sizeof secret);
    spool_file_deinit(&file);
    open_again();
    ck_assert_mem_eq(spool_file_secret(&file), secret, sizeof secret);
    spool_file_deinit(&file);
    open_sized(2 * CAPACITY);
    ck_assert_mem_eq(spool_file_secret(&file), secret, sizeof secret);
    spool_file_deinit(&file);
    ck_assert_int_eq(spool_file_open(&file, "", "n1", CAPACITY, BOOT, ++instance), 0);
    ck_assert_mem_ne(spool_file_secret(&file), secret, sizeof secret);
}
END_TEST

START_TEST(another_size_keeps_the_samples)
{
    static const unsigned sizes[] = {50, 300, 16, 100};

    push(100);
    ack(90);
    push(20);
    for (unsigned i = 0; i < 4; i++) {
        struct stat status;
        kill_agent();
        open_sized(sizes[i]);
        ck_assert(file.found.carried_on);
        assert_run(spool_present(&file.spool), i < 2 ? 91 : 105, 120);
        ck_assert_int_eq(stat(temp_dir_path(&dir, NAME), &status), 0);
        ck_assert_uint_eq((uint64_t)status.st_size, RECORDS_OFFSET + sizes[i] * sizeof(struct record));
        ck_assert_uint_eq(temp_dir_count(&dir, "n1"), 1);
        ck_assert_int_eq(spool_file_open(&(struct spool_file){0}, dir.path, "n1", CAPACITY, BOOT, 9), -EBUSY);
    }
    ck_assert_uint_eq(spool_present(&file.spool)->account.dropped[LOSS_OUTBOX_FULL], 14);
}
END_TEST

START_TEST(a_file_that_is_not_ours_is_moved_aside)
{
    kill_agent();
    temp_dir_write(&dir, NAME, "something else", 14);
    open_again();
    push(3);
    const char *aside = temp_dir_find(&dir, NAME ".bad-");
    ck_assert_ptr_nonnull(aside);
    ck_assert_str_eq(temp_dir_read(&dir, aside, NULL), "something else");
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "is not a spool of this version"), 1);
    kill_agent();
    open_again();
    assert_run(spool_present(&file.spool), 1, 3);
}
END_TEST

START_TEST(damaged_bytes_cost_their_record)
{
    int fd = open(temp_dir_path(&dir, NAME), O_RDWR | O_CLOEXEC);

    push(10);
    kill_agent();
    ck_assert_int_eq(pwrite(fd, "x", 1, (off_t)(RECORDS_OFFSET + 4 * sizeof(struct record) + 50)), 1);
    close(fd);
    open_again();
    ck_assert(!file.found.carried_on);
    ck_assert_uint_eq(file.found.damaged, 1);
    ck_assert_uint_eq(file.spool.runs[0].losses[0].first_seq, 4);
    ck_assert_uint_eq(outbox_waiting(&file.spool.runs[0]), 9);
}
END_TEST

START_TEST(a_block_that_cannot_be_read_costs_its_records)
{
    push(60);
    kill_agent();
    bad_offset = (off_t)(RECORDS_OFFSET + 30 * sizeof(struct record));
    open_again();
    ck_assert(!file.found.carried_on);
    uint64_t lost = file.spool.runs[0].account.dropped[LOSS_SPOOL_DAMAGED];
    ck_assert_uint_ge(lost, 4096 / sizeof(struct record));
    ck_assert_uint_le(lost, 4096 / sizeof(struct record) + 2);
    ck_assert_uint_eq(outbox_waiting(&file.spool.runs[0]), 60 - lost);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "damaged or unreadable"), 1);
    bad_offset = -1;
    push(1);
    kill_agent();
    open_again(); /* the block was written again */
    ck_assert(file.found.carried_on);
    ck_assert_uint_eq(outbox_waiting(&file.spool.runs[0]), 60 - lost);
}
END_TEST

START_TEST(a_file_cut_short_begins_a_new_instance)
{
    push(60);
    kill_agent();
    temp_dir_truncate(&dir, NAME, RECORDS_OFFSET + 50 * sizeof(struct record));
    open_again();
    ck_assert(!file.found.carried_on);
    assert_run(&file.spool.runs[0], 1, 49);
    ck_assert_uint_eq(spool_present(&file.spool)->instance, instance);
}
END_TEST

START_TEST(a_full_disk_does_not_keep_the_agent_down)
{
    struct temp_dir small;

    if (!temp_dir_create_small(&small, 65536))
        return;
    kill_agent();
    ck_assert_int_eq(spool_file_open(&file, small.path, "n1", 10000, BOOT, 9), 0);
    ck_assert(!spool_file_lasting(&file));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "No space left on device; samples are in memory only"), 1);
    push(3);
    assert_run(spool_present(&file.spool), 1, 3);
    kill_agent();
    /* A ring that fits is found untouched where a larger one does not. */
    temp_dir_remove(&small);
    ck_assert(temp_dir_create_small(&small, 65536));
    ck_assert_int_eq(spool_file_open(&file, small.path, "n1", CAPACITY, BOOT, 9), 0);
    ck_assert(spool_file_lasting(&file));
    push(3);
    kill_agent();
    ck_assert_int_eq(spool_file_open(&file, small.path, "n1", 10000, BOOT, 10), 0);
    ck_assert(!spool_file_lasting(&file));
    kill_agent();
    ck_assert_uint_eq(temp_dir_count(&small, "n1"), 1);
    ck_assert_int_eq(spool_file_open(&file, small.path, "n1", CAPACITY, BOOT, 11), 0);
    ck_assert(file.found.carried_on);
    kill_agent();
    temp_dir_remove(&small);
}
END_TEST

START_TEST(a_read_only_disk_does_not_keep_the_agent_down)
{
    struct temp_dir small;

    if (!temp_dir_create_small(&small, 1 << 20))
        return;
    kill_agent();
    ck_assert_int_eq(mount("tmpfs", small.path, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1048576"), 0);
    ck_assert_int_eq(spool_file_open(&file, small.path, "n1", CAPACITY, BOOT, 9), 0);
    ck_assert(!spool_file_lasting(&file));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "samples are in memory only"), 1);
    temp_dir_remove(&small);
}
END_TEST

static bool has_synced(void *arg)
{
    return __atomic_load_n(&syncs, __ATOMIC_SEQ_CST) >= *(unsigned *)arg && !file.syncing;
}

START_TEST(what_is_new_is_synced)
{
    unsigned wanted = 1;

    (void)spool_take_changed(&file.spool);
    spool_file_start(&file, &test_loop);
    uv_timer_set_repeat(&file.timer, 20);
    uv_timer_again(&file.timer);
    test_loop_for_ms(100);
    ck_assert_uint_eq(syncs, 0);
    push(1);
    test_loop_until(has_synced, &wanted);
    test_loop_for_ms(100);
    ck_assert_uint_eq(syncs, 1);

    sync_error = EIO;
    push(1);
    wanted = 4; /* it is retried, and logged once */
    test_loop_until(has_synced, &wanted);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't sync "), 1);
    sync_error = 0;
    wanted = syncs + 1;
    test_loop_until(has_synced, &wanted);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "can be synced again"), 1);
    spool_file_close(&file);
    spool_file_close(&file);
}
END_TEST

/* In a process of its own: standard error is a pipe. */
START_TEST(a_file_that_is_truncated_in_use_ends_the_agent_with_a_message)
{
    char text[1024] = "";
    int ends[2], status = 0;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        push(1);
        temp_dir_truncate(&dir, NAME, 0);
        push(1);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_msg(strstr(text, NAME " was truncated while it was in use") != NULL, "%s", text);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* Any other one ends the process as before. */
START_TEST(other_bus_errors_are_not_taken_for_one_of_the_spool)
{
    int status = 0;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)raise(SIGBUS);
        (void)raise(SIGBUS);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGBUS);
}
END_TEST

START_TEST(each_boot_has_its_number)
{
    ck_assert_uint_ne(spool_file_boot(""), 0);
    ck_assert_uint_eq(spool_file_boot("/nonexistent"), spool_file_boot("")); /* the machine's own */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool_file");

    CASES_ADD(suite, "files", begin, end, a_new_file_outlives_a_power_cut, a_killed_agent_finds_its_samples,
              without_a_folder_it_is_memory, the_file_has_its_space_and_is_private, a_second_agent_is_refused,
              the_secret_lasts_as_long_as_the_spool, another_size_keeps_the_samples,
              a_file_that_is_not_ours_is_moved_aside, damaged_bytes_cost_their_record,
              a_block_that_cannot_be_read_costs_its_records, a_file_cut_short_begins_a_new_instance,
              a_full_disk_does_not_keep_the_agent_down, a_read_only_disk_does_not_keep_the_agent_down,
              what_is_new_is_synced, a_file_that_is_truncated_in_use_ends_the_agent_with_a_message,
              other_bus_errors_are_not_taken_for_one_of_the_spool, each_boot_has_its_number);
    return suite_run(suite);
}
