/* Files of all kinds, in a folder and in the kernel's file systems. */
#include "agent/node/node_files.h"

#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static struct node_files files;
static struct node_source node;
static struct temp_dir dir;

static void begin(void)
{
    temp_dir_create(&dir);
    files.root = "";
    node = node_files_source(&files);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static void write_file(const char *name, const char *text)
{
    temp_dir_write(&dir, name, text, strlen(text));
}

static struct node_record read_path(const char *path)
{
    struct node_record_file file = {.path = path};

    return node.read_record(&file, node.arg);
}

static struct node_record read_record(const char *name)
{
    return read_path(temp_dir_path(&dir, name));
}

/* ---- files of the operator's ---- */

START_TEST(record_is_what_is_there_now)
{
    write_file("app", "1 2\n");
    struct node_record record = read_record("app");
    ck_assert_int_eq(record.rc, 0);
    ck_assert_uint_eq(record.text.len, 4);
    ck_assert_mem_eq(record.text.at, "1 2\n", 4);
    ck_assert_int_ge(record.age_ms, -1000); /* the clock of files is a little behind, or that of another machine */
    ck_assert_int_le(record.age_ms, 20000);
    uint64_t inode = record.inode;
    write_file("new", "3 4\n");
    ck_assert_int_eq(renameat(dir.fd, "new", dir.fd, "app"), 0);
    record = read_record("app");
    ck_assert_mem_eq(record.text.at, "3 4\n", 4);
    ck_assert_uint_ne(record.inode, inode);
}
END_TEST

START_TEST(record_has_its_age)
{
    write_file("app", "1 2\n");
    const struct utimbuf times = {.actime = time(NULL), .modtime = time(NULL) - 3600};
    ck_assert_int_eq(utime(temp_dir_path(&dir, "app"), &times), 0);
    struct node_record record = read_record("app");
    ck_assert_int_eq(record.mtime_ms, (int64_t)times.modtime * 1000);
    ck_assert_int_ge(record.age_ms, 3600000);
    ck_assert_int_le(record.age_ms, 3620000);
}
END_TEST

START_TEST(other_things_than_files_are_refused)
{
    ck_assert_int_eq(read_record("none").rc, -ENOENT);
    ck_assert_int_eq(mkfifo(temp_dir_path(&dir, "fifo"), 0666), 0);
    ck_assert_int_eq(read_record("fifo").rc, -EINVAL);
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "folder"), 0777), 0);
    ck_assert_int_eq(read_record("folder").rc, -EINVAL);
    ck_assert_int_eq(read_path("/dev/zero").rc, -EINVAL);
}
END_TEST

/* Its file system is asked for again when it is on another device. */
START_TEST(record_in_memory_is_prompt_until_it_is_on_a_disk)
{
    char link[] = "/dev/shm/check_node_files.XXXXXX";
    struct node_record_file file = {.path = link};

    int fd = mkstemp(link);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "1 2", 3), 3);
    close(fd);
    for (unsigned i = 0; i < 2; i++) {
        files.is_prompt = true;
        ck_assert_uint_eq(node.read_record(&file, node.arg).text.len, 3);
        ck_assert(files.is_prompt);
    }
    write_file("app", "1 2 3");
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(symlink(temp_dir_path(&dir, "app"), link), 0);
    ck_assert_uint_eq(node.read_record(&file, node.arg).text.len, 5);
    ck_assert(!files.is_prompt);
    ck_assert_int_eq(unlink(link), 0);
    files.is_prompt = true;
    ck_assert_int_eq(node.read_record(&file, node.arg).rc, -ENOENT);
    ck_assert(!files.is_prompt);
}
END_TEST

static int look_for(const char *path, bool *is_prompt)
{
    files.is_prompt = true;
    int rc = node.look_for(path, node.arg);
    *is_prompt = files.is_prompt;
    return rc;
}

