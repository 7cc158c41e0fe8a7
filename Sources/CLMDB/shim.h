#include <lmdb.h>
// What the store asks of the file system and the C library that Swift's own module leaves out.
#include <stdio.h>
#if defined(__linux__)
#include <sys/vfs.h>
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
int renameat2(int, const char *, int, const char *, unsigned int);
#endif
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif
