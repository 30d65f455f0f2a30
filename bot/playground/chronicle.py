"""What happened in the town, read from the bot's database: turns, messages, steps of deliveries, where they are."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from storage import lifecycle
from storage.database import Work
from storage.models import Card, Delivery, DeliveryEvent, Driver, Inbox, Outbox, Person

JSON = dict[str, Any]
RECENT = timedelta(hours=1)
CAUSES = ("turn", "event", "message")
"""What happens in one moment happens in this order."""


def timeline(work: Work, limit: int) -> list[JSON]:
    """The newest entries of all three kinds, the oldest first; each with a key that stays, and where to look."""
    names = {person.id: person.name for person in work.session.exec(select(Person))}
    entries = [_turn(row, names) for row in _newest(work, Inbox, Inbox.done_at, limit)]
    entries += [_message(row, names) for row in _newest(work, Outbox, Outbox.sent_at, limit)]
    entries += [_event(work, row, names) for row in _newest(work, DeliveryEvent, DeliveryEvent.at, limit)]
    return sorted(entries, key=lambda entry: (entry["at"], CAUSES.index(entry["kind"]), entry["key"]))[-limit:]


def _newest(work: Work, table: Any, at: Any, limit: int) -> list[Any]:
    rows = select(table).where(col(at).is_not(None)).order_by(col(at).desc()).limit(limit)
    return list(work.session.exec(rows))


def _turn(row: Inbox, names: dict[int, str]) -> JSON:
    kind = next((key for key in row.body if key != "update_id"), "update")
    part = row.body.get(kind) or {}
    message = part.get("message") if kind == "callback_query" else part
    assert row.done_at is not None
    return {
        "key": f"turn:{row.update_id}",
        "kind": "turn",
        "at": row.done_at.isoformat(),
        "who": names.get(row.person_id, ""),
        "text": _said(kind, part),
        "failed": row.status == "failed",
        "chat": row.person_id,
        "message_id": (message or {}).get("message_id"),
    }


def _said(kind: str, part: JSON) -> str:
    if kind == "callback_query":
        rows = ((part.get("message") or {}).get("reply_markup") or {}).get("inline_keyboard", [])
        labels = [key["text"] for row in rows for key in row if key.get("callback_data") == part.get("data")]
        return f"taps {labels[0] if labels else part.get('data')}"
    if kind == "my_chat_member":
        return f"is now {(part.get('new_chat_member') or {}).get('status')}"
    known = ("photo", "location", "contact", "voice", "sticker", "document")
    return str(part.get("text") or next((name for name in known if name in part), kind))


def _message(row: Outbox, names: dict[int, str]) -> JSON:
    assert row.sent_at is not None
    what = row.text_id or row.subject or row.kind
    return {
        "key": f"sent:{row.id}",
        "kind": "message",
        "at": row.sent_at.isoformat(),
        "who": names.get(row.chat_id, ""),
        "text": f"{row.kind} {what}" + (" (anew)" if row.anew else ""),
        "loud": row.loud,
        "chat": row.chat_id,
        "message_id": row.message_id,
    }


def _event(work: Work, row: DeliveryEvent, names: dict[int, str]) -> JSON:
    delivery = work.deliveries.get(row.delivery_id)
    person_id = row.person_id or delivery.booked_by
    subject = {lifecycle.DRIVER: "job", lifecycle.CUSTOMER: "parcel"}.get(row.by, "delivery")
    card = work.session.get(Card, (person_id, f"{subject}:{delivery.id}"))
    return {
        "key": f"event:{row.id}",
        "kind": "event",
        "at": row.at.isoformat(),
        "who": names.get(row.person_id or 0, row.by),
        "text": f"{delivery.number} {row.step.replace('_', ' ')}" + (f" ({row.why})" if row.why else ""),
        "delivery": delivery.number,
        "chat": person_id,
        "message_id": card.message_id if card else None,
    }


def town(work: Work) -> JSON:
    """Deliveries that are open or ended in the last hour, and the approved drivers."""
    open_ones = col(Delivery.status).in_(lifecycle.OPEN)
    rows = select(Delivery).where(open_ones | (col(Delivery.ended_at) > work.now - RECENT)).order_by(col(Delivery.id))
    drivers = list(work.session.exec(select(Driver).where(Driver.status == "approved")))
    people = {driver.id: driver.person_id for driver in drivers}
    return {
        "deliveries": [_delivery(work, row, people) for row in work.session.exec(rows)],
        "drivers": [
            {"person": driver.person_id, "name": driver.name, "vehicle": driver.vehicle, "on_duty": driver.on_duty}
            for driver in drivers
        ],
    }


def _delivery(work: Work, row: Delivery, people: dict[int, int]) -> JSON:
    merchant = work.merchants.get(row.merchant_id)
    return {
        "id": row.id,
        "number": row.number,
        "status": row.status,
        "merchant": merchant.name,
        "customer": row.customer_name,
        "pickup": [row.pickup_lat, row.pickup_lon],
        "dropoff": [row.dropoff_lat, row.dropoff_lon],
        "driver": people.get(row.driver_id or 0),
        "at_pickup": row.at_pickup_at is not None,
        "at_dropoff": row.at_dropoff_at is not None,
        "booked_at": row.booked_at.isoformat(),
        "eta_at": _iso(row.eta_at),
        "ended_at": _iso(row.ended_at),
    }


def outbox(work: Work, limit: int) -> list[JSON]:
    """The newest rows of the outbox, the oldest first, without what they say."""
    rows = work.session.exec(select(Outbox).order_by(col(Outbox.id).desc()).limit(limit))
    shown = [
        {
            "id": row.id,
            "chat": row.chat_id,
            "kind": row.kind,
            "subject": row.subject,
            "text_id": row.text_id,
            "loud": row.loud,
            "urgency": row.urgency,
            "due_at": _iso(row.due_at),
            "attempts": row.attempts,
            "sent_at": _iso(row.sent_at),
            "dropped_at": _iso(row.dropped_at),
            "error": row.error,
            "message_id": row.message_id,
        }
        for row in rows
    ]
    return shown[::-1]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
