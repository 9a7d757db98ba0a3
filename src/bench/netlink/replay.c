/*
 * Decodes recorded replies, and makes single requests, with the kernel's own C library (tools/net/ynl), for comparison
 * with qlease.
 *
 *	replay KIND print FILE		decode once and print the records
 *	replay KIND list FILE		decode the recording repeatedly; KIND is queues, napis, page-pools, links or routes
 *	replay request ynl		get receive queue 0 of the device a0, repeatedly
 *	replay request send-recv	the system calls of that alone
 *	replay request sendto-recvmsg	the system calls of qlease for the same request alone
 *	replay request threads N	as ynl, from N threads with a socket each
 *
 * For each line of standard input, all but the first repeat it for the number of milliseconds on that line, and print
 * the nanoseconds per record or request: of processor time, so that other load does not count, except with threads.
 *
 * The library is linked with --wrap=send and --wrap=recv: while a recording is decoded, a request goes nowhere, and a
 * receive call points the library at the next recorded part, without copying it.
 */
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <ynl.h>

#include "netdev-user.h"
#include "rt-link-user.h"
#include "rt-route-user.h"

#define MAX_PARTS 4096

static struct ynl_sock *ys;
static bool replaying;
static unsigned char *parts[MAX_PARTS];
static unsigned int sizes[MAX_PARTS];
static unsigned int n_parts, next_part;

ssize_t __real_send(int fd, const void *buf, size_t len, int flags);
ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);

ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
	if (!replaying)
		return __real_send(fd, buf, len, flags);
	next_part = 0;
	return len;
}

ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
	if (!replaying)
		return __real_recv(fd, buf, len, flags);
	ys->rx_buf = parts[next_part];
	return sizes[next_part++];
}

static void die(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, ys ? ys->err.msg : "failed");
	exit(1);
}

static void load(const char *name)
{
	int fd = open(name, O_RDONLY);
	unsigned char *at, *end;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	at = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		die(name);
	for (end = at + st.st_size; at < end; at += (sizes[n_parts++] + 3) & ~3u) {
		if (n_parts == MAX_PARTS)
			die("too many parts");
		memcpy(&sizes[n_parts], at, 4);
		parts[n_parts] = at += 4;
	}
}

static void *checked(void *list)
{
	if (!list)
		die("dump");
	return list;
}

static void hex(const char *name, const void *bytes, unsigned int len)
{
	printf(" %s=", name);
	for (unsigned int i = 0; i < len; i++)
		printf("%02x", ((const unsigned char *)bytes)[i]);
}

