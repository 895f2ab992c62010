/* Preloaded into fetchmail: TCP_NODELAY on every connection. fetchmail writes a message line by line, and without it each message
 * waits 40 ms for a delayed ACK on loopback; to be faster than that would prove nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

typedef int connector(int, const struct sockaddr *, socklen_t);

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  static connector *real;
  const int on = 1;
  if (real == NULL) real = (connector *)dlsym(RTLD_NEXT, "connect");
  if (address->sa_family == AF_INET || address->sa_family == AF_INET6)
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return real(socket, address, length);
}
