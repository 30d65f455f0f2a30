"""What is left of a card that was posted anew is tidied up through the outbox, and remembered.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = "kind IN ('card', 'notice', 'photo', 'qr', 'commands', 'close', 'delete')"


def upgrade() -> None:
    """Add the columns of a card's question and line, the message that a row became, and the kind *delete*."""
    with op.batch_alter_table("card") as card:
        card.add_column(sa.Column("asked", sa.String(), nullable=True))
        card.add_column(sa.Column("line_id", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("message_id", sa.BigInteger(), nullable=True))
        outbox.drop_constraint("known_kind", type_="check")
        outbox.create_check_constraint("known_kind", KINDS)


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM outbox WHERE kind = 'delete'")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint("known_kind", type_="check")
        outbox.create_check_constraint("known_kind", KINDS.replace(", 'delete'", ""))
        outbox.drop_column("message_id")
    with op.batch_alter_table("card") as card:
        card.drop_column("line_id")
        card.drop_column("asked")
