// SPDX-License-Identifier: GPL-2.0
/*
 * The port's DMA operations, and the only way for its hardware half to access
 * memory.  An address is valid only between map and unmap, within the length
 * mapped and in the direction mapped; other accesses are refused and logged.
 */
#include <linux/dma-map-ops.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/checksum.h>

#include "hw_bus.h"
#include "compat.h"

#if !defined(CONFIG_ARCH_HAS_DMA_OPS) || defined(CONFIG_HIGHMEM)
#error "needs DMA operations per device and memory that is mapped linearly"
#endif

#define QNIC_OFF_MASK	(BIT_ULL(QNIC_OFF_BITS) - 1)
#define QNIC_GEN_MASK	(BIT(QNIC_GEN_BITS) - 1)

static u32 qnic_addr_slot(dma_addr_t addr)
{
	return (addr >> QNIC_OFF_BITS) & (BIT(QNIC_SLOT_BITS) - 1);
}

static u32 qnic_addr_gen(dma_addr_t addr)
{
	return addr >> (QNIC_OFF_BITS + QNIC_SLOT_BITS);
}

struct qnic_map *qnic_bus_slot(struct qnic_bus *bus, u32 slot)
{
	struct qnic_map *chunk;

	/* pairs with the release in qnic_bus_grow() */
	chunk = smp_load_acquire(&bus->chunk[slot / QNIC_CHUNK]);
	return chunk ? &chunk[slot % QNIC_CHUNK] : NULL;
}

/* ---- the device's accesses ---------------------------------------------- */

static void qnic_bus_refuse(struct qnic_bus *bus, dma_addr_t addr, u32 len,
			    enum qnic_access access, const char *why)
{
	unsigned long flags;

	spin_lock_irqsave(&bus->lock, flags);
	bus->faults++;
	bus->log[bus->logged++ % QNIC_BUS_LOG] = (struct qnic_bus_refusal) {
		.ns = ktime_get_ns(), .addr = addr, .len = len,
		.access = access, .why = why,
	};
	spin_unlock_irqrestore(&bus->lock, flags);
	dev_err_ratelimited(bus->dev, "DMA refused: %s of %u bytes at %pad: %s\n",
			    access == QNIC_WRITE ? "write" : "read", len, &addr,
			    why);
}

/* Pin the mapping of addr and return its memory, or refuse. */
static void *qnic_bus_get(struct qnic_bus *bus, dma_addr_t addr, u32 len,
			  enum qnic_access access, struct qnic_map **pin)
{
	struct qnic_map *m = qnic_bus_slot(bus, qnic_addr_slot(addr));
	u32 gen = qnic_addr_gen(addr), off = addr & QNIC_OFF_MASK;
	const char *why;

	if (!m || !gen || gen > QNIC_GEN_MASK) {
		why = "never mapped";
		goto refuse;
	}
	atomic_inc(&m->users);
	/* pairs with the barrier in qnic_bus_unmap() */
	smp_mb__after_atomic();
	if (READ_ONCE(m->tag) != gen) {
		why = "not mapped any more";
	} else if (off < m->first || !len ||
		   (u64)off + len > (u64)m->first + m->len) {
		why = "beyond the mapping";
	} else if (m->dir != DMA_BIDIRECTIONAL &&
		   m->dir != (access == QNIC_WRITE ? DMA_FROM_DEVICE :
						     DMA_TO_DEVICE)) {
		why = "against the mapping's direction";
	} else {
		*pin = m;
		return phys_to_virt(m->phys + off);
	}
	atomic_dec(&m->users);
refuse:
	qnic_bus_refuse(bus, addr, len, access, why);
	return NULL;
}

static void qnic_bus_put(struct qnic_map *m)
{
	/* the access is complete before unmap may continue */
	smp_mb__before_atomic();
	atomic_dec(&m->users);
}

