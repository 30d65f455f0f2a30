"""When what a draft shows lapses is a column: the sweep finds it without reading every draft.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a quote that is open now says nothing when it lapses, and is made anew at *Confirm*."""
    with op.batch_alter_table("draft") as draft:
        draft.add_column(sa.Column("lapses_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        draft.create_index("ix_draft_lapses_at", ["lapses_at"])


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("draft") as draft:
        draft.drop_index("ix_draft_lapses_at")
        draft.drop_column("lapses_at")
