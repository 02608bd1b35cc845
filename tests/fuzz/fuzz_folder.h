/* A collector's folder as the text of one input:
 *
 *     @metrics-00000001.csv 60     a file, and how many minutes ago it was written; below it the rows, without the
 * header web-1,12.50,... =gaps.csv 0                  the same with a content of which nothing is added
 *     @metrics.index 60            the index without its last line
 *     @metrics.synced 0            two numbers, NUMBER,LENGTH: see store/segment_mark.h; the length without the header
 *
 * Files of other names are left out. */
#ifndef FUZZ_FUZZ_FOLDER_H
#define FUZZ_FUZZ_FOLDER_H

#include "fuzz/fuzz_disk.h"

void fuzz_folder_make(struct fuzz_disk *disk, const char *text, size_t len);

#endif