/* Prints an optional number of the object o. */
#define NUMBER(o, name)							\
	do {								\
		if ((o)->_present.name)					\
			printf(" " #name "=%llu", (unsigned long long)(o)->name);	\
	} while (0)

static long queues(bool print)
{
	struct netdev_queue_get_req_dump all = {};
	struct netdev_queue_get_list *list = checked(netdev_queue_get_dump(ys, &all));
	long count = 0;

	ynl_dump_foreach(list, o) {
		count++;
		if (!print)
			continue;
		printf("id=%u type=%u ifindex=%u", o->id, o->type, o->ifindex);
		NUMBER(o, napi_id);
		NUMBER(o, dmabuf);
		putchar('\n');
	}
	netdev_queue_get_list_free(list);
	return count;
}

static long napis(bool print)
{
	struct netdev_napi_get_req_dump all = {};
	struct netdev_napi_get_list *list = checked(netdev_napi_get_dump(ys, &all));
	long count = 0;

	ynl_dump_foreach(list, o) {
		count++;
		if (!print)
			continue;
		printf("id=%u ifindex=%u", o->id, o->ifindex);
		NUMBER(o, irq);
		NUMBER(o, pid);
		NUMBER(o, defer_hard_irqs);
		NUMBER(o, gro_flush_timeout);
		NUMBER(o, irq_suspend_timeout);
		NUMBER(o, threaded);
		putchar('\n');
	}
	netdev_napi_get_list_free(list);
	return count;
}

static long page_pools(bool print)
{
	struct netdev_page_pool_get_req_dump all = {};
	struct netdev_page_pool_get_list *list = checked(netdev_page_pool_get_dump(ys, &all));
	long count = 0;

	ynl_dump_foreach(list, o) {
		count++;
		if (!print)
			continue;
		printf("id=%llu", (unsigned long long)o->id);
		NUMBER(o, ifindex);
		NUMBER(o, napi_id);
		NUMBER(o, inflight);
		NUMBER(o, inflight_mem);
		NUMBER(o, detach_time);
		NUMBER(o, dmabuf);
		putchar('\n');
	}
	netdev_page_pool_get_list_free(list);
	return count;
}

static void print_link(struct rt_link_getlink_rsp *o)
{
	printf("ifindex=%d flags=%u ifname=%s", o->_hdr.ifi_index, o->_hdr.ifi_flags, o->ifname);
	hex("address", o->address, o->_len.address);
	hex("broadcast", o->broadcast, o->_len.broadcast);
	NUMBER(o, mtu);
	NUMBER(o, min_mtu);
	NUMBER(o, max_mtu);
	NUMBER(o, link);
	NUMBER(o, master);
	printf(" operstate=%u", o->operstate);
	NUMBER(o, carrier);
	NUMBER(o, carrier_changes);
	NUMBER(o, carrier_up_count);
	NUMBER(o, carrier_down_count);
	NUMBER(o, linkmode);
	printf(" kind=%s qdisc=%s", o->linkinfo.kind ? o->linkinfo.kind : "", o->qdisc);
	NUMBER(o, txqlen);
	NUMBER(o, group);
	NUMBER(o, promiscuity);
	NUMBER(o, allmulti);
	NUMBER(o, num_tx_queues);
	NUMBER(o, num_rx_queues);
	NUMBER(o, gso_max_segs);
	NUMBER(o, gso_max_size);
	NUMBER(o, gso_ipv4_max_size);
	NUMBER(o, gro_max_size);
	NUMBER(o, gro_ipv4_max_size);
	NUMBER(o, tso_max_size);
	NUMBER(o, tso_max_segs);
	NUMBER(o, proto_down);
	hex("stats64", o->stats64, 12 * sizeof(__u64));
	putchar('\n');
}

static long links(bool print)
{
	struct rt_link_getlink_req_dump all = {};
	struct rt_link_getlink_list *list = checked(rt_link_getlink_dump(ys, &all));
	long count = 0;

	ynl_dump_foreach(list, o) {
		count++;
		if (print)
			print_link(o);
	}
	rt_link_getlink_list_free(list);
	return count;
}

static long routes(bool print)
{
	struct rt_route_getroute_req_dump all = {};
	struct rt_route_getroute_list *list = checked(rt_route_getroute_dump(ys, &all));
	long count = 0;

	ynl_dump_foreach(list, o) {
		count++;
		if (!print)
			continue;
		printf("family=%u type=%u protocol=%u scope=%u dst_len=%u", o->_hdr.rtm_family, o->_hdr.rtm_type,
		       o->_hdr.rtm_protocol, o->_hdr.rtm_scope, o->_hdr.rtm_dst_len);
		hex("dst", o->dst, o->_len.dst);
		hex("gateway", o->gateway, o->_len.gateway);
		hex("prefsrc", o->prefsrc, o->_len.prefsrc);
		NUMBER(o, oif);
		NUMBER(o, priority);
		NUMBER(o, table);
		putchar('\n');
	}
	rt_route_getroute_list_free(list);
	return count;
}

static unsigned int ifindex;

static long request(struct ynl_sock *sock)
{
	struct netdev_queue_get_req req = {};
	struct netdev_queue_get_rsp *queue;

	netdev_queue_get_req_set_ifindex(&req, ifindex);
	netdev_queue_get_req_set_type(&req, NETDEV_QUEUE_TYPE_RX);
	netdev_queue_get_req_set_id(&req, 0);
	queue = netdev_queue_get(sock, &req);
	if (!queue)
		die("queue-get");
	netdev_queue_get_rsp_free(queue);
	return 1;
}

/* The bytes of that request. */
static struct {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	struct {
		struct nlattr header;
		__u32 value;
	} attrs[3];
} bytes;

static void fill_bytes(unsigned int flags)
{
	const __u16 types[] = { NETDEV_A_QUEUE_IFINDEX, NETDEV_A_QUEUE_TYPE, NETDEV_A_QUEUE_ID };

	bytes.nlh.nlmsg_len = sizeof(bytes);
	bytes.nlh.nlmsg_type = ys->family_id;
	bytes.nlh.nlmsg_flags = flags;
	bytes.genl.cmd = NETDEV_CMD_QUEUE_GET;
	bytes.genl.version = 1;
	for (int i = 0; i < 3; i++) {
		bytes.attrs[i].header.nla_len = sizeof(bytes.attrs[i]);
		bytes.attrs[i].header.nla_type = types[i];
	}
	bytes.attrs[0].value = ifindex;
}

/* The library requests an acknowledgement, which is another part. */
static long send_recv(bool print)
{
	(void)print;
	if (__real_send(ys->socket, &bytes, sizeof(bytes), 0) < 0 ||
	    __real_recv(ys->socket, ys->rx_buf, YNL_SOCKET_BUFFER_SIZE, 0) < 0 ||
	    __real_recv(ys->socket, ys->rx_buf, YNL_SOCKET_BUFFER_SIZE, 0) < 0)
		die("send-recv");
	return 1;
}

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* With a second thread, as a JVM has: the kernel then counts references to the socket's file in each call. */
static void become_threaded(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle, NULL))
		die("pthread_create");
}

