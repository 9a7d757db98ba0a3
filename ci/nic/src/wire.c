// SPDX-License-Identifier: GPL-2.0
/*
 * The transmit engine: fetches descriptors after the doorbell, in a context of
 * its own, sends the frames to the other port at the speed and after the delay
 * set, and writes back how far it got.
 */
#include <linux/ktime.h>

#include "qnic.h"

#define QNIC_TX_BATCH	64
#define QNIC_HOLD_NS	(500 * NSEC_PER_USEC)
#define QNIC_LATE_NS	(5 * NSEC_PER_MSEC)

static struct workqueue_struct *qnic_wq;

/* Frames found since the last look are due after the port's delay. */
static bool qnic_stamp(struct qnic_txq *q, u64 now)
{
	struct qnic_txhw *hw = &q->hw;
	/* pairs with the release in qnic_doorbell() */
	u32 doorbell = smp_load_acquire(&hw->doorbell);
	u64 due = now + READ_ONCE(q->port->tx_delay_us) * (u64)NSEC_PER_USEC;

	for (; hw->seen != doorbell; hw->seen++)
		hw->when[hw->seen & (q->size - 1)] = due;
	return hw->fetch != hw->seen;
}

/* Collects the frame that starts at descriptor at; gives where the next does. */
static bool qnic_fetch(struct qnic_txq *q, u32 at, struct qnic_frame *f,
		       struct qnic_tx_desc *first, u32 *next)
{
	struct qnic_bus *bus = q->port->bus;
	struct qnic_tx_desc d;

