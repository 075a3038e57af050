/*
 * The floor of the operating system: one send() a delivery, on one thread with epoll, no WebSocket handshake and no JSON. It speaks
 * fixed binary requests (an opcode byte and 32-bit little-endian numbers) and sends the bytes of a native `changes` frame.
 *   S user          sign in, answered by one frame        W count users…   watch, answered by one frame
 *   F online        the connection's user changed (online is one byte)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, USERS_MAX = 16384, REQUEST_BYTES_MAX = 8192, EVENTS_MAX = 512 };

struct connection {
  uint32_t user;
  size_t held;
  unsigned char request[REQUEST_BYTES_MAX];
};

struct audience {
  int *sockets;
  size_t count, room;
};

static struct connection *connections[CONNECTIONS_MAX];
static struct audience audiences[USERS_MAX];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void send_frame(int to, const char *text, size_t length) {
  unsigned char frame[4 + 512];
  size_t header = length < 126 ? 2 : 4;
  frame[0] = 0x81;
  frame[1] = header == 2 ? (unsigned char)length : 126;
  if (header == 4) {
    frame[2] = (unsigned char)(length >> 8);
    frame[3] = (unsigned char)length;
  }
  memcpy(frame + header, text, length);
  if (send(to, frame, header + length, MSG_NOSIGNAL) != (ssize_t)(header + length)) fail("send: a delivery was lost");
}

static void change(uint32_t user, int online) {
  char text[512];
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  long long at = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
  int length = snprintf(text, sizeof text,
                        "{\"type\":\"changes\",\"seq\":1,\"at\":%lld,\"presences\":[{\"id\":\"u%06u\",\"online\":%s,\"status\":\"%s\","
                        "\"lastSeenAt\":%lld,\"version\":1}]}",
                        at, user, online ? "true" : "false", online ? "online" : "offline", at);
  struct audience *audience = &audiences[user];
  for (size_t index = 0; index < audience->count; index++) send_frame(audience->sockets[index], text, (size_t)length);
}

static void watch(int socket, uint32_t user) {
  struct audience *audience = &audiences[user];
  if (audience->count == audience->room) {
    audience->room = audience->room ? audience->room * 2 : 64;
    audience->sockets = realloc(audience->sockets, audience->room * sizeof *audience->sockets);
    if (!audience->sockets) fail("realloc");
  }
  audience->sockets[audience->count++] = socket;
}

static uint32_t number(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static size_t answer(int socket, struct connection *connection, const unsigned char *request, size_t length) {
  static const char welcome[] = "{\"type\":\"welcome\",\"seq\":1}";
  static const char snapshot[] = "{\"type\":\"snapshot\",\"seq\":2,\"begin\":true,\"end\":true}";
  if (request[0] == 'F') {
    if (length < 2) return 0;
    change(connection->user, request[1]);
    return 2;
  }
  if (length < 5) return 0;
  uint32_t value = number(request + 1);
  if (request[0] == 'S') {
    if (value >= USERS_MAX) fail("a user beyond the limit");
    connection->user = value;
    send_frame(socket, welcome, sizeof welcome - 1);
    return 5;
  }
  if (length < 5 + 4 * (size_t)value) return 0;
  for (uint32_t index = 0; index < value; index++) watch(socket, number(request + 5 + 4 * index) % USERS_MAX);
  send_frame(socket, snapshot, sizeof snapshot - 1);
  return 5 + 4 * (size_t)value;
}

static int read_requests(int socket) {
  struct connection *connection = connections[socket];
  ssize_t length = recv(socket, connection->request + connection->held, REQUEST_BYTES_MAX - connection->held, 0);
  if (length <= 0) return length < 0 && errno == EAGAIN;
  connection->held += (size_t)length;
  size_t at = 0, taken;
  while (at < connection->held && (taken = answer(socket, connection, connection->request + at, connection->held - at)) > 0) at += taken;
  connection->held -= at;
  memmove(connection->request, connection->request + at, connection->held);
  return 1;
}

static void accept_one(int listener, int poll) {
  int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (socket < 0) return;
  if (socket >= CONNECTIONS_MAX) fail("a connection beyond the limit");
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  free(connections[socket]);
  connections[socket] = calloc(1, sizeof *connections[socket]);
  if (!connections[socket]) fail("calloc");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl");
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS_MAX];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(poll, events, EVENTS_MAX, -1);
    for (int index = 0; index < count; index++) {
      int socket = events[index].data.fd;
      if (socket == listener) accept_one(listener, poll);
      else if (!read_requests(socket)) close(socket);
    }
  }
}
