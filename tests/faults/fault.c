/* A library to preload: makes the n-th call that changes files below one folder fail, or ends the process in it.
 *
 *   CPLAE_FAULT_BELOW  the folder, as an absolute path without links
 *   CPLAE_FAULT_KIND   COUNT (nothing fails, every call is logged), ENOSPC, EIO, EINTR, SHORT (a write of half the
 *                      bytes), LOST (a write that says that it has written, and has not), KILL (SIGKILL before the call; of a write, after half of its bytes), NOLOCKS (a file system
 *                      without locks)
 *   CPLAE_FAULT_AT     which call, from 1
 *   CPLAE_FAULT_RANK   of which MPI rank (default 0)
 *   CPLAE_FAULT_LOG    file outside the folder that gets a line for each call logged: number, call, path
 *
 * Calls: open (for writing), read (open for reading, but not to list a folder), write, ftruncate, fsync, close (of what was written to),
 * shut (of what was open for writing, and nothing was written), rename, mkdir; each in all its forms. A number means the same call whatever the kind; nothing happens where a kind does not fit its call: SHORT and LOST fit
 * writes only, and no signal interrupts rename or mkdir. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NOTHING, COUNT, FAIL, SHORT, LOST, KILL, NOLOCKS };

static struct {
  int is_ready;
  enum kind kind;
  int error;
  long at;
  size_t length;
  char below[PATH_MAX];
  char log[PATH_MAX];
} plan;
static atomic_long calls;
enum { MOST_DESCRIPTORS = 4096 };
static atomic_char written[MOST_DESCRIPTORS];

static const char* setting(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value != NULL ? value : otherwise;
}

static int is_my_rank(void) {
  return atoi(setting("OMPI_COMM_WORLD_RANK", "0")) == atoi(setting("CPLAE_FAULT_RANK", "0"));
}

__attribute__((constructor)) static void prepare(void) {
  const char* kind = setting("CPLAE_FAULT_KIND", "");
  snprintf(plan.below, sizeof plan.below, "%s", setting("CPLAE_FAULT_BELOW", ""));
  snprintf(plan.log, sizeof plan.log, "%s", setting("CPLAE_FAULT_LOG", "/dev/null"));
  plan.length = strlen(plan.below);
  plan.at = atol(setting("CPLAE_FAULT_AT", "0"));
  if (strcmp(kind, "COUNT") == 0) plan.kind = COUNT;
  if (strcmp(kind, "SHORT") == 0) plan.kind = SHORT;
  if (strcmp(kind, "LOST") == 0) plan.kind = LOST;
  if (strcmp(kind, "KILL") == 0) plan.kind = KILL;
  if (strcmp(kind, "NOLOCKS") == 0) plan.kind = NOLOCKS;
  if (strcmp(kind, "ENOSPC") == 0) plan.error = ENOSPC;
  if (strcmp(kind, "EIO") == 0) plan.error = EIO;
  if (strcmp(kind, "EINTR") == 0) plan.error = EINTR;
  if (plan.error != 0) plan.kind = FAIL;
  if (plan.length == 0 || !is_my_rank()) plan.kind = NOTHING;
  plan.is_ready = 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_below(const char* path) {
  return plan.is_ready && plan.kind != NOTHING && strncmp(path, plan.below, plan.length) == 0 &&
         (path[plan.length] == '/' || path[plan.length] == '\0');
}

static void absolute(int folder, const char* path, char* out) {
  char base[PATH_MAX / 2] = "";
  char link[64] = "/proc/self/cwd";
  out[0] = '\0';
  if (path == NULL) return;
  if (path[0] == '/') {
    snprintf(out, PATH_MAX, "%s", path);
    return;
  }
  if (folder != AT_FDCWD) snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  const ssize_t size = readlink(link, base, sizeof base - 1);
  base[size > 0 ? size : 0] = '\0';
  snprintf(out, PATH_MAX, "%s/%s", base, path);
}

static void path_of(int descriptor, char* out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = readlink(link, out, PATH_MAX - 1);
  out[size > 0 ? size : 0] = '\0';
}

static void note(long number, const char* call, const char* path) {
  char line[PATH_MAX + 64];
  const int size = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
  const int log = REAL(open)(plan.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return;
  if (REAL(write)(log, line, (size_t)size) < 0) abort();
  REAL(close)(log);
}

/* Which kinds fit a call. */
enum fit { WRITES, INTERRUPTIBLE, UNINTERRUPTIBLE };

static int fits(enum fit fit) {
  if (plan.kind == SHORT || plan.kind == LOST) return fit == WRITES;
  return plan.kind == KILL || fit != UNINTERRUPTIBLE || plan.error != EINTR;
}

/* Whether it is this call's turn. */
static int is_hit(const char* call, const char* path, enum fit fit) {
  const int saved = errno;
  const long number = atomic_fetch_add(&calls, 1) + 1;
  const int hit = plan.kind != COUNT && number == plan.at && fits(fit);
  if (plan.kind == COUNT || hit) note(number, call, path);
  errno = saved;
  return hit;
}

static int is_hit_path(const char* call, int folder, const char* path, enum fit fit) {
  char whole[PATH_MAX];
  if (plan.kind == NOTHING) return 0;
  absolute(folder, path, whole);
  return is_below(whole) && is_hit(call, whole, fit);
}

static int is_hit_descriptor(const char* call, int descriptor, enum fit fit) {
  char path[PATH_MAX];
  if (plan.kind == NOTHING) return 0;
  path_of(descriptor, path);
  if (!is_below(path)) return 0;
  if (fit == WRITES && descriptor < MOST_DESCRIPTORS) written[descriptor] = 1;
  return is_hit(call, path, fit);
}

