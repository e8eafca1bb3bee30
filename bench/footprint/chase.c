/*
 * chase KB: the nanoseconds that this machine takes to fetch a line of 64 bytes out of so many kB, each line's place read
 * from the one before: back to back, and after a millisecond of sleep. Medians of 500 rounds each.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 500
#define WARM 20

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  size_t lines = argc == 2 ? atol(argv[1]) * 1024 / 64 : 0;
  void **memory = aligned_alloc(4096, (lines / 64 + 1) * 4096);
  size_t *order = malloc(lines * sizeof *order);
  if (lines == 0 || memory == NULL || order == NULL) {
    fprintf(stderr, "usage: chase KB\n");
    return 2;
  }
  for (size_t i = 0; i < lines; i++) order[i] = i;
  srand(1);
  for (size_t i = lines - 1; i > 0; i--) {
    size_t other = rand() % (i + 1), kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
  for (size_t i = 0; i < lines; i++)
    memory[order[i] * 8] = &memory[order[(i + 1) % lines] * 8];
  for (int sleeps = 0; sleeps < 2; sleeps++) {
    double times[ROUNDS];
    void **volatile at = memory;
    for (int round = -WARM; round < ROUNDS; round++) {
      if (sleeps) usleep(1000);
      double began = now();
      void **next = at;
      for (size_t i = 0; i < lines; i++) next = *next;
      at = next;
      if (round >= 0) times[round] = (now() - began) / lines;
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("%.1f\n", times[ROUNDS / 2]);
  }
  return 0;
}
