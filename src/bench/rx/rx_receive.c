/*
 * Receives device memory over TCP, with the same loop as qlease, for comparison.
 *
 *	rx_receive receive DEVICE QUEUE ADDRESS PORT BYTES WINDOWS
 *	rx_receive source PORT
 *
 * The first makes a udmabuf dma-buf, binds it to QUEUE of DEVICE and receives from the second: each system call takes
 * as many fragments as have arrived, and their tokens are returned, adjacent ones merged, before the next call. Each
 * window of BYTES has a connection of its own, which receives a quarter as much before. For each window, prints the
 * elapsed and processor time in nanoseconds, and the numbers of recvmsg calls, fragments, setsockopt calls that
 * returned tokens, and bytes in ordinary memory. The second serves one connection after the other, and sends as fast as
 * it can until the peer closes.
 */
/* The kernel's header before that of glibc, which has another struct iovec. */
#include <linux/uio.h>
#define __iovec_defined 1
#include "devmem.h"
#include <sys/sendfile.h>

#define DMABUF_SIZE	(32 << 20)
#define ROOM		(1 << 20)	/* most bytes per recvmsg */
#define FRAGMENTS	1024		/* most fragments per recvmsg, and tokens per setsockopt: MAX_DONTNEED_FRAGS */
#define RANGES		128		/* MAX_DONTNEED_TOKENS */

#ifndef MSG_SOCK_DEVMEM
#define MSG_SOCK_DEVMEM 0x2000000	/* linux/socket.h of the kernel */
#endif
#ifndef SCM_DEVMEM_LINEAR
#define SCM_DEVMEM_LINEAR 78
#endif
#ifndef SO_DEVMEM_DONTNEED
#define SO_DEVMEM_DONTNEED 80
#endif

static struct dmabuf_token ranges[FRAGMENTS];
static int range_count;
static uint64_t receives, fragments, releases, linear;

static void keep_token(uint32_t token)
{
	struct dmabuf_token *last = &ranges[range_count - 1];

	if (range_count && last->token_start + last->token_count == token)
		last->token_count++;
	else
		ranges[range_count++] = (struct dmabuf_token){ .token_start = token, .token_count = 1 };
}

static void give_back(int fd)
{
	int first, count;

	for (first = 0; first < range_count; first += count) {
		count = range_count - first < RANGES ? range_count - first : RANGES;
		checked(setsockopt(fd, SOL_SOCKET, SO_DEVMEM_DONTNEED, &ranges[first], count * sizeof(*ranges)),
			"SO_DEVMEM_DONTNEED");
		releases++;
	}
	range_count = 0;
}

/* Receives what has arrived; returns the number of bytes. */
static uint64_t receive_some(int fd)
{
	static char room[ROOM], control[FRAGMENTS * CMSG_SPACE(sizeof(struct dmabuf_cmsg))];
	struct iovec piece = { .iov_base = room, .iov_len = sizeof(room) };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t received;

	give_back(fd);
	while ((received = recvmsg(fd, &message, MSG_SOCK_DEVMEM | MSG_DONTWAIT)) < 0) {
		if (errno != EAGAIN)
			die("recvmsg of device memory");
		wait_for(fd, POLLIN);
	}
	if (!received) {
		errno = ECONNRESET;
		die("the source has ended");
	}
	receives++;
	if (!message.msg_controllen)
		linear += received;
	for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg)) {
		struct dmabuf_cmsg *fragment = (void *)CMSG_DATA(cmsg);

		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_DEVMEM_LINEAR) {
			linear += fragment->frag_size;
		} else if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_DEVMEM_DMABUF) {
			keep_token(fragment->frag_token);
			fragments++;
		}
	}
	return received;
}

static void receive_bytes(int fd, uint64_t bytes)
{
	uint64_t received = 0;

	while (received < bytes)
		received += receive_some(fd);
}

static void receive_window(int fd, uint64_t bytes)
{
	uint64_t wall, cpu;

	receive_bytes(fd, bytes / 4);
	receives = fragments = releases = linear = 0;
	wall = since(CLOCK_MONOTONIC);
	cpu = since(CLOCK_PROCESS_CPUTIME_ID);
	receive_bytes(fd, bytes);
	wall = since(CLOCK_MONOTONIC) - wall;
	cpu = since(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%llu %llu %llu %llu %llu %llu\n", (unsigned long long)wall, (unsigned long long)cpu,
	       (unsigned long long)receives, (unsigned long long)fragments, (unsigned long long)releases,
	       (unsigned long long)linear);
	give_back(fd);
}

/* Sends a file's pages, which takes the least processor time. */
static _Noreturn void source(const char *port)
{
	int fd = listen_at(port), file = checked(memfd_create("bench", MFD_CLOEXEC), "memfd_create");

	checked(ftruncate(file, ROOM), "ftruncate");
	for (;;) {
		int peer = checked(accept(fd, NULL, NULL), "accept");
		off_t offset = 0;

		while (sendfile(peer, file, &offset, ROOM - offset) > 0)
			offset %= ROOM;
		close(peer);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 peer;
	int fd, window;

	/* Survive peers that close. */
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "source"))
		source(argv[2]);
	if (argc != 8 || strcmp(argv[1], "receive")) {
		fputs("usage: rx_receive receive DEVICE QUEUE ADDRESS PORT BYTES WINDOWS | source PORT\n", stderr);
		return 2;
	}
	bind_dmabuf(argv[2], NETDEV_CMD_BIND_RX, make_dmabuf(DMABUF_SIZE), atoi(argv[3]));
	peer = address_of(argv[4], argv[5]);
	for (window = 0; window < atoi(argv[7]); window++) {
		fd = checked(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
		checked(connect(fd, (void *)&peer, sizeof(peer)), "connect");
		receive_window(fd, strtoull(argv[6], NULL, 10));
		close(fd);
	}
	return 0;
}
