"""Merchants, the staff who speak for them, and the links by which staff join."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select

from storage.models import Invite, Merchant, Staff
from storage.rows import Missing, find, swap

OF_PERSON = select(Merchant).join(Staff).where(Staff.person_id == bindparam("who")).order_by(col(Merchant.id).desc())
SPEAKS_FOR = select(Staff.id).where(Staff.merchant_id == bindparam("merchant"), Staff.person_id == bindparam("who"))


class Merchants:
    """Queries about merchants."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def add(self, merchant: Merchant) -> Merchant:
        """Store a new merchant with its owner as first staff."""
        self.session.add(merchant)
        self.session.flush()
        self.add_staff(merchant.id, merchant.owner_id)
        return merchant

    def get(self, merchant_id: int) -> Merchant:
        """The merchant; raises Missing where there is none."""
        merchant = find(self.session, Merchant, merchant_id)
        if merchant is None:
            raise Missing(f"no merchant {merchant_id}")
        return merchant

    def settle(self, merchant: Merchant, status: str, reason: str | None = None) -> bool:
        """Approve or decline a pending merchant; False where somebody has done so already."""
        return swap(self.session, merchant, {"status": "pending"}, {"status": status, "declined_for": reason})

    def of(self, person_id: int) -> list[Merchant]:
        """The merchants that this person speaks for, newest first."""
        return list(self.session.scalars(OF_PERSON, {"who": person_id}).all())

    def approved_of(self, person_id: int) -> Merchant | None:
        """The approved merchant that this person speaks for, or None."""
        return next((merchant for merchant in self.of(person_id) if merchant.status == "approved"), None)

    def speaks_for(self, person_id: int, merchant_id: int) -> bool:
        """Whether this person is staff of that merchant."""
        asked = {"merchant": merchant_id, "who": person_id}
        return self.session.connection().execute(SPEAKS_FOR, asked).first() is not None

    def staff(self, merchant_id: int) -> list[int]:
        """The ids of those who speak for this merchant, in the order of joining."""
        rows = select(Staff.person_id).where(Staff.merchant_id == merchant_id).order_by(col(Staff.id))
        return list(self.session.exec(rows).all())

    def add_staff(self, merchant_id: int, person_id: int) -> None:
        """Let this person speak for the merchant, if he does not yet."""
        if not self.speaks_for(person_id, merchant_id):
            self.session.add(Staff(merchant_id=merchant_id, person_id=person_id, created_at=self.now))
            self.session.flush()

    def remove_staff(self, merchant_id: int, person_id: int) -> None:
        """This person no longer speaks for the merchant."""
        self.session.execute(
            delete(Staff).where(col(Staff.merchant_id) == merchant_id, col(Staff.person_id) == person_id)
        )

    def pending(self) -> list[Merchant]:
        """Merchants that wait for an operator."""
        return list(self.session.exec(select(Merchant).where(Merchant.status == "pending")).all())

    def invite(self, merchant_id: int, token: str, expires_at: datetime) -> Invite:
        """Store a new invitation."""
        invite = Invite(merchant_id=merchant_id, token=token, expires_at=expires_at)
        self.session.add(invite)
        self.session.flush()
        return invite

    def invitation(self, token: str) -> Invite | None:
        """The invitation with this token, or None."""
        return self.session.exec(select(Invite).where(Invite.token == token)).first()

    def invitation_by_id(self, invite_id: int) -> Invite | None:
        """The invitation with this id, or None."""
        return find(self.session, Invite, invite_id)

    def answer_invite(self, invite: Invite, status: str, to: str, person_id: int | None) -> bool:
        """Move an invitation on from `status`; False where it is elsewhere already."""
        return swap(self.session, invite, {"status": status}, {"status": to, "person_id": person_id})
