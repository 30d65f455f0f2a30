"""Cards are found by their subject without reading all that ever were.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, and one of the cards that still have something to tap."""
    op.create_index("ix_card_subject", "card", ["subject"])
    still = sa.text("closed = false")
    op.create_index("ix_card_open", "card", ["shown_at"], sqlite_where=still, postgresql_where=still)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_card_open", "card")
    op.drop_index("ix_card_subject", "card")