static int fail(void) {
  if (plan.kind == KILL) kill(getpid(), SIGKILL);
  errno = plan.error;
  return -1;
}

/* open and its forms */

#define MODE_OF(flags)                                  \
  mode_t mode = 0;                                      \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {         \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode = va_arg(rest, mode_t);                        \
    va_end(rest);                                       \
  }

static int is_open_hit(int folder, const char* path, int flags) {
  const char* call = (flags & O_ACCMODE) == O_RDONLY ? "read" : "open";
  return (flags & O_DIRECTORY) == 0 && is_hit_path(call, folder, path, INTERRUPTIBLE);
}

int open(const char* path, int flags, ...) {
  MODE_OF(flags)
  return is_open_hit(AT_FDCWD, path, flags) ? fail() : REAL(open)(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  MODE_OF(flags)
  return is_open_hit(AT_FDCWD, path, flags) ? fail() : REAL(open64)(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  MODE_OF(flags)
  return is_open_hit(folder, path, flags) ? fail() : REAL(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  MODE_OF(flags)
  return is_open_hit(folder, path, flags) ? fail() : REAL(openat64)(folder, path, flags, mode);
}
int creat(const char* path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* write and its forms; a hit writes half, or nothing and fails, or nothing */

static size_t half_of(size_t size) { return size > 1 ? size / 2 : size; }

static ssize_t sum_of(const struct iovec* parts, int count) {
  ssize_t sum = 0;
  for (int part = 0; part < count; ++part) sum += (ssize_t)parts[part].iov_len;
  return sum;
}

#define WRITE(hit, half, whole, size)            \
  if (!(hit)) return whole;                      \
  if (plan.kind == SHORT) return half;           \
  if (plan.kind == LOST) return size;            \
  if (plan.kind == KILL && (half) < 0) abort();  \
  return fail();

ssize_t write(int descriptor, const void* data, size_t size) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES), REAL(write)(descriptor, data, half_of(size)),
        REAL(write)(descriptor, data, size), (ssize_t)size)
}
ssize_t pwrite(int descriptor, const void* data, size_t size, off_t at) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES), REAL(pwrite)(descriptor, data, half_of(size), at),
        REAL(pwrite)(descriptor, data, size, at), (ssize_t)size)
}
ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t at) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES), REAL(pwrite64)(descriptor, data, half_of(size), at),
        REAL(pwrite64)(descriptor, data, size, at), (ssize_t)size)
}
ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES),
        REAL(write)(descriptor, parts[0].iov_base, half_of(parts[0].iov_len)),
        REAL(writev)(descriptor, parts, count), sum_of(parts, count))
}
ssize_t pwritev(int descriptor, const struct iovec* parts, int count, off_t at) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES),
        REAL(pwrite)(descriptor, parts[0].iov_base, half_of(parts[0].iov_len), at),
        REAL(pwritev)(descriptor, parts, count, at), sum_of(parts, count))
}
ssize_t pwritev64(int descriptor, const struct iovec* parts, int count, off64_t at) {
  WRITE(is_hit_descriptor("write", descriptor, WRITES),
        REAL(pwrite64)(descriptor, parts[0].iov_base, half_of(parts[0].iov_len), at),
        REAL(pwritev64)(descriptor, parts, count, at), sum_of(parts, count))
}

/* the rest */

#define OTHER(hit, whole) return (hit) ? fail() : (whole);

int ftruncate(int descriptor, off_t size) {
  OTHER(is_hit_descriptor("ftruncate", descriptor, INTERRUPTIBLE), REAL(ftruncate)(descriptor, size))
}
int ftruncate64(int descriptor, off64_t size) {
  OTHER(is_hit_descriptor("ftruncate", descriptor, INTERRUPTIBLE), REAL(ftruncate64)(descriptor, size))
}
int fsync(int descriptor) { OTHER(is_hit_descriptor("fsync", descriptor, INTERRUPTIBLE), REAL(fsync)(descriptor)) }
int fdatasync(int descriptor) { OTHER(is_hit_descriptor("fsync", descriptor, INTERRUPTIBLE), REAL(fdatasync)(descriptor)) }

int close(int descriptor) {
  const int saved = errno;
  const int flags = plan.kind == NOTHING ? -1 : fcntl(descriptor, F_GETFL);
  errno = saved;
  const int is_written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  const int has_bytes = descriptor >= 0 && descriptor < MOST_DESCRIPTORS && atomic_exchange(&written[descriptor], 0);
  const int hit = is_written && is_hit_descriptor(has_bytes ? "close" : "shut", descriptor, INTERRUPTIBLE);
  const int closed = REAL(close)(descriptor); /* a close that fails has closed all the same */
  return hit ? fail() : closed;
}

/* Other commands of fcntl take a number or a pointer, or nothing: as one word they pass through. */
int fcntl(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (plan.kind == NOLOCKS && command == F_OFD_SETLK) {
    errno = ENOLCK;
    return -1;
  }
  return REAL(fcntl)(descriptor, command, argument);
}

int rename(const char* from, const char* to) {
  if (is_hit_path("rename", AT_FDCWD, to, UNINTERRUPTIBLE)) return fail();
  return REAL(rename)(from, to);
}
int mkdir(const char* path, mode_t mode) {
  if (is_hit_path("mkdir", AT_FDCWD, path, UNINTERRUPTIBLE)) return fail();
  return REAL(mkdir)(path, mode);
}