bool qnic_bus_read(struct qnic_bus *bus, dma_addr_t addr, void *dst, u32 len)
{
	struct qnic_map *m;
	void *va = qnic_bus_get(bus, addr, len, QNIC_READ, &m);

	if (!va)
		return false;
	memcpy(dst, va, len);
	qnic_bus_put(m);
	return true;
}

bool qnic_bus_write(struct qnic_bus *bus, dma_addr_t addr, const void *src,
		    u32 len)
{
	struct qnic_map *m;
	void *va = qnic_bus_get(bus, addr, len, QNIC_WRITE, &m);

	if (!va)
		return false;
	memcpy(va, src, len);
	qnic_bus_put(m);
	return true;
}

/* The write must be atomic, and not visible before earlier writes. */
bool qnic_bus_write32(struct qnic_bus *bus, dma_addr_t addr, u32 val)
{
	struct qnic_map *m;
	u32 *va = qnic_bus_get(bus, addr, sizeof(val), QNIC_WRITE, &m);

	if (!va)
		return false;
	/* pairs with the acquire of the word's reader */
	smp_store_release(va, val);
	qnic_bus_put(m);
	return true;
}

bool qnic_bus_copy(struct qnic_bus *to, dma_addr_t dst, struct qnic_bus *from,
		   dma_addr_t src, u32 len)
{
	struct qnic_map *m;
	void *va = qnic_bus_get(from, src, len, QNIC_READ, &m);
	bool done;

	if (!va)
		return false;
	done = qnic_bus_write(to, dst, va, len);
	qnic_bus_put(m);
	return done;
}

bool qnic_bus_sum(struct qnic_bus *bus, dma_addr_t addr, u32 len, __wsum *sum)
{
	struct qnic_map *m;
	void *va = qnic_bus_get(bus, addr, len, QNIC_READ, &m);

	if (!va)
		return false;
	*sum = csum_partial(va, len, 0);
	qnic_bus_put(m);
	return true;
}

/* ---- mappings ------------------------------------------------------------ */

/* Allocate more slots if none is free; called with bus->lock held. */
static bool qnic_bus_grow(struct qnic_bus *bus)
{
	u32 base = bus->chunks * QNIC_CHUNK, i;
	struct qnic_map *chunk;

	if (bus->chunks == QNIC_CHUNKS)
		return false;
	chunk = kcalloc(QNIC_CHUNK, sizeof(*chunk), GFP_ATOMIC | __GFP_NOWARN);
	if (!chunk)
		return false;
	for (i = 0; i < QNIC_CHUNK; i++) {
		chunk[i].gen = bus->first_gen;
		chunk[i].next = i + 1 < QNIC_CHUNK ? base + i + 1 : QNIC_NO_SLOT;
	}
	bus->free = base;
	bus->last_free = base + QNIC_CHUNK - 1;
	/* pairs with the acquire in qnic_bus_slot() */
	smp_store_release(&bus->chunk[bus->chunks], chunk);
	bus->chunks++;
	return true;
}

dma_addr_t qnic_bus_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs)
{
	struct qnic_bus *bus = qnic_bus_of(dev);
	u32 off = offset_in_page(phys), slot;
	struct qnic_map *m;
	unsigned long flags;

	if (!size || size > QNIC_OFF_MASK - PAGE_SIZE || dir == DMA_NONE ||
	    !pfn_valid(PHYS_PFN(phys)) || !pfn_valid(PHYS_PFN(phys + size - 1)))
		return DMA_MAPPING_ERROR;
	if (attrs & DMA_ATTR_MMIO)
		return DMA_MAPPING_ERROR;
	spin_lock_irqsave(&bus->lock, flags);
	if (bus->free == QNIC_NO_SLOT && !qnic_bus_grow(bus)) {
		spin_unlock_irqrestore(&bus->lock, flags);
		return DMA_MAPPING_ERROR;
	}
	slot = bus->free;
	m = qnic_bus_slot(bus, slot);
	bus->free = m->next;
	bus->mapped++;
	m->phys = phys - off;
	m->first = off;
	m->len = size;
	m->dir = dir;
	/* the device must not see the tag before the rest */
	smp_store_release(&m->tag, m->gen);
	spin_unlock_irqrestore(&bus->lock, flags);
	return qnic_addr(m->gen, slot, off);
}

