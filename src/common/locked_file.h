/* Opens a file and locks it with flock(), so that at most one process uses it at a time.
 *
 * Synchronous: for the start of a program. Closing the descriptor, or the end of the process, releases the lock. */
#ifndef COMMON_LOCKED_FILE_H
#define COMMON_LOCKED_FILE_H

/* Opens the file in the folder for reading and writing, creates it if it is missing, and locks it. Refuses
 * what is not a regular file, see regular_file.h. Returns the descriptor, -EBUSY when another process has it, or
 * another negative errno. */
int locked_file_open(int dir_fd, const char *name);

/* The same for a file that begins empty, whatever it had. */
int locked_file_create(int dir_fd, const char *name);

#endif