	f->bus = bus;
	f->len = 0;
	f->nseg = 0;
	do {
		u32 i = at++ & (q->size - 1);

		if (f->nseg == ARRAY_SIZE(f->seg) || at - 1 == q->hw.seen ||
		    !qnic_bus_read(bus, q->desc_dma + i * sizeof(d), &d, sizeof(d))) {
			*next = q->hw.seen;
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

/* When the wire is free for a frame; 0: it has been given the wire now. */
static u64 qnic_wire_busy(struct qnic_port *p, u32 len, u64 now)
{
	u32 rate = READ_ONCE(p->rate_mbps);
	u64 busy = 0;

	if (!rate)
		return 0;
	spin_lock(&p->rate_lock);
	if (p->wire_free > now)
		busy = p->wire_free;
	else
		/* it was free before the timer came round to say so */
		p->wire_free = max(p->wire_free, now - QNIC_LATE_NS) +
			       div_u64((u64)len * 8 * 1000, rate);
	spin_unlock(&p->rate_lock);
	return busy;
}

static void qnic_send(struct qnic_txq *q, const struct qnic_frame *f,
		      const struct qnic_tx_desc *d)
{
	struct qnic_port *p = q->port, *peer;
	bool corrupt;
	int copies;

	rcu_read_lock();
	peer = rcu_dereference(p->peer);
	if (!peer || !netif_running(peer->dev) || !netif_carrier_ok(p->dev)) {
		q->stats.hw_drops++;
		goto out;
	}
	if (qnic_fault(p, QNIC_DROP))
		goto out;
	corrupt = qnic_fault(p, QNIC_CORRUPT);
	copies = 1 + qnic_fault(p, QNIC_DUPLICATE);
	while (copies--) {
		if (!qnic_frame_send(peer, f, d, corrupt)) {
			q->stats.hw_errors++;
			break;
		}
	}
out:
	rcu_read_unlock();
}

/* Send the frame at hw->fetch, or say until when to wait. */
static bool qnic_send_next(struct qnic_txq *q, u64 now, u64 *until)
{
	struct qnic_txhw *hw = &q->hw;
	struct qnic_tx_desc first, second;
	struct qnic_frame f, g;
	u32 start = hw->fetch, next, after, i;
	bool ok;

	*until = hw->when[start & (q->size - 1)];
	if (*until > now)
		return false;
	ok = qnic_fetch(q, start, &f, &first, &next);
	if (ok) {
		*until = qnic_wire_busy(q->port, f.len, now);
		if (*until)
			return false;
	}
	if (ok && !hw->held && qnic_fault(q->port, QNIC_REORDER)) {
		hw->held = true;
		hw->held_until = now + QNIC_HOLD_NS;
	}
	after = next;
	if (hw->held && next == hw->seen && now < hw->held_until) {
		*until = hw->held_until;
		return false;
	}
	if (hw->held && next != hw->seen) {
		if (qnic_fetch(q, next, &g, &second, &after))
			qnic_send(q, &g, &second);
		else
			q->stats.hw_errors++;
	}
	hw->held = false;
	if (ok)
		qnic_send(q, &f, &first);
	else
		q->stats.hw_errors++;
	hw->fetch = after;
	now += READ_ONCE(q->port->faults.complete_delay_us) * (u64)NSEC_PER_USEC;
	for (i = start; i != after; i++)
		hw->when[i & (q->size - 1)] = now;
	return true;
}

/* Tell the driver of what is sent and due to be told; gives when there is more. */
static u64 qnic_complete(struct qnic_txq *q, u64 now)
{
	struct qnic_txhw *hw = &q->hw;
	u32 done = hw->done;

	if (READ_ONCE(q->port->faults.stop_completing))
		return 0;
	while (done != hw->fetch && hw->when[done & (q->size - 1)] <= now)
		done++;
	if (done != hw->done) {
		hw->done = done;
		qnic_bus_write32(q->port->bus, q->done_dma, done);
		napi_schedule(q->napi);
	}
	return done != hw->fetch ? hw->when[done & (q->size - 1)] : 0;
}

static void qnic_tx_work(struct work_struct *work)
{
	struct qnic_txq *q = container_of(work, struct qnic_txq, hw.work);
	u64 now = ktime_get_ns(), until = 0, more;
	unsigned int n = 0;

	local_bh_disable();
	if (!READ_ONCE(q->hw.running))
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
		hrtimer_start(&q->hw.timer, ns_to_ktime(until),
			      HRTIMER_MODE_ABS_SOFT);
out:
	local_bh_enable();
}

static enum hrtimer_restart qnic_tx_timer(struct hrtimer *timer)
{
	struct qnic_txq *q = container_of(timer, struct qnic_txq, hw.timer);

	if (READ_ONCE(q->hw.running))
		queue_work(qnic_wq, &q->hw.work);
	return HRTIMER_NORESTART;
}

/* The driver's write to the doorbell register. */
void qnic_doorbell(struct qnic_txq *q, u32 head)
{
	/* descriptors must be there before the hardware looks for them */
	smp_store_release(&q->hw.doorbell, head);
	queue_work(qnic_wq, &q->hw.work);
}

/* A setting changed, or something got stuck: have all queues look again. */
void qnic_txhw_kick(struct qnic_port *p)
{
	unsigned int i;

	for (i = 0; i < p->dev->num_tx_queues; i++)
		if (READ_ONCE(p->txq[i].hw.running))
			queue_work(qnic_wq, &p->txq[i].hw.work);
}

void qnic_txhw_init(struct qnic_txq *q)
{
	INIT_WORK(&q->hw.work, qnic_tx_work);
	hrtimer_setup(&q->hw.timer, qnic_tx_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
}

void qnic_txhw_start(struct qnic_txq *q)
{
	struct qnic_txhw *hw = &q->hw;

	hw->doorbell = 0;
	hw->seen = 0;
	hw->fetch = 0;
	hw->done = 0;
	hw->held = false;
	WRITE_ONCE(hw->running, true);
}

void qnic_txhw_stop(struct qnic_txq *q)
{
	WRITE_ONCE(q->hw.running, false);
	/* the work may start the timer and the timer queue the work */
	cancel_work_sync(&q->hw.work);
	hrtimer_cancel(&q->hw.timer);
	cancel_work_sync(&q->hw.work);
}

int qnic_wire_init(void)
{
	qnic_wq = alloc_workqueue(QNIC_NAME, WQ_BH | WQ_PERCPU, 0);
	return qnic_wq ? 0 : -ENOMEM;
}

void qnic_wire_exit(void)
{
	destroy_workqueue(qnic_wq);
}