/* Return the driver's mapping for addr; else count a misuse and return NULL. */
static struct qnic_map *qnic_bus_find(struct qnic_bus *bus, dma_addr_t addr,
				      size_t size, const char *what)
{
	struct qnic_map *m = qnic_bus_slot(bus, qnic_addr_slot(addr));
	u32 off = addr & QNIC_OFF_MASK;

	if (m && m->tag && m->tag == qnic_addr_gen(addr) && off >= m->first &&
	    off + size <= (u64)m->first + m->len)
		return m;
	bus->misuses++;
	dev_err_ratelimited(bus->dev, "DMA %s of %zu bytes at %pad: not mapped\n",
			    what, size, &addr);
	return NULL;
}

void qnic_bus_unmap(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir, unsigned long attrs)
{
	struct qnic_bus *bus = qnic_bus_of(dev);
	struct qnic_map *m;
	unsigned long flags;

	spin_lock_irqsave(&bus->lock, flags);
	m = qnic_bus_find(bus, addr, size, "unmap");
	if (m)
		WRITE_ONCE(m->tag, 0);
	spin_unlock_irqrestore(&bus->lock, flags);
	if (!m)
		return;
	/* pairs with the barrier in qnic_bus_get(): an access either sees that
	 * the tag is cleared, or is seen here and waited for
	 */
	smp_mb();
	while (atomic_read(&m->users))
		cpu_relax();
	spin_lock_irqsave(&bus->lock, flags);
	m->gen = (m->gen & QNIC_GEN_MASK) == QNIC_GEN_MASK ? 1 : m->gen + 1;
	m->next = QNIC_NO_SLOT;
	/* last in the queue, to delay the wraparound of its generations */
	if (bus->free == QNIC_NO_SLOT)
		bus->free = qnic_addr_slot(addr);
	else
		qnic_bus_slot(bus, bus->last_free)->next = qnic_addr_slot(addr);
	bus->last_free = qnic_addr_slot(addr);
	bus->mapped--;
	bus->last_unmapped = addr;
	spin_unlock_irqrestore(&bus->lock, flags);
}

/* Memory is coherent; a sync only checks that the driver owns the mapping. */
void qnic_bus_sync(struct device *dev, dma_addr_t addr, size_t size,
		   enum dma_data_direction dir)
{
	struct qnic_bus *bus = qnic_bus_of(dev);
	unsigned long flags;

	spin_lock_irqsave(&bus->lock, flags);
	qnic_bus_find(bus, addr, size, "sync");
	spin_unlock_irqrestore(&bus->lock, flags);
}

/* Each port starts with a different generation, so that addresses of one
 * port are invalid on another.
 */
struct qnic_bus *qnic_bus_create(struct device *dev, unsigned int id)
{
	struct qnic_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);

	if (!bus)
		return NULL;
	bus->dev = dev;
	bus->free = QNIC_NO_SLOT;
	bus->first_gen = 1 + id * 64;
	spin_lock_init(&bus->lock);
	if (!qnic_bus_grow(bus)) {
		kfree(bus);
		return NULL;
	}
	set_dma_ops(dev, &qnic_dma_ops);
	return bus;
}

void qnic_bus_destroy(struct qnic_bus *bus)
{
	u32 i;

	set_dma_ops(bus->dev, NULL);
	if (bus->mapped)
		dev_err(bus->dev, "%u DMA mappings are left over\n", bus->mapped);
	for (i = 0; i < bus->chunks; i++)
		kfree(bus->chunk[i]);
	kfree(bus);
}
