/* Opens a file and locks it with flock(), so that at most one process uses it at a time.
 *
 * Synchronous: for the start of a program. Closing the descriptor, or the end of the process, releases the lock. */
#ifndef COMMON_LOCKED_FILE_H
#define COMMON_LOCKED_FILE_H

/* Opens the file for reading and writing, creates it if it is missing, and locks it. A symbolic link is refused.
 * Returns the descriptor, -EBUSY when another process has it, or another negative errno. */
int locked_file_open(const char *path);

/* The same for a file that begins empty, whatever it had. */
int locked_file_create(const char *path);

/* Makes the file's name durable: syncs the folder. path: with a slash. 0 or a negative errno. */
int locked_file_sync_name(const char *path);

/* Gives the file another name, durably; a file that had it is gone. 0 or a negative errno. */
int locked_file_rename(const char *from, const char *to);

#endif
