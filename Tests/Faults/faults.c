// Records and breaks the calls through which a store reaches its file. Preloaded into a child process of the tests.
//
// A call counts when it concerns a regular file whose path begins with the path of the store, except the lock file: the
// store itself and the draft that it is created under. Recording writes one entry a call to a log; failing makes one
// call, chosen by number, report an error. The tests reach the functions at the end through dlsym.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { entry_write = 1, entry_durable_write, entry_sync, entry_folder_sync, entry_rename, entry_mark, entry_truncate,
       entry_punch };

// The header of an entry; `payload` bytes follow.
struct entry {
  uint64_t kind, file, offset, count, payload;
};

static const int short_call = -1;

static char store[4096];
static int log_descriptor = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long failing_call = 0, call_count = 0;
static int failure = 0;
static volatile bool watches_allocations = false;
static long failing_allocation = 0, allocation_count = 0;
static uintptr_t lmdb_begin = 0, lmdb_end = 0;

static bool is_store_path(const char *path) {
  size_t prefix = strlen(store);
  if (prefix == 0 || strncmp(path, store, prefix) != 0) return false;
  size_t length = strlen(path);
  return length < 5 || strcmp(path + length - 5, "-lock") != 0;
}

// Whether the descriptor is the store, and the number of its file.
static bool is_store(int descriptor, uint64_t *file) {
  if (store[0] == 0 || descriptor < 0) return false;
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = 0;
  struct stat status;
  if (!is_store_path(path) || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  *file = status.st_ino;
  return true;
}

static void append(const void *bytes, size_t count) {
  const char *rest = bytes;
  while (count > 0) {
    long written = syscall(SYS_write, log_descriptor, rest, count);
    if (written <= 0) abort();
    rest += written;
    count -= (size_t)written;
  }
}

static void note(uint64_t kind, uint64_t file, uint64_t offset, uint64_t count, const struct iovec *parts, int number) {
  if (log_descriptor < 0) return;
  struct entry entry = {kind, file, offset, count, 0};
  for (int part = 0; part < number; part++) entry.payload += parts[part].iov_len;
  pthread_mutex_lock(&lock);
  append(&entry, sizeof entry);
  for (int part = 0; part < number; part++) append(parts[part].iov_base, parts[part].iov_len);
  pthread_mutex_unlock(&lock);
}

// Counts a call; returns 0, or how it is to fail.
static int next_call(void) {
  long number = __atomic_add_fetch(&call_count, 1, __ATOMIC_SEQ_CST);
  return failing_call != 0 && number == failing_call ? failure : 0;
}

static long fail(int how) {
  errno = how == short_call ? EIO : how;
  return -1;
}

// Writing

static ssize_t write_parts(int descriptor, const struct iovec *parts, int number, off_t offset) {
  uint64_t file = 0, count = 0;
  if (!is_store(descriptor, &file)) return syscall(SYS_pwritev, descriptor, parts, number, offset, 0L);
  for (int part = 0; part < number; part++) count += parts[part].iov_len;
  int how = next_call();
  if (how == short_call && number > 0)
    return syscall(SYS_pwrite64, descriptor, parts[0].iov_base, (parts[0].iov_len + 1) / 2, offset);
  if (how != 0) return fail(how);
  bool is_durable = (fcntl(descriptor, F_GETFL) & O_DSYNC) != 0;
  if (!is_durable) note(entry_write, file, (uint64_t)offset, count, parts, number);
  ssize_t written = syscall(SYS_pwritev, descriptor, parts, number, offset, 0L);
  if (is_durable) note(entry_durable_write, file, (uint64_t)offset, count, parts, number);
  return written;
}

static ssize_t write_at(int descriptor, const void *bytes, size_t count, off_t offset) {
  struct iovec part = {(void *)bytes, count};
  return write_parts(descriptor, &part, 1, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return write_at(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return write_at(descriptor, bytes, count, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int number, off_t offset) {
  return write_parts(descriptor, parts, number, offset);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int number, off64_t offset) {
  return write_parts(descriptor, parts, number, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  uint64_t file;
  if (!is_store(descriptor, &file)) return syscall(SYS_write, descriptor, bytes, count);
  off_t offset = lseek(descriptor, 0, SEEK_CUR);
  ssize_t written = write_at(descriptor, bytes, count, offset);
  if (written > 0) lseek(descriptor, offset + written, SEEK_SET);
  return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int number) {
  uint64_t file;
  if (!is_store(descriptor, &file)) return syscall(SYS_writev, descriptor, parts, number);
  off_t offset = lseek(descriptor, 0, SEEK_CUR);
  ssize_t written = write_parts(descriptor, parts, number, offset);
  if (written > 0) lseek(descriptor, offset + written, SEEK_SET);
  return written;
}

static int resize(int descriptor, off_t size) {
  uint64_t file;
  if (!is_store(descriptor, &file)) return (int)syscall(SYS_ftruncate, descriptor, size);
  int how = next_call();
  if (how != 0) return (int)fail(how);
  note(entry_truncate, file, (uint64_t)size, 0, NULL, 0);
  return (int)syscall(SYS_ftruncate, descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return resize(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return resize(descriptor, size); }

static int allocate(int descriptor, int mode, off_t offset, off_t count) {
  uint64_t file;
  if (!is_store(descriptor, &file)) return (int)syscall(SYS_fallocate, descriptor, mode, offset, count);
  int how = next_call();
  if (how != 0) return (int)fail(how);
  if (mode & FALLOC_FL_PUNCH_HOLE) note(entry_punch, file, (uint64_t)offset, (uint64_t)count, NULL, 0);
  return (int)syscall(SYS_fallocate, descriptor, mode, offset, count);
}

int fallocate(int descriptor, int mode, off_t offset, off_t count) { return allocate(descriptor, mode, offset, count); }
int fallocate64(int descriptor, int mode, off64_t offset, off64_t count) {
  return allocate(descriptor, mode, offset, count);
}

// Making durable

static int sync_with(long number, int descriptor) {
  uint64_t file;
  struct stat status;
  if (is_store(descriptor, &file)) {
    int how = next_call();
    if (how != 0) return (int)fail(how);
    int code = (int)syscall(number, descriptor);
    if (code == 0) note(entry_sync, file, 0, 0, NULL, 0);
    return code;
  }
  int code = (int)syscall(number, descriptor);
  if (code == 0 && log_descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
    note(entry_folder_sync, status.st_ino, 0, 0, NULL, 0);
  return code;
}

int fsync(int descriptor) { return sync_with(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return sync_with(SYS_fdatasync, descriptor); }

int renameat2(int from, const char *source, int to, const char *target, unsigned int flags) {
  if (is_store_path(source)) {
    int how = next_call();
    if (how != 0) return (int)fail(how);
    struct stat status;
    if (stat(source, &status) == 0) {
      struct iovec name = {(void *)target, strlen(target)};
      note(entry_rename, status.st_ino, 0, 0, &name, 1);
    }
  }
  return (int)syscall(SYS_renameat2, from, source, to, target, flags);
}

// Opening, mapping and reading: these only fail.

static int open_file(int folder, const char *path, int flags, mode_t mode) {
  if (is_store_path(path)) {
    int how = next_call();
    if (how != 0) return (int)fail(how);
  }
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE_OF(flags, mode)                   \
  mode_t mode = 0;                             \
  if ((flags) & (O_CREAT | O_TMPFILE)) {       \
    va_list arguments;                         \
    va_start(arguments, flags);                \
    mode = (mode_t)va_arg(arguments, int);     \
    va_end(arguments);                         \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_file(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

static ssize_t read_at(int descriptor, void *bytes, size_t count, off_t offset) {
  uint64_t file;
  if (failing_call != 0 && is_store(descriptor, &file)) {
    int how = next_call();
    if (how == short_call) count = (count + 1) / 2;
    else if (how != 0) return fail(how);
  }
  return syscall(SYS_pread64, descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
  return read_at(descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset) {
  return read_at(descriptor, bytes, count, offset);
}

// Allocations of LMDB

extern void *__libc_malloc(size_t count);
extern void *__libc_calloc(size_t number, size_t count);
extern void *__libc_realloc(void *bytes, size_t count);

static bool fails_allocation(void *caller) {
  if (!watches_allocations || (uintptr_t)caller < lmdb_begin || (uintptr_t)caller >= lmdb_end) return false;
  return __atomic_add_fetch(&allocation_count, 1, __ATOMIC_SEQ_CST) == failing_allocation;
}

void *malloc(size_t count) {
  if (!fails_allocation(__builtin_return_address(0))) return __libc_malloc(count);
  errno = ENOMEM;
  return NULL;
}

void *calloc(size_t number, size_t count) {
  if (!fails_allocation(__builtin_return_address(0))) return __libc_calloc(number, count);
  errno = ENOMEM;
  return NULL;
}

void *realloc(void *bytes, size_t count) {
  if (!fails_allocation(__builtin_return_address(0))) return __libc_realloc(bytes, count);
  errno = ENOMEM;
  return NULL;
}

static int find_lmdb(struct dl_phdr_info *library, size_t size, void *context) {
  (void)size, (void)context;
  if (library->dlpi_name == NULL || strstr(library->dlpi_name, "liblmdb") == NULL) return 0;
  for (int part = 0; part < library->dlpi_phnum; part++) {
    const ElfW(Phdr) *header = &library->dlpi_phdr[part];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
    lmdb_begin = library->dlpi_addr + header->p_vaddr;
    lmdb_end = lmdb_begin + header->p_memsz;
  }
  return 1;
}

// What the tests call

// Records every call on the files of `path` to the descriptor `log`; -1 ends the recording.
void instar_faults_record(const char *path, int log) {
  snprintf(store, sizeof store, "%s", path);
  log_descriptor = log;
}

// Notes in the log that from here on the store may be in one of the states from `oldest` to `newest`.
void instar_faults_mark(uint64_t oldest, uint64_t newest) { note(entry_mark, 0, oldest, newest, NULL, 0); }

// Lets call number `call` from now on fail with the error `how`, or be cut short with -1. 0 as number: none does.
void instar_faults_fail(const char *path, long call, int how) {
  snprintf(store, sizeof store, "%s", path);
  __atomic_store_n(&call_count, 0, __ATOMIC_SEQ_CST);
  failure = how;
  failing_call = call;
}

// Calls since then.
long instar_faults_calls(void) { return __atomic_load_n(&call_count, __ATOMIC_SEQ_CST); }

// Lets allocation number `allocation` of LMDB from now on fail; 0: none does. Returns whether LMDB was found.
bool instar_faults_fail_allocation(long allocation) {
  if (lmdb_begin == 0) dl_iterate_phdr(find_lmdb, NULL);
  __atomic_store_n(&allocation_count, 0, __ATOMIC_SEQ_CST);
  failing_allocation = allocation;
  watches_allocations = lmdb_begin != 0;
  return lmdb_begin != 0;
}

long instar_faults_allocations(void) { return __atomic_load_n(&allocation_count, __ATOMIC_SEQ_CST); }
