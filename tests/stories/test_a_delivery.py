"""The main job, from the first Start to the parcel at the door."""

from tests.stories.town import Town

NEARBY = (36.1290, -115.1700)


async def test_a_delivery_from_chat_to_doorstep(town: Town) -> None:
    """Anna books, Omar accepts and carries, Lena is told at every step."""
    anna = await town.merchant()
    omar = await town.driver(at=NEARBY)
    number = await town.book(anna)
    anna.sees(number)
    omar.sees("to the pickup")
    lena = await town.customer(anna)
    await omar.taps("Accept")
    omar.sees("Pick up at Anna's Shoes")
    anna.sees("Omar is on the way to the shop")
    lena.sees("A driver is found: Omar")
    await omar.taps("I'm at the pickup")
    anna.sees("Omar is at the counter")
    await omar.taps("Picked up (2 pieces)")
    omar.sees("Bellagio")
    await town.passes(minutes=2)
    lena.sees("Omar has your parcel.")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    omar.sees(f"{number} delivered")
    await town.passes(minutes=2)
    lena.sees(f"Delivered: {number}")
    anna.sees("delivered")