START_TEST(file_in_memory_is_looked_for_promptly)
{
    bool is_prompt;

    ck_assert_int_eq(look_for("/dev/shm/none", &is_prompt), -ENOENT);
    ck_assert(is_prompt);
    ck_assert_int_eq(look_for("/proc/stat", &is_prompt), 0);
    ck_assert(is_prompt);
    ck_assert_int_eq(look_for("/dev/shm/none/none", &is_prompt), -ENOENT);
    ck_assert(!is_prompt);
    ck_assert_int_eq(look_for("/dev/shm/", &is_prompt), 0);
    ck_assert(is_prompt);
    write_file("job", "");
    ck_assert_int_eq(look_for(temp_dir_path(&dir, "job"), &is_prompt), 0);
    ck_assert(!is_prompt);
    ck_assert_int_eq(look_for(temp_dir_path(&dir, "none"), &is_prompt), -ENOENT);
    ck_assert(!is_prompt);
    ck_assert_int_eq(chdir(dir.path), 0);
    ck_assert_int_eq(look_for("none", &is_prompt), -ENOENT);
    ck_assert(!is_prompt);
    ck_assert_int_eq(look_for("job", &is_prompt), 0);
}
END_TEST

START_TEST(record_of_256_bytes_is_the_largest)
{
    char text[NODE_RECORD_MAX + 1];

    memset(text, '1', sizeof text);
    temp_dir_write(&dir, "app", text, NODE_RECORD_MAX);
    ck_assert_uint_eq(read_record("app").text.len, NODE_RECORD_MAX);
    temp_dir_write(&dir, "app", text, sizeof text);
    ck_assert_int_eq(read_record("app").rc, -EFBIG);
    ck_assert_int_eq(truncate(temp_dir_path(&dir, "app"), INT64_C(1) << 40), 0);
    ck_assert_int_eq(read_record("app").rc, -EFBIG);
}
END_TEST

START_TEST(refused_files_leak_no_descriptors)
{
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "folder"), 0777), 0);
    int before = dup(0);
    close(before);
    for (unsigned i = 0; i < 100; i++)
        (void)read_record("folder");
    int after = dup(0);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

/* ---- which readings can't hang ---- */

static bool reading_is_prompt(struct node_file *file)
{
    files.is_prompt = true;
    (void)node.read(file, false, node.arg);
    return files.is_prompt;
}

START_TEST(kernel_answers_promptly)
{
    struct node_file stat = node_file_at("/proc/stat");
    struct node_file lo = node_file_at("/sys/class/net/lo/operstate");

    ck_assert(reading_is_prompt(&stat));
    ck_assert(reading_is_prompt(&lo));
    node_source_close(&node, &stat);
    node_source_close(&node, &lo);
}
END_TEST

START_TEST(disk_does_not)
{
    write_file("stat", "cpu 1\n");
    files.root = dir.path;
    struct node_file file = node_file_at("/stat");
    ck_assert(!reading_is_prompt(&file));
    ck_assert(!reading_is_prompt(&file));
    node_source_close(&node, &file);
    files.is_prompt = true;
    (void)read_record("stat");
    ck_assert(!files.is_prompt);
}
END_TEST

/* To look for it is no reading that is known not to hang; to wait for the next look is. */
START_TEST(missing_file_is_prompt_while_nobody_looks_for_it)
{
    struct node_file file = node_file_at("/proc/headroom/none");
    unsigned prompt = 0;

    for (unsigned i = 0; i < 64; i++)
        prompt += reading_is_prompt(&file);
    ck_assert_uint_gt(prompt, 50);
    ck_assert_uint_lt(prompt, 64);
}
END_TEST

/* One that fails is closed, and has to be opened again. */
START_TEST(file_that_fails_is_not_prompt)
{
    struct node_file file = node_file_at("/proc/stat");

    ck_assert(reading_is_prompt(&file));
    ck_assert_int_ge(dup2(dir.fd, file.fd), 0); /* a folder, whose reading fails */
    ck_assert(!reading_is_prompt(&file));
    ck_assert_int_eq(file.fd, -1);
}
END_TEST

/* ---- long lists ---- */

static void mount_memory(const char *path)
{
    ck_assert_int_eq(mount("none", path, "tmpfs", 0, NULL), 0);
}

/* Makes folders in each other and goes to the last: its line in mountinfo is almost as long as a page. */
static void enter_deep_folder(void)
{
    char name[201];

    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 0; i < 19; i++) {
        ck_assert_int_eq(mkdir(name, 0777), 0);
        ck_assert_int_eq(chdir(name), 0);
    }
}

