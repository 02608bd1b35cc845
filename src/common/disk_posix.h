/* Implements struct disk for a directory of the real file system. */
#ifndef COMMON_DISK_POSIX_H
#define COMMON_DISK_POSIX_H

#include "common/disk.h"

/* dir_fd stays the caller's, and open for as long as the disk is used. */
struct disk disk_posix(int dir_fd);

#endif
