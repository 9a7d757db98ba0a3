// SPDX-License-Identifier: GPL-2.0
/*
 * The transmit engine: fetches descriptors after the doorbell, in its own
 * context, sends the frames to the other port with the configured speed and
 * delay, and writes back the completed index.
 */
#include <linux/ktime.h>
#include <linux/mm.h>

#include "compat.h"
#include "hw_frame.h"

#define QNIC_TX_BATCH	64
#define QNIC_HOLD_NS	(500 * NSEC_PER_USEC)
#define QNIC_LATE_NS	(5 * NSEC_PER_MSEC)

static struct workqueue_struct *qnic_wq;

/* Frames found since the last look are due after the port's delay. */
static bool qnic_stamp(struct qnic_hw_txq *q, u64 now)
{
	/* pairs with the release in qnic_hw_tx_doorbell() */
	u32 doorbell = smp_load_acquire(&q->doorbell);
	u64 due = now + READ_ONCE(q->hw->tx_delay_us) * (u64)NSEC_PER_USEC;

	for (; q->seen != doorbell; q->seen++)
		q->when[q->seen & (q->size - 1)] = due;
	return q->fetch != q->seen;
}

/* Collect the frame at descriptor at; set @next to the descriptor after it. */
static bool qnic_fetch(struct qnic_hw_txq *q, u32 at, struct qnic_frame *f,
		       struct qnic_tx_desc *first, u32 *next)
{
	struct qnic_bus *bus = q->hw->bus;
	struct qnic_tx_desc d;

	f->bus = bus;
	f->len = 0;
	f->nseg = 0;
	do {
		u32 i = at++ & (q->size - 1);

		if (f->nseg == ARRAY_SIZE(f->seg) || at - 1 == q->seen ||
		    !qnic_bus_read(bus, q->desc + i * sizeof(d), &d, sizeof(d))) {
			*next = q->seen;
			return false;
		}
		if (!f->nseg)
			*first = d;
		f->seg[f->nseg].addr = d.addr;
		f->seg[f->nseg++].len = d.len;
		f->len += d.len;
	} while (!(d.flags & QNIC_TX_EOP));
	*next = at;
	return true;
}

/* Reserve the wire for a frame and return 0, or return when it becomes free. */
static u64 qnic_wire_busy(struct qnic_hw *hw, u32 len, u64 now)
{
	u32 rate = READ_ONCE(hw->rate_mbps);
	u64 busy = 0;

	if (!rate)
		return 0;
	spin_lock(&hw->rate_lock);
	if (hw->wire_free > now)
		busy = hw->wire_free;
	else
		/* it became free before the timer fired */
		hw->wire_free = max(hw->wire_free, now - QNIC_LATE_NS) +
			       div_u64((u64)len * 8 * 1000, rate);
	spin_unlock(&hw->rate_lock);
	return busy;
}

static void qnic_tx_stat(struct qnic_hw_txq *q, enum qnic_hw_tx_stat stat)
{
	u64_stats_update_begin(&q->sync);
	u64_stats_inc(&q->stat[stat]);
	u64_stats_update_end(&q->sync);
}

static void qnic_send(struct qnic_hw_txq *q, const struct qnic_frame *f,
		      const struct qnic_tx_desc *d)
{
	struct qnic_hw *hw = q->hw, *peer;
	bool corrupt;
	int copies;

	rcu_read_lock();
	peer = rcu_dereference(hw->peer);
	if (!peer || !READ_ONCE(hw->link)) {
		qnic_tx_stat(q, QNIC_HW_TX_DROPS);
		goto out;
	}
	if (qnic_fault(&hw->faults, QNIC_DROP))
		goto out;
	corrupt = qnic_fault(&hw->faults, QNIC_CORRUPT);
	copies = 1 + qnic_fault(&hw->faults, QNIC_DUPLICATE);
	while (copies--) {
		if (!qnic_frame_send(peer, f, d, corrupt)) {
			qnic_tx_stat(q, QNIC_HW_TX_ERRORS);
			break;
		}
	}
out:
	rcu_read_unlock();
}

/* Send the frame at q->fetch, or return the time until which to wait. */
static bool qnic_send_next(struct qnic_hw_txq *q, u64 now, u64 *until)
{
	struct qnic_tx_desc first, second;
	struct qnic_frame f, g;
	u32 start = q->fetch, next, after, i;
	bool ok;

	*until = q->when[start & (q->size - 1)];
	if (*until > now)
		return false;
	ok = qnic_fetch(q, start, &f, &first, &next);
	if (ok) {
		*until = qnic_wire_busy(q->hw, f.len, now);
		if (*until)
			return false;
	}
	if (ok && !q->held && qnic_fault(&q->hw->faults, QNIC_REORDER)) {
		q->held = true;
		q->held_until = now + QNIC_HOLD_NS;
	}
	after = next;
	if (q->held && next == q->seen && now < q->held_until) {
		*until = q->held_until;
		return false;
	}
	if (q->held && next != q->seen) {
		if (qnic_fetch(q, next, &g, &second, &after))
			qnic_send(q, &g, &second);
		else
			qnic_tx_stat(q, QNIC_HW_TX_ERRORS);
	}
	q->held = false;
	if (ok)
		qnic_send(q, &f, &first);
	else
		qnic_tx_stat(q, QNIC_HW_TX_ERRORS);
	q->fetch = after;
	now += READ_ONCE(q->hw->faults.complete_delay_us) * (u64)NSEC_PER_USEC;
	for (i = start; i != after; i++)
		q->when[i & (q->size - 1)] = now;
	return true;
}

