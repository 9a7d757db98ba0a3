// SPDX-License-Identifier: GPL-2.0
/* The DMA operations of a port's device, on top of its bus. */
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

#include "compat.h"
#include "hw_bus.h"

static void qnic_bus_unmap_some(struct device *dev, struct scatterlist *sgl,
				int nents, enum dma_data_direction dir,
				unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		qnic_bus_unmap(dev, sg_dma_address(sg), sg_dma_len(sg), dir,
			       attrs);
}

static void qnic_bus_unmap_sg(struct device *dev, struct scatterlist *sgl,
			      int nents, enum dma_data_direction dir,
			      unsigned long attrs)
{
	qnic_bus_unmap_some(dev, sgl, nents, dir, attrs);
	module_put(THIS_MODULE);
}

/* Lists of pages are not mapped by the driver, but for a dma-buf bound to the
 * port: the module must not be unloaded until they are unmapped.
 */
static int qnic_bus_map_sg(struct device *dev, struct scatterlist *sgl,
			   int nents, enum dma_data_direction dir,
			   unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	if (!try_module_get(THIS_MODULE))
		return -EIO;
	for_each_sg(sgl, sg, nents, i) {
		sg_dma_address(sg) = qnic_bus_map(dev, sg_phys(sg), sg->length,
						  dir, attrs);
		sg_dma_len(sg) = sg->length;
		if (sg_dma_address(sg) == DMA_MAPPING_ERROR) {
			qnic_bus_unmap_some(dev, sgl, i, dir, attrs);
			module_put(THIS_MODULE);
			return -EIO;
		}
	}
	return nents;
}

static void *qnic_bus_alloc(struct device *dev, size_t size, dma_addr_t *addr,
			    gfp_t gfp, unsigned long attrs)
{
	void *va = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (!va)
		return NULL;
	*addr = qnic_bus_map(dev, virt_to_phys(va), size, DMA_BIDIRECTIONAL,
			     attrs);
	if (*addr == DMA_MAPPING_ERROR) {
		free_pages_exact(va, size);
		return NULL;
	}
	return va;
}

static void qnic_bus_free(struct device *dev, size_t size, void *va,
			  dma_addr_t addr, unsigned long attrs)
{
	qnic_bus_unmap(dev, addr, size, DMA_BIDIRECTIONAL, attrs);
	free_pages_exact(va, size);
}

static void qnic_bus_sync_sg(struct device *dev, struct scatterlist *sgl,
			     int nents, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		qnic_bus_sync(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static int qnic_bus_supported(struct device *dev, u64 mask)
{
	return mask == DMA_BIT_MASK(64);
}

const struct dma_map_ops qnic_dma_ops = {
	.alloc			= qnic_bus_alloc,
	.free			= qnic_bus_free,
	QNIC_MAP_OPS(qnic_bus_map, qnic_bus_unmap)
	.map_sg			= qnic_bus_map_sg,
	.unmap_sg		= qnic_bus_unmap_sg,
	.sync_single_for_cpu	= qnic_bus_sync,
	.sync_single_for_device	= qnic_bus_sync,
	.sync_sg_for_cpu	= qnic_bus_sync_sg,
	.sync_sg_for_device	= qnic_bus_sync_sg,
	.dma_supported		= qnic_bus_supported,
};