static long sendto_recvmsg(bool print)
{
	struct sockaddr_nl from;
	struct iovec iov = { ys->rx_buf, YNL_SOCKET_BUFFER_SIZE };
	struct msghdr msg = { &from, sizeof(from), &iov, 1, NULL, 0, 0 };

	(void)print;
	if (syscall(SYS_sendto, ys->socket, &bytes, sizeof(bytes), 0, NULL, 0) < 0 ||
	    syscall(SYS_recvmsg, ys->socket, &msg, MSG_DONTWAIT) < 0)
		die("sendto-recvmsg");
	return 1;
}

static long ynl_request(bool print)
{
	(void)print;
	return request(ys);
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

static double window(long (*operation)(bool), long long ns)
{
	long long used = time_of(CLOCK_PROCESS_CPUTIME_ID), start = now();
	long done = 0;

	while (now() - start < ns)
		done += operation(false);
	return (double)(time_of(CLOCK_PROCESS_CPUTIME_ID) - used) / done;
}

static long long thread_window;

static void *requesting(void *count)
{
	struct ynl_sock *sock = ynl_sock_create(&ynl_netdev_family, NULL);
	long long start = now();

	if (!sock)
		die("socket of a thread");
	while (now() - start < thread_window)
		*(long *)count += request(sock);
	ynl_sock_destroy(sock);
	return NULL;
}

static double threads_window(int n, long long ns)
{
	pthread_t threads[64];
	long counts[64] = {};
	long done = 0;

	thread_window = ns;
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, requesting, &counts[i]))
			die("pthread_create");
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		done += counts[i];
	}
	return (double)ns / done;
}

static const struct {
	const char *kind, *mode;
	const struct ynl_family *family;
	long (*operation)(bool);
	unsigned int flags;
} KINDS[] = {
	{ "queues", NULL, &ynl_netdev_family, queues, 0 },
	{ "napis", NULL, &ynl_netdev_family, napis, 0 },
	{ "page-pools", NULL, &ynl_netdev_family, page_pools, 0 },
	{ "links", NULL, &ynl_rt_link_family, links, 0 },
	{ "routes", NULL, &ynl_rt_route_family, routes, 0 },
	{ "request", "ynl", &ynl_netdev_family, ynl_request, 0 },
	{ "request", "send-recv", &ynl_netdev_family, send_recv, NLM_F_REQUEST | NLM_F_ACK },
	{ "request", "sendto-recvmsg", &ynl_netdev_family, sendto_recvmsg, NLM_F_REQUEST },
	{ "request", "threads", &ynl_netdev_family, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct ynl_error error;
	unsigned int k = 0;
	char line[32];

	while (k < YNL_ARRAY_SIZE(KINDS) && (argc < 3 || strcmp(argv[1], KINDS[k].kind) ||
					     (KINDS[k].mode && strcmp(argv[2], KINDS[k].mode))))
		k++;
	if (k == YNL_ARRAY_SIZE(KINDS) || (argc < 4 && (!KINDS[k].mode || !KINDS[k].operation))) {
		fputs("usage: replay KIND print|list FILE | request ynl|send-recv|sendto-recvmsg | request threads N\n",
		      stderr);
		return 2;
	}
	ys = ynl_sock_create(KINDS[k].family, &error);
	if (!ys) {
		fprintf(stderr, "replay: %s\n", error.msg);
		return 1;
	}
	if (!KINDS[k].mode) {
		load(argv[3]);
		replaying = true;
		if (!strcmp(argv[2], "print"))
			return KINDS[k].operation(true) == 0;
	} else {
		ifindex = if_nametoindex("a0");
		fill_bytes(KINDS[k].flags);
		if (KINDS[k].operation == sendto_recvmsg)
			become_threaded();
	}
	setlinebuf(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		long long ns = atoll(line) * 1000000;

		printf("%.2f\n", KINDS[k].operation ? window(KINDS[k].operation, ns)
						    : threads_window(atoi(argv[3]), ns));
	}
	return 0;
}
