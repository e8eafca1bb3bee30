/* Phones that talk: G.711 of 20 ms both ways through a relay, each packet with the time it left. Usage: traffic
 * CALLS PHONE_PORT SECONDS. Prints: sent received p50_us p99_us. Call i: phones PHONE+4i and PHONE+4i+2; the ports of
 * the relay that they speak to are read from the standard input, in that order. A packet has arrived when the kernel
 * says so (SO_TIMESTAMPNS), not when it is looked at. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BYTES = 172, MOST_US = 1000000 };

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static uint32_t histogram[MOST_US];
static long received;

static void drain(int fd) {
  char bytes[2048], control[128];
  struct iovec vector = {bytes, sizeof bytes};
  for (;;) {
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_DONTWAIT) != BYTES) return;
    struct timespec came;
    memcpy(&came, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof came);
    int64_t sent;
    memcpy(&sent, bytes + 12, sizeof sent);
    int64_t us = (came.tv_sec * 1000000000LL + came.tv_nsec - sent) / 1000;
    histogram[us < 0 ? 0 : us >= MOST_US ? MOST_US - 1 : us]++;
    received++;
  }
}

static long percentile(double share) {
  long below = 0;
  for (long us = 0; us < MOST_US; us++) {
    below += histogram[us];
    if (below >= share * received) return us;
  }
  return MOST_US;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int calls = atoi(argv[1]), phone = atoi(argv[2]), seconds = atoi(argv[3]), relay;
  int count = 2 * calls;
  int *fds = calloc(count, sizeof *fds);
  for (int i = 0; i < count; i++) {
    struct sockaddr_in name = {AF_INET, htons(phone + 2 * i), {htonl(INADDR_LOOPBACK + 1)}, {0}};
    struct sockaddr_in to = name;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (scanf("%d", &relay) != 1) return 2;
    to.sin_port = htons(relay);
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (bind(fds[i], (void *)&name, sizeof name) || connect(fds[i], (void *)&to, sizeof to)) {
      perror("socket");
      return 1;
    }
  }
  unsigned char bytes[BYTES] = {0x80, 0};
  long sent = 0;
  int64_t start = now_ns(), packets = seconds * 50L;
  for (long n = 0; n < packets; n++) {
    for (int i = 0; i < count; i++) {
      /* Phones do not speak in step: each has its own place within the 20 ms. */
      int64_t due = start + n * 20000000LL + i * (20000000LL / count);
      while (now_ns() < due) {
        struct timespec rest = {0, 50000};
        drain(fds[rand() % count]);
        if (due - now_ns() > 100000) nanosleep(&rest, 0);
      }
      bytes[2] = n >> 8, bytes[3] = n;
      uint32_t stamp = htonl(n * 160), ssrc = htonl(1000 + i);
      memcpy(bytes + 4, &stamp, 4);
      memcpy(bytes + 8, &ssrc, 4);
      int64_t at = now_ns();
      memcpy(bytes + 12, &at, sizeof at);
      if (send(fds[i], bytes, BYTES, 0) == BYTES) sent++;
      drain(fds[i]);
      drain(fds[i ^ 1]);
    }
  }
  int64_t end = now_ns() + 300000000LL;
  while (now_ns() < end) for (int i = 0; i < count; i++) drain(fds[i]);
  printf("%ld %ld %ld %ld\n", sent, received, percentile(0.5), percentile(0.99));
}
