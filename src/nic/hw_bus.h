/* SPDX-License-Identifier: GPL-2.0 */
/* The bus between a qnic port and memory: one IOMMU per port. */
#ifndef QNIC_HW_BUS_H
#define QNIC_HW_BUS_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* A bus address is generation, slot and offset.  The generation of a slot
 * changes with each use, so the address of a mapping that is gone stays
 * invalid when its slot is taken again.
 */
#define QNIC_OFF_BITS		31
#define QNIC_SLOT_BITS		20
#define QNIC_GEN_BITS		12
#define QNIC_CHUNK		512	/* slots allocated at once */
#define QNIC_CHUNKS		(BIT(QNIC_SLOT_BITS) / QNIC_CHUNK)
#define QNIC_BUS_LOG		32

enum qnic_access { QNIC_READ, QNIC_WRITE };

struct qnic_map {
	phys_addr_t	phys;		/* page at offset 0 */
	u32		first;		/* offset of the first mapped byte */
	u32		len;
	u32		tag;		/* generation while mapped, else 0 */
	u32		gen;
	u32		next;		/* free list */
	atomic_t	users;		/* accesses in progress */
	enum dma_data_direction dir;
};

struct qnic_bus_refusal {
	u64		ns;
	dma_addr_t	addr;
	u32		len;
	enum qnic_access access;
	const char	*why;
};

struct qnic_bus {
	struct device	*dev;
	spinlock_t	lock;		/* protects the slots and the log */
	struct qnic_map	*chunk[QNIC_CHUNKS];
	u32		chunks;
	u32		first_gen;
	u32		free;		/* first free slot, or QNIC_NO_SLOT */
	u32		last_free;
	u32		mapped;
	dma_addr_t	last_unmapped;
	u64		faults;		/* refused accesses of the device */
	u64		misuses;	/* syncs and unmaps of unmapped addresses */
	struct qnic_bus_refusal log[QNIC_BUS_LOG];
	u32		logged;
};

#define QNIC_NO_SLOT		U32_MAX

static inline dma_addr_t qnic_addr(u32 gen, u32 slot, u32 off)
{
	return (u64)gen << (QNIC_OFF_BITS + QNIC_SLOT_BITS) |
	       (u64)slot << QNIC_OFF_BITS | off;
}

struct dentry;
struct dma_map_ops;

/* The bus is the device's, not the driver's: it stays while the driver is unbound,
 * since a dma-buf's mapping can outlive it.
 */
static inline struct qnic_bus *qnic_bus_of(struct device *dev)
{
	return *(struct qnic_bus **)dev_get_platdata(dev);
}

struct qnic_bus *qnic_bus_create(struct device *dev, unsigned int id);
void qnic_bus_destroy(struct qnic_bus *bus);

/* Device accesses; return false if refused.  Call with bottom halves disabled. */
bool qnic_bus_read(struct qnic_bus *bus, dma_addr_t addr, void *dst, u32 len);
bool qnic_bus_write(struct qnic_bus *bus, dma_addr_t addr, const void *src,
		    u32 len);
bool qnic_bus_write32(struct qnic_bus *bus, dma_addr_t addr, u32 val);
bool qnic_bus_copy(struct qnic_bus *to, dma_addr_t dst, struct qnic_bus *from,
		   dma_addr_t src, u32 len);
bool qnic_bus_sum(struct qnic_bus *bus, dma_addr_t addr, u32 len, __wsum *sum);

/* Building blocks of the DMA operations. */
dma_addr_t qnic_bus_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs);
void qnic_bus_unmap(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir, unsigned long attrs);
void qnic_bus_sync(struct device *dev, dma_addr_t addr, size_t size,
		   enum dma_data_direction dir);

/* hw_dma.c */
extern const struct dma_map_ops qnic_dma_ops;

/* hw_busfs.c */
void qnic_busfs_add(struct qnic_bus *bus, struct dentry *port_dir);
struct qnic_map *qnic_bus_slot(struct qnic_bus *bus, u32 slot);

#endif
