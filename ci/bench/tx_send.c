/*
 * Sends device memory over TCP, with the loop that qlease has: what qlease is measured against.
 *
 *	tx_send send DEVICE ADDRESS PORT BYTES WINDOWS CHUNK...
 *	tx_send sink PORT
 *
 * The first makes a dma-buf of udmabuf, binds it to DEVICE and sends CHUNK bytes with each system call out of a ring of
 * regions, each again when the kernel has told of its completion. Prints for each window of BYTES, on a connection of its own
 * that has sent a quarter as much before, the chunk, the nanoseconds that it took, those of processor time among them, the
 * calls of sendmsg, and the sends that the kernel copied. The second takes connections over IPv6, one after the other, and
 * throws away what comes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/genetlink.h>
#include <linux/netdev.h>
#include <linux/netlink.h>
#include <linux/udmabuf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DMABUF_SIZE	(4 << 20)
#define SENDS		4096		/* in flight at most; a power of two */

/* glibc's headers may be older than the kernel's. */
#ifndef SCM_DEVMEM_DMABUF
#define SCM_DEVMEM_DMABUF 79
#endif

struct send {
	uint64_t offset;
	uint64_t length;
	bool done;
};

static struct send sends[SENDS];
static uint32_t oldest, next;		/* numbers as the kernel counts them */
static uint64_t copied;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "tx_send: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int checked(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

/* ---- memory and its binding ---- */

static int make_dmabuf(void)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = DMABUF_SIZE };
	int device = checked(open("/dev/udmabuf", O_RDWR | O_CLOEXEC), "/dev/udmabuf");

	create.memfd = checked(memfd_create("tx_send", MFD_ALLOW_SEALING | MFD_CLOEXEC), "memfd_create");
	checked(ftruncate(create.memfd, DMABUF_SIZE), "ftruncate");
	checked(fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK), "F_ADD_SEALS");
	return checked(ioctl(device, UDMABUF_CREATE, &create), "UDMABUF_CREATE");
}

struct message {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	char attributes[4096];
};

static void put(struct message *message, int type, const void *value, int length)
{
	struct nlattr *attribute = (void *)((char *)message + NLMSG_ALIGN(message->header.nlmsg_len));

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	memcpy(attribute + 1, value, length);
	message->header.nlmsg_len = NLMSG_ALIGN(message->header.nlmsg_len) + NLA_ALIGN(attribute->nla_len);
}

/* Sends a request and returns the attribute TYPE of its answer, as a number of its size. */
static uint32_t ask(int netlink, struct message *message, int type)
{
	char *at, *end;
	ssize_t length;

	if (send(netlink, message, message->header.nlmsg_len, 0) < 0)
		die("netlink send");
	length = recv(netlink, message, sizeof(*message), 0);
	if (length < 0)
		die("netlink recv");
	if (message->header.nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)&message->generic)->error;
		die("the kernel's answer");
	}
	at = message->attributes;
	end = (char *)message + message->header.nlmsg_len;
	while (at + NLA_HDRLEN <= end) {
		struct nlattr *attribute = (void *)at;

		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute->nla_len == NLA_HDRLEN + 2 ? *(uint16_t *)(attribute + 1) : *(uint32_t *)(attribute + 1);
		at += NLA_ALIGN(attribute->nla_len);
	}
	errno = ENOMSG;
	die("the kernel's answer");
}

static struct message request(int family, int command)
{
	struct message message = {
		.header = { .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN, .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST },
		.generic = { .cmd = command, .version = 1 },
	};

	return message;
}

/* Binds the dma-buf for as long as the process lives; returns the binding's id. */
static uint32_t bind_tx(const char *device, uint32_t dmabuf)
{
	int netlink = checked(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), "netlink socket");
	struct message message = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint32_t ifindex = if_nametoindex(device);

	if (!ifindex)
		die(device);
	put(&message, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY_NAME, sizeof(NETDEV_FAMILY_NAME));
	message = request(ask(netlink, &message, CTRL_ATTR_FAMILY_ID), NETDEV_CMD_BIND_TX);
	put(&message, NETDEV_A_DMABUF_IFINDEX, &ifindex, sizeof(ifindex));
	put(&message, NETDEV_A_DMABUF_FD, &dmabuf, sizeof(dmabuf));
	return ask(netlink, &message, NETDEV_A_DMABUF_ID);
}

/* ---- the socket ---- */

static struct sockaddr_in6 address_of(const char *address, const char *port)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };

	if (inet_pton(AF_INET6, address, &peer.sin6_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	return peer;
}

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

/* Takes all completions that have come; returns how many sends they are of. */
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

static void wait_for(int fd, short events)
{
	struct pollfd polled = { .fd = fd, .events = events };

	checked(poll(&polled, 1, -1), "poll");
}

/* Whether a send that has not completed is of any of these bytes. */
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

static uint64_t since(clockid_t clock)
{
	struct timespec now;

	checked(clock_gettime(clock, &now), "clock_gettime");
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
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
	struct sockaddr_in6 any = address_of("::", port);
	int one = 1, fd = checked(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	checked(bind(fd, (void *)&any, sizeof(any)), "bind");
	checked(listen(fd, 8), "listen");
	puts("listening");
	fflush(stdout);
	for (;;) {
		int peer = checked(accept(fd, NULL, NULL), "accept");

		/* MSG_TRUNC: TCP does not even copy it. */
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
	binding = bind_tx(argv[2], make_dmabuf());
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
