/* Opens text files for reading. One whose name ends in .zst, as that of a compressed segment does, reads as its content
 * (disk_plain.h). */
#ifndef OFFLINE_TEXT_FILE_H
#define OFFLINE_TEXT_FILE_H

#include <stdio.h>

/* NULL, with errno: it can't be read. */
FILE *text_file_open(const char *path);

#endif
