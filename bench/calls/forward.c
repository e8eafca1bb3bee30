/*
 * The kernel's price: what a C program spends to move the datagrams of a call, up to 64 at a time. It does what echo.ts
 * does: each datagram goes on between two ports, and for each INVITE one more is sent, where a B2BUA sends 100.
 *
 * Compiled by the benchmark: cc -O2 -o forward forward.c; ./forward PORT CALLEE_PORT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define LONGEST 2048

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

static int open_socket(int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int bytes = 4 << 20;
  struct sockaddr_in name = loopback(port);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (bind(fd, (void *)&name, sizeof name) != 0) {
    perror("bind");
    exit(1);
  }
  return fd;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  static char in[BATCH][LONGEST];
  struct mmsghdr received[BATCH], sent[2 * BATCH];
  struct iovec rooms[BATCH], pieces[2 * BATCH];
  struct sockaddr_in from[BATCH], to[2 * BATCH];
  struct sockaddr_in callee = loopback(atoi(arguments[2])), caller = callee;
  int fd = open_socket(atoi(arguments[1]));
  /* Never read: its buffer fills and the kernel drops the rest. */
  struct sockaddr_in sink;
  socklen_t length = sizeof sink;
  getsockname(open_socket(0), (void *)&sink, &length);
  for (;;) {
    for (int at = 0; at < BATCH; at++) {
      rooms[at] = (struct iovec){in[at], LONGEST};
      received[at] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[at],
          .msg_namelen = sizeof from[at], .msg_iov = &rooms[at], .msg_iovlen = 1}};
    }
    int got = recvmmsg(fd, received, BATCH, MSG_WAITFORONE, 0);
    int due = 0;
    for (int at = 0; at < got; at++) {
      int from_callee = from[at].sin_port == callee.sin_port;
      if (!from_callee) caller = from[at];
      int copies = !from_callee && in[at][0] == 'I' ? 2 : 1;
      for (int copy = 0; copy < copies; copy++, due++) {
        to[due] = copy == 1 ? sink : from_callee ? caller : callee;
        pieces[due] = (struct iovec){in[at], received[at].msg_len};
        sent[due] = (struct mmsghdr){.msg_hdr = {.msg_name = &to[due],
            .msg_namelen = sizeof to[due], .msg_iov = &pieces[due], .msg_iovlen = 1}};
      }
    }
    for (int at = 0; at < due;) {
      int left = sendmmsg(fd, sent + at, due - at, 0);
      if (left <= 0) break;
      at += left;
    }
  }
}
