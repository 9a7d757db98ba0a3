// SPDX-License-Identifier: GPL-2.0
/*
 * The bus in debugfs, below qnic/<port>/bus/:
 *
 *   mappings       address, length and direction of each mapping
 *   last_unmapped  the address that was unmapped last
 *   faults         the last accesses that were refused
 *   poke           written "read|write ADDRESS LENGTH": make the device do it;
 *                  the write fails with EFAULT when the access is refused
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "hw_bus.h"

#define QNIC_POKE_MAX	SZ_4K

static const char *qnic_dir_name(enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return "to-device";
	case DMA_FROM_DEVICE:
		return "from-device";
	default:
		return "both";
	}
}

static int qnic_mappings_show(struct seq_file *s, void *unused)
{
	struct qnic_bus *bus = s->private;
	u32 i;

	for (i = 0; i < bus->chunks * QNIC_CHUNK; i++) {
		const struct qnic_map *m = qnic_bus_slot(bus, i);

		spin_lock_irq(&bus->lock);
		if (m->tag)
			seq_printf(s, "%#llx %u %s\n",
				   (u64)qnic_addr(m->tag, i, m->first), m->len,
				   qnic_dir_name(m->dir));
		spin_unlock_irq(&bus->lock);
		cond_resched();
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(qnic_mappings);

static int qnic_bus_faults_show(struct seq_file *s, void *unused)
{
	struct qnic_bus *bus = s->private;
	u32 i;

	spin_lock_irq(&bus->lock);
	i = bus->logged > QNIC_BUS_LOG ? bus->logged - QNIC_BUS_LOG : 0;
	for (; i < bus->logged; i++) {
		const struct qnic_bus_refusal *r = &bus->log[i % QNIC_BUS_LOG];

		seq_printf(s, "%llu %s %#llx %u %s\n", r->ns,
			   r->access == QNIC_WRITE ? "write" : "read",
			   (u64)r->addr, r->len, r->why);
	}
	spin_unlock_irq(&bus->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(qnic_bus_faults);

static ssize_t qnic_poke(struct file *file, const char __user *user, size_t count,
			 loff_t *pos)
{
	struct qnic_bus *bus = file->private_data;
	char cmd[64], verb[8];
	bool write, done;
	u64 addr;
	u32 len;
	u8 *buf;

	if (count >= sizeof(cmd))
		return -EINVAL;
	if (copy_from_user(cmd, user, count))
		return -EFAULT;
	cmd[count] = '\0';
	if (sscanf(cmd, "%7s %lli %u", verb, &addr, &len) != 3 ||
	    !len || len > QNIC_POKE_MAX)
		return -EINVAL;
	write = !strcmp(verb, "write");
	if (!write && strcmp(verb, "read"))
		return -EINVAL;
	buf = kzalloc(len, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	local_bh_disable();
	done = write ? qnic_bus_write(bus, addr, buf, len) :
		       qnic_bus_read(bus, addr, buf, len);
	local_bh_enable();
	kfree(buf);
	return done ? count : -EFAULT;
}

static const struct file_operations qnic_poke_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= qnic_poke,
};

void qnic_busfs_add(struct qnic_bus *bus, struct dentry *port_dir)
{
	struct dentry *dir = debugfs_create_dir("bus", port_dir);

	debugfs_create_file("mappings", 0400, dir, bus, &qnic_mappings_fops);
	debugfs_create_x64("last_unmapped", 0400, dir, &bus->last_unmapped);
	debugfs_create_file("faults", 0400, dir, bus, &qnic_bus_faults_fops);
	debugfs_create_file("poke", 0200, dir, bus, &qnic_poke_fops);
}
