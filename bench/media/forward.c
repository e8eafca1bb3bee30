/* The least that can relay RTP: sockets in pairs, what comes on one leaves by the other to a fixed address; epoll, and
 * recvmmsg and sendmmsg. Usage: forward BASE_PORT CALLS PHONE_PORT REST_US. Of call i, BASE+4i sends to and hears
 * PHONE+4i+2 of 127.0.0.2, BASE+4i+2 sends to and hears PHONE+4i. After each look it rests so long; 0: each packet wakes
 * it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, BYTES = 2048 };

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int base = atoi(argv[1]), calls = atoi(argv[2]), phone = atoi(argv[3]);
  int rest_us = atoi(argv[4]);
  int count = 2 * calls, poll = epoll_create1(0);
  int *fds = calloc(count, sizeof *fds);
  struct sockaddr_in *peers = calloc(count, sizeof *peers);
  for (int i = 0; i < count; i++) {
    struct sockaddr_in name = {AF_INET, htons(base + 2 * i), {htonl(INADDR_LOOPBACK)}, {0}};
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (bind(fds[i], (void *)&name, sizeof name)) { perror("bind"); return 1; }
    peers[i] = name;
    peers[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    peers[i].sin_port = htons(phone + 4 * (i / 2) + (i % 2 ? 0 : 2));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event);
  }
  static char bytes[BATCH][BYTES];
  static struct iovec vectors[BATCH];
  static struct mmsghdr headers[BATCH];
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (rest_us > 0) usleep(rest_us);
    struct epoll_event events[512];
    int ready = epoll_wait(poll, events, 512, -1);
    for (int e = 0; e < ready; e++) {
      int from = events[e].data.u32, to = from ^ 1;
      for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){bytes[i], BYTES};
        memset(&headers[i], 0, sizeof headers[i]);
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
      }
      int got = recvmmsg(fds[from], headers, BATCH, MSG_DONTWAIT, 0);
      for (int i = 0; i < got; i++) {
        vectors[i].iov_len = headers[i].msg_len;
        headers[i].msg_hdr.msg_name = &peers[to];
        headers[i].msg_hdr.msg_namelen = sizeof peers[to];
      }
      if (got > 0) sendmmsg(fds[to], headers, got, MSG_DONTWAIT);
    }
  }
}
