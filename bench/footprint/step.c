/*
 * step PID STEPS FILE: lets the main thread of a process run instruction by instruction, and writes the address of each,
 * 8 bytes, into a file. It is some hundred times as slow as that, and needs leave to trace the process.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: step PID STEPS FILE\n");
    return 2;
  }
  pid_t pid = atoi(argv[1]);
  long steps = atol(argv[2]);
  FILE *file = fopen(argv[3], "w");
  uint64_t *addresses = malloc(steps * sizeof *addresses);
  if (file == NULL || addresses == NULL) return fail(argv[3]);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
    return fail("ptrace");
  int status;
  if (waitpid(pid, &status, __WALL) < 0) return fail("waitpid");
  long done = 0;
  long signal = 0;
  while (done < steps) {
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, signal)) return fail("ptrace");
    if (waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status)) break;
    /* What is not ours is handed on. */
    int stopped = WSTOPSIG(status);
    signal = stopped == SIGTRAP || status >> 16 ? 0 : stopped;
    addresses[done++] = ptrace(PTRACE_PEEKUSER, pid,
                               offsetof(struct user_regs_struct, rip), 0);
  }
  ptrace(PTRACE_DETACH, pid, 0, 0);
  if (fwrite(addresses, sizeof *addresses, done, file) != (size_t)done ||
      fclose(file))
    return fail(argv[3]);
  return 0;
}
