"""Deliveries, merchants and drivers know when their personal data were erased.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("delivery", "merchant", "driver")


def upgrade() -> None:
    """Add the column to each, and the index by which the sweep finds what is to be erased."""
    for table in TABLES:
        op.add_column(table, sa.Column("erased_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_index("ix_delivery_kept", "delivery", ["erased_at", "ended_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_delivery_kept", "delivery")
    for table in TABLES:
        op.drop_column(table, "erased_at")