/* Complete frames that are due; return when the next one is, or 0. */
static u64 qnic_complete(struct qnic_hw_txq *q, u64 now)
{
	u32 done = q->done;

	if (READ_ONCE(q->hw->faults.stop_completing))
		return 0;
	while (done != q->fetch && q->when[done & (q->size - 1)] <= now)
		done++;
	if (done != q->done) {
		q->done = done;
		qnic_bus_write32(q->hw->bus, q->done_at, done);
		q->hw->interrupt(q->hw, q - q->hw->txq);
	}
	return done != q->fetch ? q->when[done & (q->size - 1)] : 0;
}

static void qnic_tx_work(struct work_struct *work)
{
	struct qnic_hw_txq *q = container_of(work, struct qnic_hw_txq, work);
	u64 now = ktime_get_ns(), until = 0, more;
	unsigned int n = 0;

	local_bh_disable();
	if (!READ_ONCE(q->running))
		goto out;
	while (qnic_stamp(q, now)) {
		if (n++ == QNIC_TX_BATCH) {
			queue_work(qnic_wq, work);
			break;
		}
		if (qnic_send_next(q, now, &until)) {
			until = 0;
			continue;
		}
		/* the time may have come while frames were sent */
		now = ktime_get_ns();
		if (until > now)
			break;
	}
	more = qnic_complete(q, ktime_get_ns());
	if (until && more)
		until = min(until, more);
	else
		until = until ?: more;
	if (until)
		hrtimer_start(&q->timer, ns_to_ktime(until),
			      HRTIMER_MODE_ABS_SOFT);
out:
	local_bh_enable();
}

static enum hrtimer_restart qnic_tx_timer(struct hrtimer *timer)
{
	struct qnic_hw_txq *q = container_of(timer, struct qnic_hw_txq, timer);

	if (READ_ONCE(q->running))
		queue_work(qnic_wq, &q->work);
	return HRTIMER_NORESTART;
}

/* The driver's write to the doorbell register. */
void qnic_hw_tx_doorbell(struct qnic_hw *hw, unsigned int i, u32 head)
{
	/* descriptors must be there before the hardware looks for them */
	smp_store_release(&hw->txq[i].doorbell, head);
	queue_work(qnic_wq, &hw->txq[i].work);
}

/* Make all queues reread the settings, after a change or a stall. */
void qnic_hw_tx_kick(struct qnic_hw *hw)
{
	unsigned int i;

	for (i = 0; i < QNIC_MAX_QUEUES; i++)
		if (READ_ONCE(hw->txq[i].running))
			queue_work(qnic_wq, &hw->txq[i].work);
}

int qnic_hw_tx_start(struct qnic_hw *hw, unsigned int i, dma_addr_t desc,
		     dma_addr_t done_at, u32 size)
{
	struct qnic_hw_txq *q = &hw->txq[i];

	q->when = kvcalloc(size, sizeof(*q->when), GFP_KERNEL);
	if (!q->when)
		return -ENOMEM;
	q->desc = desc;
	q->done_at = done_at;
	q->size = size;
	q->doorbell = 0;
	q->seen = 0;
	q->fetch = 0;
	q->done = 0;
	q->held = false;
	WRITE_ONCE(q->running, true);
	return 0;
}

void qnic_hw_tx_stop(struct qnic_hw *hw, unsigned int i)
{
	struct qnic_hw_txq *q = &hw->txq[i];

	WRITE_ONCE(q->running, false);
	/* the work may start the timer and the timer queue the work */
	cancel_work_sync(&q->work);
	hrtimer_cancel(&q->timer);
	cancel_work_sync(&q->work);
	kvfree(q->when);
	q->when = NULL;
}

void qnic_wire_queue_init(struct qnic_hw *hw, struct qnic_hw_txq *q)
{
	q->hw = hw;
	u64_stats_init(&q->sync);
	INIT_WORK(&q->work, qnic_tx_work);
	hrtimer_setup(&q->timer, qnic_tx_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
}

int qnic_wire_init(void)
{
	qnic_wq = alloc_workqueue("qnic", QNIC_WQ_BH, 0);
	return qnic_wq ? 0 : -ENOMEM;
}

void qnic_wire_exit(void)
{
	destroy_workqueue(qnic_wq);
}
