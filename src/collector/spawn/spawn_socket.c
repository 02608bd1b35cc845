#include "collector/spawn/spawn_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES_LEN (SPAWN_FILES * sizeof(int))

/* Aligned as CMSG_DATA() needs it. */
union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(FILES_LEN)];
};

int spawn_socket_send(int fd, const void *data, size_t len, const int *fds, int flags)
{
    struct iovec part = {.iov_base = (void *)data, .iov_len = len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {
        .header = {.cmsg_len = CMSG_LEN(FILES_LEN), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};

    if (fds != NULL) {
        memcpy(CMSG_DATA(&control.header), fds, FILES_LEN);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    return TEMP_FAILURE_RETRY(sendmsg(fd, &message, flags | MSG_NOSIGNAL)) < 0 ? -errno : 0;
}

/* Returns how many descriptors came with the message. */
static size_t take_files(struct msghdr *message, int *files)
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);

    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t len = header->cmsg_len - CMSG_LEN(0);
    memcpy(files, CMSG_DATA(header), len);
    return len / sizeof(int);
}

ssize_t spawn_socket_receive(int fd, void *data, size_t size, int *fds, int flags)
{
    struct iovec part = {.iov_base = data, .iov_len = size};
    union control control = {.space = {0}};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int files[sizeof control / sizeof(int)];

    ssize_t len = TEMP_FAILURE_RETRY(recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC));
    if (len <= 0)
        return len < 0 ? -errno : 0;
    size_t count = take_files(&message, files);
    bool is_whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (is_whole && count == (fds != NULL ? SPAWN_FILES : 0)) {
        for (size_t i = 0; i < count; i++)
            fds[i] = files[i];
        return len;
    }
    for (size_t i = 0; i < count; i++)
        close(files[i]);
    return -EBADMSG;
}
