/*
 * Reads the queues of the netdev family with the kernel's own C library (tools/net/ynl), for comparison with qlease.
 *
 *	netdev_dump dump IFINDEX	list the queues of all devices, repeatedly
 *	netdev_dump get IFINDEX		get receive queue 0 of a device, repeatedly
 *	netdev_dump json		list all queues once, as JSON
 *
 * The first two print the number of queues read by one operation, then, for each line of standard input, repeat it for
 * a second and print the nanoseconds per operation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ynl.h>

#include "netdev-user.h"

#define WINDOW_NS 1000000000LL

static void die(struct ynl_sock *ys, const char *what)
{
	fprintf(stderr, "netdev_dump: %s: %s\n", what, ys->err.msg);
	exit(1);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct netdev_queue_get_list *list_queues(struct ynl_sock *ys)
{
	struct netdev_queue_get_req_dump all = {};
	struct netdev_queue_get_list *queues = netdev_queue_get_dump(ys, &all);

	if (!queues)
		die(ys, "queue-get dump");
	return queues;
}

/* An operation, which frees what it reads, as a long-running program would. */
static long dump(struct ynl_sock *ys, unsigned int ifindex)
{
	struct netdev_queue_get_list *queues = list_queues(ys);
	long count = 0;

	(void)ifindex;
	ynl_dump_foreach(queues, queue)
		count++;
	netdev_queue_get_list_free(queues);
	return count;
}

static long get(struct ynl_sock *ys, unsigned int ifindex)
{
	struct netdev_queue_get_req req = {};
	struct netdev_queue_get_rsp *queue;

	netdev_queue_get_req_set_ifindex(&req, ifindex);
	netdev_queue_get_req_set_type(&req, NETDEV_QUEUE_TYPE_RX);
	netdev_queue_get_req_set_id(&req, 0);
	queue = netdev_queue_get(ys, &req);
	if (!queue)
		die(ys, "queue-get");
	netdev_queue_get_rsp_free(queue);
	return 1;
}

static double window(struct ynl_sock *ys, long (*operation)(struct ynl_sock *, unsigned int), unsigned int ifindex)
{
	long long start = now(), end = start;
	long done = 0;

	while (end - start < WINDOW_NS) {
		operation(ys, ifindex);
		done++;
		end = now();
	}
	return (double)(end - start) / done;
}

static void print_json(struct ynl_sock *ys)
{
	struct netdev_queue_get_list *queues = list_queues(ys);
	const char *separator = "[";

	ynl_dump_foreach(queues, queue) {
		printf("%s{\"id\": %u, \"ifindex\": %u, \"type\": \"%s\"", separator, queue->id, queue->ifindex,
		       netdev_queue_type_str(queue->type));
		if (queue->_present.napi_id)
			printf(", \"napi-id\": %u", queue->napi_id);
		putchar('}');
		separator = ", ";
	}
	puts(ynl_dump_empty(queues) ? "[]" : "]");
	netdev_queue_get_list_free(queues);
}

static int usage(void)
{
	fputs("usage: netdev_dump dump|get IFINDEX | json\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	long (*operation)(struct ynl_sock *, unsigned int) = NULL;
	unsigned int ifindex = 0;
	struct ynl_error error;
	struct ynl_sock *ys;
	int c;

	if (argc == 3 && !strcmp(argv[1], "dump"))
		operation = dump;
	else if (argc == 3 && !strcmp(argv[1], "get"))
		operation = get;
	else if (argc != 2 || strcmp(argv[1], "json"))
		return usage();
	if (operation)
		ifindex = strtoul(argv[2], NULL, 10);

	ys = ynl_sock_create(&ynl_netdev_family, &error);
	if (!ys) {
		fprintf(stderr, "netdev_dump: %s\n", error.msg);
		return 1;
	}
	if (operation) {
		setlinebuf(stdout);
		printf("%ld\n", operation(ys, ifindex));
		while ((c = getchar()) != EOF)
			if (c == '\n')
				printf("%.1f\n", window(ys, operation, ifindex));
	} else {
		print_json(ys);
	}
	ynl_sock_destroy(ys);
	return 0;
}
