/*
 * Sends device memory over TCP, with the same loop as qlease, for comparison.
 *
 *	tx_send send DEVICE ADDRESS PORT BYTES WINDOWS CHUNK...
 *	tx_send sink PORT
 *
 * The first makes a udmabuf dma-buf, binds it to DEVICE and sends CHUNK bytes with each system call from a ring of
 * regions, each reused once the kernel has completed it. Each window of BYTES has a connection of its own, which sends
 * a quarter as much before. For each window, prints the chunk, the elapsed and processor time in nanoseconds, and the
 * numbers of sendmsg calls and of sends that the kernel copied. The second accepts connections over IPv6, one after the
 * other, and discards what it receives.
 */
#include "devmem.h"

#define DMABUF_SIZE	(4 << 20)
#define SENDS		4096		/* most sends in flight, a power of two */

struct send {
	uint64_t offset;
	uint64_t length;
	bool done;
};

static struct send sends[SENDS];
static uint32_t oldest, next;		/* the kernel's completion numbers */
static uint64_t copied;

/* ---- the socket ---- */

static int open_socket(const char *device, const char *address, const char *port)
{
	struct sockaddr_in6 peer = address_of(address, port);
	int one = 1, fd = checked(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), "SO_ZEROCOPY");
	checked(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)), "SO_BINDTODEVICE");
	checked(connect(fd, (void *)&peer, sizeof(peer)), "connect");
	checked(fcntl(fd, F_SETFL, O_NONBLOCK), "F_SETFL");
	return fd;
}

/* Reads all available completions; returns the number of sends that they complete. */
static int drain(int fd)
{
	char control[256];
	int count = 0;

	for (;;) {
		struct msghdr message = { .msg_control = control, .msg_controllen = sizeof(control) };
		struct cmsghdr *cmsg;

		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
			if (errno != EAGAIN)
				die("recvmsg of completions");
			return count;
		}
		for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg)) {
			struct sock_extended_err *error = (void *)CMSG_DATA(cmsg);
			uint32_t number;

			if (cmsg->cmsg_level != SOL_IPV6 || cmsg->cmsg_type != IPV6_RECVERR ||
			    error->ee_origin != SO_EE_ORIGIN_ZEROCOPY)
				continue;
			for (number = error->ee_info; number != error->ee_data + 1; number++) {
				sends[number % SENDS].done = true;
				count++;
				copied += error->ee_code & SO_EE_CODE_ZEROCOPY_COPIED;
			}
		}
		while (oldest != next && sends[oldest % SENDS].done)
			oldest++;
	}
}

/* Returns whether a send of any of these bytes has not completed. */
static bool held(uint64_t offset, uint64_t length)
{
	uint32_t number;

	for (number = oldest; number != next; number++) {
		struct send *send = &sends[number % SENDS];

		if (!send->done && send->offset < offset + length && offset < send->offset + send->length)
			return true;
	}
	return false;
}

static void await_free(int fd, uint64_t offset, uint64_t length)
{
	while (held(offset, length)) {
		if (!drain(fd))
			wait_for(fd, 0);
	}
}

static uint64_t send_piece(int fd, uint32_t binding, uint64_t offset, uint64_t length)
{
	char control[CMSG_SPACE(sizeof(binding))] = {};
	struct iovec piece = { .iov_base = (void *)offset, .iov_len = length };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_DEVMEM_DMABUF;
	cmsg->cmsg_len = CMSG_LEN(sizeof(binding));
	memcpy(CMSG_DATA(cmsg), &binding, sizeof(binding));
	for (;;) {
		ssize_t sent = next - oldest < SENDS ? sendmsg(fd, &message, MSG_ZEROCOPY | MSG_NOSIGNAL) : -1;

		if (sent > 0) {
			sends[next++ % SENDS] = (struct send){ .offset = offset, .length = sent };
			return sent;
		}
		if (next - oldest < SENDS && errno != EAGAIN && errno != ENOBUFS)
			die("sendmsg of device memory");
		if (!drain(fd))
			wait_for(fd, next - oldest < SENDS && errno == EAGAIN ? POLLOUT : 0);
	}
}

static void send_bytes(int fd, uint32_t binding, uint64_t chunk, uint64_t bytes)
{
	static uint64_t offset;
	uint64_t sent, done;

	if (offset + chunk > DMABUF_SIZE)
		offset = 0;
	for (sent = 0; sent < bytes; sent += chunk) {
		await_free(fd, offset, chunk);
		for (done = 0; done < chunk;)
			done += send_piece(fd, binding, offset + done, chunk - done);
		offset = offset + 2 * chunk <= DMABUF_SIZE ? offset + chunk : 0;
	}
}

static void send_window(int fd, uint32_t binding, uint64_t chunk, uint64_t bytes)
{
	uint64_t wall, cpu;
	uint32_t calls;

	oldest = next = 0;
	send_bytes(fd, binding, chunk, bytes / 4);
	copied = 0;
	calls = next;
	wall = since(CLOCK_MONOTONIC);
	cpu = since(CLOCK_PROCESS_CPUTIME_ID);
	send_bytes(fd, binding, chunk, bytes);
	printf("%llu %llu %llu %u %llu\n", (unsigned long long)chunk,
	       (unsigned long long)(since(CLOCK_MONOTONIC) - wall),
	       (unsigned long long)(since(CLOCK_PROCESS_CPUTIME_ID) - cpu), next - calls, (unsigned long long)copied);
	await_free(fd, 0, DMABUF_SIZE);
}

/* ---- the other end ---- */

static _Noreturn void sink(const char *port)
{
	int fd = listen_at(port);

	for (;;) {
		int peer = checked(accept(fd, NULL, NULL), "accept");

		/* MSG_TRUNC: TCP discards the data without copying it. */
		while (recv(peer, NULL, 1 << 20, MSG_TRUNC) > 0)
			;
		close(peer);
	}
}

static int usage(void)
{
	fputs("usage: tx_send send DEVICE ADDRESS PORT BYTES WINDOWS CHUNK... | sink PORT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t chunk, bytes;
	uint32_t binding;
	int fd, i, window;

	if (argc == 3 && !strcmp(argv[1], "sink"))
		sink(argv[2]);
	if (argc < 8 || strcmp(argv[1], "send"))
		return usage();
	bytes = strtoull(argv[5], NULL, 10);
	binding = bind_dmabuf(argv[2], NETDEV_CMD_BIND_TX, make_dmabuf(DMABUF_SIZE), -1);
	for (i = 7; i < argc; i++) {
		chunk = strtoull(argv[i], NULL, 10);
		if (!chunk || chunk > DMABUF_SIZE)
			return usage();
		for (window = 0; window < atoi(argv[6]); window++) {
			fd = open_socket(argv[2], argv[3], argv[4]);
			send_window(fd, binding, chunk, bytes);
			close(fd);
		}
	}
	return 0;
}
