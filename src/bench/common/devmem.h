/*
 * Shared by the C programs that qlease is compared with: a dma-buf and its binding, addresses and clocks.
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
#include <signal.h>
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

/* glibc's headers may be older than the kernel's. */
#ifndef SCM_DEVMEM_DMABUF
#define SCM_DEVMEM_DMABUF 79
#endif

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static int checked(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static int make_dmabuf(uint64_t size)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = size };
	int device = checked(open("/dev/udmabuf", O_RDWR | O_CLOEXEC), "/dev/udmabuf");

	create.memfd = checked(memfd_create("bench", MFD_ALLOW_SEALING | MFD_CLOEXEC), "memfd_create");
	checked(ftruncate(create.memfd, size), "ftruncate");
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

/* Sends a request and returns the attribute TYPE of the reply as a number. */
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

/* Binds the dma-buf until the process ends, to a receive queue unless that is negative; returns the binding's id. */
static uint32_t bind_dmabuf(const char *device, int command, uint32_t dmabuf, int queue)
{
	int netlink = checked(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), "netlink socket");
	struct message message = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint32_t ifindex = if_nametoindex(device);

	if (!ifindex)
		die(device);
	put(&message, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY_NAME, sizeof(NETDEV_FAMILY_NAME));
	message = request(ask(netlink, &message, CTRL_ATTR_FAMILY_ID), command);
	put(&message, NETDEV_A_DMABUF_IFINDEX, &ifindex, sizeof(ifindex));
	put(&message, NETDEV_A_DMABUF_FD, &dmabuf, sizeof(dmabuf));
	if (queue >= 0) {
		uint32_t type = NETDEV_QUEUE_TYPE_RX, id = queue;
		struct nlattr *nest = (void *)((char *)&message + NLMSG_ALIGN(message.header.nlmsg_len));

		put(&message, NLA_F_NESTED | NETDEV_A_DMABUF_QUEUES, "", 0);
		put(&message, NETDEV_A_QUEUE_ID, &id, sizeof(id));
		put(&message, NETDEV_A_QUEUE_TYPE, &type, sizeof(type));
		nest->nla_len = (char *)&message + message.header.nlmsg_len - (char *)nest;
	}
	return ask(netlink, &message, NETDEV_A_DMABUF_ID);
}

static struct sockaddr_in6 address_of(const char *address, const char *port)
{
	struct sockaddr_in6 peer = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };

	if (inet_pton(AF_INET6, address, &peer.sin6_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	return peer;
}

static void wait_for(int fd, short events)
{
	struct pollfd polled = { .fd = fd, .events = events };

	checked(poll(&polled, 1, -1), "poll");
}

static uint64_t since(clockid_t clock)
{
	struct timespec now;

	checked(clock_gettime(clock, &now), "clock_gettime");
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Returns a socket that listens on this port of any address, and announces it on standard output. */
static int listen_at(const char *port)
{
	struct sockaddr_in6 any = address_of("::", port);
	int one = 1, fd = checked(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	checked(bind(fd, (void *)&any, sizeof(any)), "bind");
	checked(listen(fd, 8), "listen");
	puts("listening");
	fflush(stdout);
	return fd;
}
