// A shared object for LD_PRELOAD: the wall clock jumps between 1970, 1999 and 2100 from one reading
// to the next. Clocks that count from a machine's start go on as they are.
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t jumped(void) {
  // The middle of the year, which is in it in every time zone.
  static const time_t kMoments[] = {15000000, 930000000, 4118000000};
  static atomic_uint readings;
  return kMoments[atomic_fetch_add(&readings, 1) % 3];
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long status = syscall(SYS_clock_gettime, clock, now);
  if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec = jumped();
  return (int)status;
}

int timespec_get(struct timespec* now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec t;
  const int status = clock_gettime(CLOCK_REALTIME, &t);
  now->tv_sec = t.tv_sec;
  now->tv_usec = t.tv_nsec / 1000;
  return status;
}

time_t time(time_t* now) {
  const time_t t = jumped();
  if (now != NULL) *now = t;
  return t;
}
