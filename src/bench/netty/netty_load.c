// usage: netty_load ADDRESS PORT BYTES CONNECTIONS REQUESTS
//
// Asks a server for REQUESTS answers of BYTES, over so many connections at once, each with one request under way: 16 bytes
// of any kind. The answers are thrown away in the kernel. Says "ready" once each connection has had an answer, waits for a
// line of standard input, and says the nanoseconds that the requests took. For ci/bench/netty.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 1024
#define ROOM (1 << 20)

struct connection {
	int fd;
	long left;
};

static struct connection connections[MAX_CONNECTIONS];
static char buffer[ROOM];
static const char request[16];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int open_connection(const struct sockaddr_in6 *peer)
{
	int one = 1;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (connect(fd, (const struct sockaddr *)peer, sizeof(*peer)))
		fail("connect");
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		fail("TCP_NODELAY");
	return fd;
}

static void ask(struct connection *connection, long bytes)
{
	if (send(connection->fd, request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		fail("send");
	connection->left = bytes;
}

// Throws away what has come; whether the answer is complete.
static int take(struct connection *connection)
{
	while (connection->left > 0) {
		long want = connection->left < ROOM ? connection->left : ROOM;
		ssize_t got = recv(connection->fd, buffer, want, MSG_DONTWAIT | MSG_TRUNC);

		if (got < 0)
			return 0;
		if (got == 0) {
			fprintf(stderr, "netty_load: the server ended a connection\n");
			exit(1);
		}
		connection->left -= got;
	}
	return 1;
}

static void run(int epoll, long bytes, long count, long requests)
{
	struct epoll_event events[MAX_CONNECTIONS];
	long asked = 0, answered = 0;

	for (; asked < count && asked < requests; asked++)
		ask(&connections[asked], bytes);
	while (answered < requests) {
		int ready = epoll_wait(epoll, events, MAX_CONNECTIONS, 60000);

		if (ready <= 0)
			fail("no answer for a minute");
		for (int i = 0; i < ready; i++) {
			struct connection *connection = events[i].data.ptr;

			if (connection->left == 0 || !take(connection))
				continue;
			answered++;
			if (asked < requests) {
				ask(connection, bytes);
				asked++;
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
	long bytes, count, requests, start;
	char line[16];
	int epoll = epoll_create1(0);

	if (argc != 6 || inet_pton(AF_INET6, argv[1], &peer.sin6_addr) != 1) {
		fprintf(stderr, "usage: netty_load ADDRESS PORT BYTES CONNECTIONS REQUESTS\n");
		return 2;
	}
	peer.sin6_port = htons(atoi(argv[2]));
	bytes = atol(argv[3]);
	count = atol(argv[4]);
	requests = atol(argv[5]);
	if (epoll < 0 || count < 1 || count > MAX_CONNECTIONS)
		fail("epoll_create1, or too many connections");
	for (long i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };

		connections[i].fd = open_connection(&peer);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event))
			fail("epoll_ctl");
	}
	run(epoll, bytes, count, count);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	start = now();
	run(epoll, bytes, count, requests);
	printf("%ld\n", now() - start);
	return 0;
}
