/*
 * Reads large tables of the kernel with its own C library (tools/net/ynl), and receives its notifications, for
 * comparison with qlease.
 *
 *	live routes|links		list the IPv6 routes, or the links, repeatedly
 *	live events BUFFER		count the notifications about IPv6 routes; BUFFER is the size of the receive queue
 *	live write COUNT		add and delete that many IPv6 routes in turns
 *
 * Each line of standard input is a number of milliseconds; for write it also has the changes per second, 0 for as many
 * as the kernel takes. The answer of the first two is the number of records and the
 * nanoseconds per list; of events the number of notifications, how often the kernel dropped some, and the nanoseconds of
 * processor time per notification; of write the number of changes and the nanoseconds per change. Finally, each prints
 * the KiB of memory that it used at most.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ynl.h>

#include "rt-link-user.h"
#include "rt-route-user.h"

#define BATCH 64

static struct ynl_sock *ys;
static int fd;
static char buffer[1 << 16];
static int count;

static void die(const char *what)
{
	fprintf(stderr, "live: %s: %s\n", what, ys && ys->err.msg[0] ? ys->err.msg : strerror(errno));
	exit(1);
}

static long long time_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long now(void)
{
	return time_of(CLOCK_MONOTONIC);
}

static long routes(void)
{
	struct rt_route_getroute_req_dump all = { ._hdr.rtm_family = AF_INET6 };
	struct rt_route_getroute_list *list = rt_route_getroute_dump(ys, &all);
	long n = 0;

	if (!list)
		die("getroute");
	ynl_dump_foreach(list, route)
		n++;
	rt_route_getroute_list_free(list);
	return n;
}

static long links(void)
{
	struct rt_link_getlink_req_dump all = {};
	struct rt_link_getlink_list *list = rt_link_getlink_dump(ys, &all);
	long n = 0;

	if (!list)
		die("getlink");
	ynl_dump_foreach(list, link)
		n++;
	rt_link_getlink_list_free(list);
	return n;
}

static void lists(long (*list)(void), long long ns)
{
	long long start = now();
	long done = 0, n;

	do {
		n = list();
		done++;
	} while (now() - start < ns);
	printf("%ld records, %.0f\n", n, (double)(now() - start) / done);
}

static void open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("socket");
}

static void subscribe(int size)
{
	int group = RTNLGRP_IPV6_ROUTE;

	open_socket();
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		die("setsockopt");
}

/* With a socket of its own, since one that is not read between turns would overflow. */
static void events(long long ns, int queue)
{
	long long end = now() + ns, used = time_of(CLOCK_PROCESS_CPUTIME_ID);
	struct pollfd readable = { .events = POLLIN };
	long received = 0, lost = 0;

	subscribe(queue);
	readable.fd = fd;
	while (now() < end) {
		ssize_t size = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (size >= 0) {
			for (struct nlmsghdr *m = (void *)buffer; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size))
				received += m->nlmsg_type == RTM_NEWROUTE || m->nlmsg_type == RTM_DELROUTE;
		} else if (errno == ENOBUFS) {
			lost++;
		} else if (errno != EAGAIN || poll(&readable, 1, 10) < 0) {
			die("recv");
		}
	}
	printf("%ld events, %ld losses, %.1f\n", received, lost,
	       (double)(time_of(CLOCK_PROCESS_CPUTIME_ID) - used) / (received ? received : 1));
	close(fd);
}

struct change {
	struct nlmsghdr nlh;
	struct rtmsg rtm;
	struct nlattr dst_header;
	__u8 dst[16];
	struct nlattr oif_header;
	__u32 oif;
};

/* Sleeps until it is time for the next of so many changes per second. */
static void pace(long long start, long done, long rate)
{
	long long due = rate ? start + done * 1000000000LL / rate : 0;
	struct timespec at = { due / 1000000000, due % 1000000000 };

	if (due)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* Changes all routes, at so many per second; done counts the changes since start. */
static void change_routes(int type, int flags, unsigned int oif, long long start, long *done, long rate)
{
	struct change changes[BATCH];

	for (int i = 0; i < count; i += BATCH) {
		for (int j = 0; j < BATCH; j++)
			changes[j] = (struct change) {
				.nlh = { sizeof(struct change), type, NLM_F_REQUEST | flags, 0, 0 },
				.rtm = { AF_INET6, 64, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNICAST, 0 },
				.dst_header = { 20, RTA_DST },
				.dst = { 0xfd, 0xff, 0, 0, 0, 0, (i + j) >> 8, (i + j) },
				.oif_header = { 8, RTA_OIF },
				.oif = oif,
			};
		if (send(fd, changes, sizeof(changes), 0) < 0)
			die("send");
		/* The kernel answers only errors. */
		if (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0)
			die("the kernel refused a route");
		*done += BATCH;
		pace(start, *done, rate);
	}
}

static void write_routes(long long ns, long rate)
{
	unsigned int oif = if_nametoindex("a0");
	long long start = now();
	long done = 0;

	do {
		change_routes(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, oif, start, &done, rate);
		change_routes(RTM_DELROUTE, 0, oif, start, &done, rate);
	} while (now() - start < ns);
	printf("%ld changes, %.0f\n", done, (double)(now() - start) / done);
}

/* Not getrusage, which counts what the process had before exec. */
static void print_memory(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (status && !kib && fgets(line, sizeof(line), status))
		sscanf(line, "VmHWM: %ld", &kib);
	printf("%ld KiB\n", kib);
}

static int usage(void)
{
	fputs("usage: live routes|links | events BUFFER | write COUNT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	bool of_routes = argc == 2 && !strcmp(argv[1], "routes"), of_links = argc == 2 && !strcmp(argv[1], "links");
	bool of_events = argc == 3 && !strcmp(argv[1], "events"), writes = argc == 3 && !strcmp(argv[1], "write");
	char line[64], *rate;

	if (of_routes || of_links)
		ys = ynl_sock_create(of_links ? &ynl_rt_link_family : &ynl_rt_route_family, NULL);
	else if (writes)
		open_socket();
	else if (!of_events)
		return usage();
	if (!ys && (of_routes || of_links))
		die("socket");
	count = writes ? (atoi(argv[2]) + BATCH - 1) / BATCH * BATCH : 0;
	setlinebuf(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		long long ns = strtoll(line, &rate, 10) * 1000000;

		if (of_events)
			events(ns, atoi(argv[2]));
		else if (writes)
			write_routes(ns, atol(rate));
		else
			lists(of_links ? links : routes, ns);
	}
	print_memory();
	return 0;
}
