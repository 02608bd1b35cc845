/* Reads the file of a token or password. */
#ifndef BRIDGE_HTTP_HTTP_SECRET_H
#define BRIDGE_HTTP_HTTP_SECRET_H

#define HTTP_SECRET_MAX 8192U

/* Its first line that is not empty, without its end. 0; -ENODATA for a file without one; or a negative errno, as of
 * secret_file_open(). It never waits for a writer. */
int http_secret_read(const char *path, char secret[HTTP_SECRET_MAX]);

#endif
