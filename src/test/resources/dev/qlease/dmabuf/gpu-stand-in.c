/*
 * Stands in for a GPU's driver library, CUDA's or HIP's: "device memory" is a memfd, its pointer an address that only
 * this library can use. Counts what is allocated, so that a test sees that all is freed.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 8
/* Device pointers are no host addresses: a reader that followed one would crash. */
#define DEVICE 0x7f00000000000000ull

static struct slot {
	int fd;
	uint64_t size;
	char *host;
} slots[SLOTS];

static __thread int entered;
static int initialized;

int live_allocations(void)
{
	int n = 0;

	for (int i = 0; i < SLOTS; i++)
		n += slots[i].host != NULL;
	return n;
}

static struct slot *slot_of(uint64_t p)
{
	return &slots[(p - DEVICE) >> 40];
}

static char *host(uint64_t p)
{
	return slot_of(p)->host + ((p - DEVICE) & ((1ull << 40) - 1));
}

static int allocate(uint64_t *p, uint64_t size)
{
	if (!initialized || !entered)
		return 201;
	if (size > 64 << 20)
		return 2;
	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].host)
			continue;
		slots[i].fd = memfd_create("gpu", MFD_CLOEXEC);
		slots[i].size = size;
		if (ftruncate(slots[i].fd, size))
			return 2;
		slots[i].host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots[i].fd, 0);
		*p = DEVICE + ((uint64_t)i << 40);
		return 0;
	}
	return 2;
}

static int release(uint64_t p)
{
	struct slot *s = slot_of(p);

	if (!entered)
		return 201;
	munmap(s->host, s->size);
	close(s->fd);
	s->host = NULL;
	return 0;
}

static int range_fd(int *fd, uint64_t p, uint64_t size, int type, unsigned long long flags)
{
	if (!entered || type != 1 || flags || size != slot_of(p)->size)
		return 1;
	*fd = dup(slot_of(p)->fd);
	return 0;
}

int cuInit(unsigned int flags) { initialized = !flags; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = 40 + ordinal; return 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = &slots; return device != 40; }
int cuCtxSetCurrent(void *context) { entered = context == &slots; return !entered; }
int cuMemAlloc_v2(uint64_t *p, size_t size) { return allocate(p, size); }
int cuMemFree_v2(uint64_t p) { return release(p); }
int cuMemGetHandleForAddressRange(void *fd, uint64_t p, size_t size, int type, unsigned long long flags)
{
	return range_fd(fd, p, size, type, flags);
}
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size) { memcpy(host(to), from, size); return !entered; }
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size) { memcpy(to, host(from), size); return !entered; }

int hipInit(unsigned int flags) { initialized = !flags; return 0; }
int hipSetDevice(int device) { entered = device == 0; return device; }
int hipMalloc(uint64_t *p, size_t size) { return allocate(p, size); }
int hipFree(uint64_t p) { return release(p); }
int hipMemGetHandleForAddressRange(void *fd, uint64_t p, size_t size, int type, unsigned long long flags)
{
	return range_fd(fd, p, size, type, flags);
}
int hipMemcpy(uint64_t to, uint64_t from, size_t size, int kind)
{
	if (kind == 1)
		memcpy(host(to), (void *)from, size);
	else
		memcpy((void *)to, host(from), size);
	return !entered;
}
