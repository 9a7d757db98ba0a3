/* SPDX-License-Identifier: GPL-2.0 */
/* A frame on its way through the device: memory, headers, destination. */
#ifndef QNIC_HW_FRAME_H
#define QNIC_HW_FRAME_H

#include <linux/skbuff.h>

#include "hw.h"
#include "hw_bus.h"

/* hw_frame.c */
struct qnic_seg {
	dma_addr_t	addr;
	u32		len;
};

struct qnic_frame {
	struct qnic_bus	*bus;
	struct qnic_seg	seg[MAX_SKB_FRAGS + 1];
	unsigned int	nseg;
	u32		len;
};

/* What the parser found in the first bytes of a frame. */
struct qnic_meta {
	u16	l3;
	u16	l4;		/* 0: no transport header found */
	u16	pay;		/* first byte past the parsed headers */
	u8	ver;		/* 4, 6 or 0 */
	u8	proto;
	u32	hash;
	bool	hash_l4;
};

bool qnic_frame_read(const struct qnic_frame *f, u32 off, void *dst, u32 len);
bool qnic_frame_copy(const struct qnic_frame *f, u32 off, struct qnic_bus *bus,
		     dma_addr_t to, u32 len);
bool qnic_frame_sum(const struct qnic_frame *f, u32 off, u32 len, __wsum *sum);
void qnic_parse(const u8 *h, u32 len, struct qnic_meta *m);

/* hw_steering.c */
int qnic_steer(struct qnic_hw *hw, const u8 *h, struct qnic_meta *m);
void qnic_steering_init(struct qnic_hw *hw, unsigned int queues);

/* hw_place.c */
struct qnic_piece {
	u8		*h;		/* headers, maybe rewritten */
	u32		hlen;
	u32		off;		/* payload in the frame */
	u32		len;
	bool		corrupt;
	struct qnic_cqe	cqe;
};

void qnic_place(struct qnic_hw *to, const struct qnic_frame *f,
		const struct qnic_meta *m, const struct qnic_piece *piece);

/* hw_offload.c */
bool qnic_frame_send(struct qnic_hw *to, const struct qnic_frame *f,
		     const struct qnic_tx_desc *d, bool corrupt);

/* hw_wire.c */
void qnic_wire_queue_init(struct qnic_hw *hw, struct qnic_hw_txq *q);

#endif
