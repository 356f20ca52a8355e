"""Workers and the queue as JSON."""

from __future__ import annotations

from layerlab.domain.json_value import JsonValue
from services.gateway.fleet import QueueView, WorkerView
from services.gateway.ledger.doc import to_optional_time, to_time
from services.gateway.observer import QueueCounts
from services.gateway.queue_history import QueueMoment


def worker_to_json(view: WorkerView) -> dict[str, JsonValue]:
    worker, work = view.worker, view.work
    return {
        "worker_id": worker.worker_id,
        "incarnation": worker.incarnation,
        "host": worker.host,
        "pid": worker.pid,
        "device": worker.device,
        "threads": worker.threads,
        "memory_bytes": worker.memory_bytes,
        "version": worker.version,
        "heartbeat_at": to_time(worker.heartbeat_at),
        "heartbeat_age_seconds": round(view.heartbeat_age_seconds, 3),
        "study_id": worker.study_id,
        "study_name": work.study_name if work else "",
        "cohort_id": work.cohort_id if work else worker.cohort_id,
        "purpose": work.purpose.value if work else None,
        "lanes": work.lanes if work else 0,
        "since": to_optional_time(work.since) if work else None,
        "attempt": work.attempt if work else worker.attempt,
        "draining": worker.draining,
        "connected": worker.disconnected_at is None,
        "disconnected_at": to_optional_time(worker.disconnected_at),
    }


def counts_to_json(counts: QueueCounts) -> dict[str, JsonValue]:
    return {"waiting": counts.waiting, "running": counts.running}


def queue_to_json(queue: QueueView) -> dict[str, JsonValue]:
    counts, told, rates = queue.counts, queue.told, queue.rates
    return {
        "broker": told.broker if told else None,
        "pending": counts.pending,
        "ready": counts.queued,
        "unacknowledged": counts.running,
        "messages_ready": told.ready if told else None,
        "dead_letters": told.dead if told else None,
        "consumers": told.consumers if told else None,
        "cohorts_per_minute": round(rates.cohorts_per_minute, 2),
        "trials_per_minute": round(rates.trials_per_minute, 2),
        "epochs_per_second": round(rates.epochs_per_second, 2),
        "history": [_moment_to_json(each) for each in queue.history],
        "dashboard_url": queue.dashboard_url or None,
    }


def _moment_to_json(moment: QueueMoment) -> dict[str, JsonValue]:
    return {
        "time": to_time(moment.time),
        "ready": moment.counts.queued,
        "unacknowledged": moment.counts.running,
        "trials_per_minute": round(moment.rates.trials_per_minute, 2),
    }