/* The short line between two long ones is the only one of its page. In a namespace of its own, which needs root. */
START_TEST(list_of_mounts_is_read_behind_long_lines)
{
    struct node_file file = node_file_at("/proc/self/mountinfo");
    char last[128];

    if (unshare(CLONE_NEWNS) < 0)
        return;
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    mount_memory(dir.path);
    ck_assert_int_eq(chdir(dir.path), 0);
    ck_assert_int_eq(mkdir("a", 0777), 0);
    ck_assert_int_eq(mkdir("b", 0777), 0);
    enter_deep_folder();
    mount_memory(".");
    mount_memory(temp_dir_path(&dir, "a"));
    mount_memory(".");
    mount_memory(temp_dir_path(&dir, "b"));
    struct node_text text = node_source_whole(&node, &file);
    snprintf(last, sizeof last, " %s ", temp_dir_path(&dir, "b"));
    ck_assert_ptr_nonnull(memmem(text.at, text.len, last, strlen(last)));
    node_source_close(&node, &file);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(umount2(dir.path, MNT_DETACH), 0);
}
END_TEST

START_TEST(longer_file_is_cut)
{
    static char text[NODE_FILES_TEXT_MAX];
    struct node_file file = node_file_at("/list");

    memset(text, 'x', sizeof text);
    files.root = dir.path;
    temp_dir_write(&dir, "list", text, sizeof text - 1);
    ck_assert(!node_source_whole(&node, &file).is_cut);
    temp_dir_append(&dir, "list", "yz", 2);
    ck_assert_uint_eq(node_source_whole(&node, &file).len, sizeof text);
    ck_assert(node_source_whole(&node, &file).is_cut);
    ck_assert(!node_source_head(&node, &file).is_cut);
    node_source_close(&node, &file);
}
END_TEST

/* ---- file systems ---- */

START_TEST(space_is_that_of_the_device_alone)
{
    struct stat status;
    struct statvfs usage;
    struct node_space space = {0};
    struct mount mount = {.path = "/"};

    files.root = dir.path;
    ck_assert_int_eq(stat(dir.path, &status), 0);
    mount.major = major(status.st_dev);
    mount.minor = minor(status.st_dev);
    ck_assert_int_eq(node.read_space(&mount, &space, node.arg), 0);
    ck_assert_int_eq(statvfs(dir.path, &usage), 0);
    ck_assert_uint_gt(space.used, 0);
    ck_assert_uint_le(space.used, usage.f_blocks);
    ck_assert_uint_le(space.available, usage.f_blocks - space.used);
    mount.major++;
    ck_assert_int_eq(node.read_space(&mount, &space, node.arg), -EXDEV);
    mount.major = 0; /* as of the machine's root, which is not mounted below this one */
    ck_assert_int_eq(node.read_space(&mount, &space, node.arg), -EXDEV);
    files.root = "";
    strcpy(mount.path, "/dev/shm"); /* tmpfs: it has no device, but a number */
    ck_assert_int_eq(stat(mount.path, &status), 0);
    mount.minor = minor(status.st_dev);
    files.is_prompt = true;
    ck_assert_int_eq(node.read_space(&mount, &space, node.arg), 0);
    ck_assert(files.is_prompt);
    strcpy(mount.path, "/none");
    ck_assert_int_eq(node.read_space(&mount, &space, node.arg), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node_files");
    TCase *tests = tcase_create("node_files");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, record_is_what_is_there_now);
    tcase_add_test(tests, record_has_its_age);
    tcase_add_test(tests, other_things_than_files_are_refused);
    tcase_add_test(tests, record_in_memory_is_prompt_until_it_is_on_a_disk);
    tcase_add_test(tests, file_in_memory_is_looked_for_promptly);
    tcase_add_test(tests, record_of_256_bytes_is_the_largest);
    tcase_add_test(tests, refused_files_leak_no_descriptors);
    tcase_add_test(tests, kernel_answers_promptly);
    tcase_add_test(tests, disk_does_not);
    tcase_add_test(tests, missing_file_is_prompt_while_nobody_looks_for_it);
    tcase_add_test(tests, file_that_fails_is_not_prompt);
    tcase_add_test(tests, list_of_mounts_is_read_behind_long_lines);
    tcase_add_test(tests, longer_file_is_cut);
    tcase_add_test(tests, space_is_that_of_the_device_alone);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
