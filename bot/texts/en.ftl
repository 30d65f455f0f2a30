### What Doorstep says, in English. Telegram's HTML: <b>, <i>, <code>. Values are escaped by the loader.
### Short sentences. One thing each. No jargon.

plain = { $text }
plain-time = { $at }
blank = {" "}
none = none
noted = Got it ✓
going-back = One step back.
answered = ✓ { $field }: { $answer }
chosen = › { $answer }
booking-done = ✓ Booked.
below = 📦 { $number }: see below ↓

## The way in

welcome =
    <b>Doorstep · { $market }</b>
    Local deliveries in this chat. Who are you?
button-i-have-a-shop = 🛍 I have a shop
button-i-drive = 🚗 I drive
button-i-expect = 📦 I expect a delivery
button-i-operate = 🛠 I operate this market
home-merchant =
    <b>{ $name }</b>
    { $open ->
        [0] No open deliveries.
        [one] 1 open delivery.
       *[other] { $open } open deliveries.
    }
home-driver-on = <b>{ $name }</b>, you are on duty. Offers come here.
home-driver-off = <b>{ $name }</b>, you are off duty.
home-operator =
    You operate <b>{ $market }</b>.
    /open lists what is open. What needs you comes here by itself.
home-customer =
    { $open ->
        [0] When a shop sends you its link, open it here and follow your parcel.
        [one] One parcel is on its way to you. /status shows it.
       *[other] { $open } parcels are on their way to you. /status shows them.
    }
button-book = 📦 New delivery
button-again = Same as last time
button-delivery = { $number } · { $name }
button-job = { $icon } { $number }
button-parcel = 📦 { $number }
language = Which language shall we speak?
language-en = English
language-es = Español
language-set = We speak English now.
help-nobody =
    <b>Doorstep</b> brings parcels from local shops to your door.
    /start says who you are
    /status shows what is open for you
    /language changes the language
    /cancel leaves a question
    /id tells your number here
    /privacy says what I know of you, /forget erases it
help-merchant =
    /deliver books a delivery
    /status shows what is open
    /staff lists and invites your people
    /cancel leaves a question, Back goes one back
    /start changes who you are, /language the language
    /privacy says what I know of you, /forget erases it
help-driver =
    Share your live location to come on duty: 📎 → Location → Share My Live Location.
    An offer shows pay and way. Accept takes it, the first one gets it.
    /status shows your job
    /start changes who you are, /language the language
    /privacy says what I know of you, /forget erases it
help-customer =
    Open the link from the shop and tap <b>It's mine</b>. You are told when your parcel is picked up, near, and there.
    /status shows your parcels
    /language changes the language
    /privacy says what I know of you, /forget erases it
help-operator =
    /open lists what is open
    /status shows whether all is well
    /start changes who you are, /language the language
    /privacy says what I know of you, /forget erases it
your-id = Your number here is <code>{ $id }</code>.
group-hello = I work in private chats. Write to me there: { $url }
status-well =
    ✅ I am well. It is { $at }.
    { $drivers ->
        [0] No driver is on duty right now.
        [one] 1 driver is on duty.
       *[other] { $drivers } drivers are on duty.
    }
status-ill =
    ⚠️ Not all is well. It is { $at }.
    { $drivers ->
        [0] No driver is on duty right now.
        [one] 1 driver is on duty.
       *[other] { $drivers } drivers are on duty.
    }
status-goes = Messages go out at once. Telegram was heard at { $at }
status-heard = Telegram was heard at { $at }
status-deaf = 📡 Telegram has not been heard since { $at }
status-deliveries = Deliveries: { $requested } looking for a driver · { $assigned } with one · { $picked_up } on the way · { $returning } coming back · { $expired } without a driver
outbox-well = Messages go out at once.
outbox-waits =
    📮 { $messages ->
        [one] 1 message waits
       *[other] { $messages } messages wait
    }, the oldest since { $since }
outbox-one = { $at } · { $name } · { $what }
inbox-waits =
    { $updates ->
        [one] 1 thing that people said waits
       *[other] { $updates } things that people said wait
    }, the oldest since { $since }
status-on-duty = You are on duty.
status-off-duty = You are off duty.
status-question = One question is open: { $what }.
status-offer = An offer waits for your answer, below.
status-nothing = Nothing is open for you.
hint = I did not get that. /help shows what I can do.
hint-driver-pin = 🟢 I follow your live location already: no pin is needed.
hint-photo = That's a nice picture, but I don't need one now. /status shows what is open.
hint-edited = I can't follow edits. Please send it as a new message.
nothing-to-cancel = There is no question to leave. /help shows what I can do.
away = I was away { $from } – { $to }. If you tapped something, please tap again.
apology = Something went wrong on our side, sorry. An operator has been told. Please try again, or /status.
command-start = Who you are
command-help = What I can do
command-status = What is open for you
command-language = Change the language
command-cancel = Leave a question
command-deliver = Book a delivery
command-staff = Your people
command-open = What is open

## Conversations

form-booking = your booking
form-merchant = your shop's registration
form-driver = your registration as a driver
form-pin = the PIN at the door
form-proof = the hand-over
form-giveback = giving the job back
form-giveup = bringing the parcel back
form-cancel = cancelling a delivery
form-askback = asking for a parcel back
form-newlink = a new link
form-declinemerchant = declining a shop
form-declinedriver = declining a driver
form-deskunassign = taking a job from a driver
form-deskcancel = cancelling a delivery
form-deskback = calling a parcel back
form-deskdelivered = marking a delivery as delivered
form-deskreturned = marking a delivery as returned
form-desklost = marking a delivery as lost
parked = I keep { $what } for later.
so-far = So far: { $answer }
parked-behind = First things first: this question belongs to a job. After it we go on.
resumed = Back to { $what }.
left = I dropped { $what }.
draft-done = ✓ Done: { $what }.
draft-cancelled = ✕ Dropped: { $what }.
draft-parked = ⏸ Kept for later: { $what }.
draft-lapsed = I dropped { $what }: it waited for a week.
draft-open = ✓ { $what }
button-resume = Go on
button-back = ‹ Back
button-cancel = ✕ Cancel
button-skip = Skip
button-send-contact = 📱 Send my number
button-not-yet = Not yet
button-keep-job = Keep the job
button-keep-trying = Keep trying
button-keep-delivery = Keep the delivery

## What cannot be taken

unclear-type = ⚠️ Please type it as text.
unclear-too-long = ⚠️ That is { $length } characters; at most { $most }, please.
unclear-choose = ⚠️ Please tap one of the buttons.
unclear-pieces = ⚠️ Please send a number from 1 to { $most }.
unclear-phone = ⚠️ I can't read that as a phone number. With the area code, please: 702 555 0123.
unclear-own-contact = ⚠️ Please use the button below: it sends your own number.
unclear-place-type = ⚠️ I can't read an address there.
unclear-place = ⚠️ I can't find “{ $text }”. Try street and number, or a well-known place.
unclear-place-again = ⚠️ I can't find “{ $text }”. Tap a button, or type another address.
unclear-places-down = ⚠️ I can't look up addresses right now. A pin works; or try again in a minute.
unclear-too-far = ⚠️ That is { $way } away. We deliver up to { $most }. Please give another address.
unclear-time = ⚠️ I can't read that time. Like this: 3:30 pm, or tomorrow 9:00.
unclear-time-past = ⚠️ That is too soon or over. Please give a later time, or tap Now.
unclear-time-far = ⚠️ Today or tomorrow only, please.
unclear-time-skipped = ⚠️ The clocks go forward then: that time does not exist. Another one, please.
unclear-time-twice = ⚠️ The clocks go back then: that time comes twice. Another one, please.
unclear-pin = ⚠️ A PIN has four digits. The customer has it.
unclear-pin-wrong =
    { $left ->
        [one] ⚠️ Wrong PIN. One try is left.
       *[other] ⚠️ Wrong PIN. { $left } tries are left.
    }
unclear-photo = ⚠️ Please send a photo, or tap the button.
place-move = Send the right spot: 📎 → Location, move the map under the pin, send.
lapsed-when = ⏰ That pickup time is over. When shall it be?
lapsed-quote = ⏰ The quote was too old. Here is a new one:
quote-lapsed = ⏰ This quote has lapsed. Confirm shows a new one first.
price-changed = ⏰ The price has changed meanwhile:

## A shop joins

ask-merchant-name = What is your shop called?
ask-merchant-pickup = Where do drivers pick up? Type the address, or send a pin: 📎 → Location.
ask-merchant-pickup-right = Is this the right spot?
ask-merchant-mall = Is your shop inside { $mall }?
ask-merchant-phone = Which number can an operator call? Tap the button, or type one.
ask-merchant-pickup-note = How do drivers find the counter? (“Level 2, next to the cinema”)
button-place-right = That's right
button-place-move = Move the pin
button-place-again = Type again
button-inside-mall = Yes, inside { $mall }
button-outside-mall = No, on the street
merchant-applied = Thank you! An operator looks at <b>{ $name }</b> soon. You hear from me here.
merchant-approved = 🎉 <b>{ $name }</b> is approved. /deliver books your first delivery.
merchant-declined = We can't take <b>{ $name }</b> now: { $reason }
staff-head = <b>{ $name }</b>: who speaks for it
staff-owner = • { $name } (owner)
staff-one = • { $name }
staff-invite =
    Send this link to one person. It works once, for 24 hours:
    { $url }
staff-claimed = Thank you. The owner of <b>{ $name }</b> is asked to let you in.
staff-welcome = You speak for <b>{ $name }</b> now. /deliver books a delivery.
staff-refused = The owner of <b>{ $name }</b> said no. Ask for a new link if that is a mistake.
staff-removed = You no longer speak for <b>{ $name }</b>.
invite-claimed = <b>{ $name }</b> opened your link. May this person book for you?
invite-accepted = ✓ { $name } speaks for your shop now.
invite-refused = ✕ { $name } was not let in.
button-remove = Remove { $name }
button-invite = Invite somebody
button-let-in = Yes, let in
button-keep-out = No

## A driver joins

ask-driver-name = What is your name?
ask-driver-vehicle = How do you get around?
ask-driver-phone = Tap the button below to send me your own number.
vehicle-foot-icon = 🚶
vehicle-bike-icon = 🚲
vehicle-car-icon = 🚗
vehicle-van-icon = 🚐
vehicle-foot = on foot
vehicle-bike = by bike
vehicle-car = by car
vehicle-van = by van
vehicle-foot-button = 🚶 On foot
vehicle-bike-button = 🚲 Bike
vehicle-car-button = 🚗 Car
vehicle-van-button = 🚐 Van
driver-applied = Thank you, { $name }! An operator looks at it soon. You hear from me here.
driver-approved = 🎉 Welcome, { $name }! You can drive now.
driver-declined = We can't take you on now, { $name }: { $reason }
decline-outside-area = outside our area
decline-not-reached = we could not reach you
decline-papers = papers are missing
decline-full = we are full at the moment
decline-other = no reason given

## On duty

duty-off = ⚪️ You are <b>off duty</b>.
duty-how =
    To come on duty, share your live location:
    📎 → Location → Share My Live Location → 8 hours.
    At a desktop, send a location pin instead. It holds for an hour.
duty-shares = Your live location still reaches me: one tap brings you back.
duty-still-carries = You still have <b>{ $number }</b> to bring.
duty-on-live = 🟢 <b>On duty</b> with your live location, until { $until }. Offers come here.
duty-on-pin = 🟢 <b>On duty</b> at your pin, until { $until }. Offers come here.
duty-asked = 🟡 I haven't heard from you. <b>Still there?</b> Without an answer you go off duty in 5 minutes.
button-off-duty = Off duty
button-on-duty = On duty
button-still-here = Yes, still there
button-renew = One more hour
duty-below = On duty or off: see below ↓

## Booking

ask-booking-pieces = How many pieces? (1–20)
ask-booking-size = How big is the biggest piece?
ask-booking-dropoff = Where to? Type the address, or send a pin: 📎 → Location.
ask-booking-dropoff-right = Is this the right door?
ask-booking-customer-name = Who gets it? Type the name, or send a contact: 📎 → Contact.
ask-booking-customer-phone = What is the customer's number? The driver never sees it.
ask-booking-note = A note for the driver? (gate code, floor; at most 280 characters)
ask-booking-when = When can it be picked up? Tap, or type a time: 3:30 pm, tomorrow 9:00.
ask-booking-pin =
    A PIN at the door?
    The driver can then hand over only to somebody who knows it.
ask-booking-change = What shall we change?
ask-booking-confirm = <b>Shall I book this?</b>
size-s-long = S · a bag
size-m-long = M · a box
size-l-long = L · fills a back seat
load =
    { $pieces ->
        [one] 1 piece, size { $size }
       *[other] { $pieces } pieces, size { $size }
    }
button-now = Now
button-pin-yes = With PIN
button-pin-no = Without PIN
button-confirm = Confirm
button-change = Change
field-pieces = Pieces
field-size = Size
field-dropoff = Address
field-dropoff-right = Address
field-customer-name = Customer
field-customer-phone = Phone
field-note = Note
field-when = Pickup time
field-pin = PIN
field-name = Name
field-pickup = Pickup
field-pickup-right = Pickup
field-mall = Mall
field-phone = Phone
field-pickup-note = Pickup note
field-vehicle = Vehicle
field-photo = Photo
field-reason = Reason
field-change = Change
field-confirm = Booking
field-sure = Back
field-cut = New link
summary-load = 📦 { $load }
summary-to = 🏠 { $name }, { $address }
summary-phone = 📱 { $phone }
summary-note = 📝 { $note }
summary-when = 🕑 Pickup: { $when }
summary-pin = 🔑 { $pin }
fee-base = Base fee: { $amount }
fee-distance = Way of { $way }: { $amount }
fee-size = Size: { $amount }
fee-total = <b>Total: { $amount }</b>
summary-window =
    Arrives <b>{ $window }</b>
summary-drivers =
    { $drivers ->
        [0] ⚠️ No free driver is nearby right now. I will keep looking.
        [one] 1 free driver is nearby.
       *[other] { $drivers } free drivers are nearby.
    }
summary-until = This quote holds until { $until }.

## A merchant's delivery

delivery-head = 📦 <b>{ $number }</b> · { $state }
delivery-to = To { $name }, { $address }
delivery-load = { $load } · { $fee }
delivery-driver = Driver: { $name }, { $vehicle }
delivery-window = Arrives { $window }
delivery-late = ⏰ It takes longer than promised.
delivery-pin-locked = 🔑 The PIN was wrong five times. An operator has been asked.
delivery-expired = Cancelling is free. Without an answer it is cancelled after 2 hours.
delivery-pin = PIN at the door: <code>{ $pin }</code>
delivery-call = 📞 <b>Please call { $name }, { $phone }.</b>
delivery-no-phone = There is no phone number for { $name }. An operator has been asked.
delivery-reason = Reason: { $reason }
delivery-cancel-fee = Cancelling cost { $fee }.
delivery-gone = { $number } is no longer yours to follow.
proof-pin = Handed over against the PIN.
proof-photo = The driver took a photo.
proof-name = Handed to { $name }.
proof-operator = Marked as delivered by an operator.
customer-connected = Customer: connected ✓
customer-not-connected = Customer: not connected yet
customer-unreachable = Customer: has blocked me
button-link = Customer's link
button-cancel-delivery = Cancel
button-ask-back = Ask for it back
button-retry = Try again
button-got-it-back = Yes, I have it back
button-second-attempt = Second attempt
link-show =
    Send this link to { $name }, who can then follow <b>{ $number }</b>:
    { $url }
link-over = The link of { $number } is over.
button-share = Share
button-copy-link = Copy
button-whatsapp = WhatsApp
button-qr = QR code
button-new-link = New link
button-keep-link = Keep the old one
ask-newlink-cut = { $customer } follows <b>{ $number }</b> with the old link, which ends then. Make a new one?
new-link-made = ✓ The old link is over.
link-qr = { $number }: scan to follow this parcel.
ask-askback-sure = The driver has <b>{ $number }</b> already. An operator can call it back; your fee of { $price } stays. Shall I ask?
asked-back = ✓ An operator has been asked.
delivery-asked-back = ↩️ An operator has been asked to call it back.
goes-on = An operator has looked at <b>{ $number }</b>: it goes on to the customer.
ask-cancel-reason =
    { $free ->
        [yes] Cancel <b>{ $number }</b>? It is free now. Why?
       *[no] Cancel <b>{ $number }</b>? It costs <b>{ $price }</b> now. Why?
    }
reason-changed-mind = Customer changed mind
reason-wrong-address = Wrong address
reason-not-ready = Not ready
reason-too-slow = Takes too long
reason-other = Other
reason-merchant-asked = Merchant asked
reason-customer-asked = Customer asked
reason-no-driver = No driver
reason-accident = Accident
reason-vehicle = My vehicle broke down
reason-too-far = Too far
reason-merchant-closed = Shop is closed
reason-too-big = Too big
reason-personal = Personal
reason-nobody-there = Nobody there
reason-refused = Refused
reason-damaged = Damaged
reason-unreachable = Can't get in
reason-driver-asked = Driver asked
reason-not-moving = Not moving
reason-customer-has-it = Customer has it
reason-merchant-has-it = Merchant has it
reason-driver-says-so = Driver says so
reason-nowhere = Can't be found
reason-no-answer = No answer for 2 hours

## States, for the merchant, the operator and the customer

state-later-merchant = waits until { $at }
state-searching-merchant = looking for a driver
state-helped-merchant = no driver yet, an operator is looking
state-again-merchant = looking for another driver
state-assigned-merchant = { $driver } is on the way to the shop
state-at-pickup-merchant = { $driver } is at the counter
state-picked-up-merchant = { $driver } has it
state-arriving-merchant = { $driver } is about to arrive
state-at-door-merchant = { $driver } is at the door
state-nobody-there-merchant = nobody opens the door
state-delivered-merchant = delivered { $at } ✓
state-returning-merchant = coming back to the shop
state-brought-back-merchant = { $driver } says it is back
state-returned-merchant = returned
state-expired-merchant = no driver found
state-cancelled-merchant = cancelled
state-lost-merchant = lost
state-later-customer = Your shop sends it at { $at }.
state-searching-customer = We are looking for a driver.
state-helped-customer = We are still looking for a driver.
state-again-customer = We are looking for another driver.
state-assigned-customer = A driver is found: { $driver } is on the way to the shop.
state-at-pickup-customer = { $driver } is at the shop.
state-picked-up-customer = <b>{ $driver } has your parcel.</b>
state-arriving-customer = <b>{ $driver } is about to arrive.</b>
state-at-door-customer = <b>{ $driver } is at the door.</b>
state-nobody-there-customer = <b>{ $driver } is at the door and nobody opens.</b> Please open, or call the shop.
state-delivered-customer = Delivered { $at } ✓
state-returning-customer = <b>It could not be delivered</b> and goes back to the shop. Please call them.
state-brought-back-customer = It is back at the shop. Please call them.
state-returned-customer = <b>It is back at the shop.</b> Please call them.
state-expired-customer = No driver is free at the moment. The shop has been told.
state-cancelled-customer = <b>This delivery was cancelled.</b> Please call the shop.
state-lost-customer = <b>Your parcel is lost. We are sorry.</b> The shop will call you.

## Offers and jobs

offer-head = 💵 <b>{ $pay }</b> · { $way } to the pickup
offer-pickup = From { $merchant }
offer-trip = Then { $length } { $direction }
offer-area = To { $area } · { $load }
offer-ready = Ready at { $at }
offer-until = Answer by <b>{ $until }</b>
offer-accepted = ✓ You have it ({ $pay }).
offer-declined = You declined ({ $pay }).
offer-expired = Time is over ({ $pay }).
offer-taken = Somebody was quicker ({ $pay }).
offer-gone = No longer on offer ({ $pay }).
button-accept = Accept
button-decline = Decline
direction-north = north
direction-north-east = north-east
direction-east = east
direction-south-east = south-east
direction-south = south
direction-south-west = south-west
direction-west = west
direction-north-west = north-west
job-assigned = { $icon } <b>{ $number }</b> · { $load } · { $pay }
job-picked-up = { $icon } <b>{ $number }</b> · { $load } · { $pay }
job-returning = ↩️ <b>{ $number }</b> · { $load } · goes back
job-delivered = ✅ <b>{ $number }</b> delivered · { $pay }
job-returned = ↩️ <b>{ $number }</b> is back. Thank you.
job-cancelled = ✕ <b>{ $number }</b> was <b>cancelled</b>.
job-lost = <b>{ $number }</b> is closed.
job-earned = You get { $pay }.
job-gone = <b>{ $number }</b> is <b>no longer yours</b>.
job-pickup = Pick up at <b>{ $merchant }</b>, { $address }
job-dropoff = Bring it to <b>{ $name }</b>, { $address }
job-return = Bring it back to <b>{ $merchant }</b>, { $address }
job-was-to = To { $address }
job-note = 📝 { $note }
job-mall = 🏬 { $mall }: { $note }
job-ready = Ready at { $at }
job-area = Area: { $area }
job-window = Arrive { $window }
job-pin = 🔑 Ask for the PIN at the door.
job-pin-locked = 🔑 Too many wrong PINs. An operator has been asked; please wait at the door.
job-asked-to-call = The shop has been asked to call the customer. Please wait a moment.
job-operator-asked = There is no phone number. An operator has been asked; please wait a moment.
job-to-be-confirmed = The shop has been asked to confirm.
button-at-pickup = I'm at the pickup
button-picked-up =
    { $pieces ->
        [one] Picked up (1 piece)
       *[other] Picked up ({ $pieces } pieces)
    }
button-at-door = I'm at the door
button-delivered = Delivered
button-brought-back = I handed it back
button-nobody-there = Nobody there
button-problem = Problem
button-undo = ↶ Undo
button-map = 🗺 Map
button-copy-address = Copy address
ask-pin-pin = Type the PIN that { $customer } tells you.
ask-proof-photo = Send a photo of the parcel at the door.
ask-proof-name = Who took it? Type the name.
button-no-photo = No photo: handed to somebody
ask-giveback-reason = Why do you give { $number } back?
ask-giveup-reason = What is wrong with { $number }?
ask-giveup-photo = Send a photo if it helps.
given-back = You gave { $number } back. It is offered to others.
pin-locked = ✕ Five wrong PINs.

## Customers

claim = 📦 <b>{ $merchant }</b> sends a parcel with this link. Is it yours?
claim-done = ✓ Your parcel from { $merchant }.
claim-over = This link is over. Ask the shop for a new one.
button-mine = It's mine
parcel-head = 📦 Your parcel from <b>{ $merchant }</b> ({ $number })
parcel-window = Arrives <b>{ $window }</b>
parcel-late = <b>Sorry, it takes longer.</b>
parcel-driver = { $name } comes { $vehicle }.
parcel-pin-locked = 🔑 The PIN was wrong five times. An operator has been asked.
parcel-pin = 🔑 Tell the driver this PIN: <code>{ $pin }</code>
button-where = Where is it?
where-searching = No driver has it yet. You are told when one does.
where-unseen = I can't see { $driver } right now. Expected { $window }.
where-pickup = { $driver } fetches your parcel first. Expected { $window }.
where-away = { $driver } is { $metres } away. Expected { $window }.
where-seen = { $driver } was { $metres } away { $minutes } min ago. Expected { $window }.
where-there = { $driver } is at the door.
where-over = It is no longer on its way. The card above tells what happened.
delivered-photo = ✅ Delivered: { $number } from { $merchant }.
problem-photo = { $number }: the driver's photo.

## Operators

approve-merchant =
    🛍 <b>{ $name }</b> wants to join.
    { $address }
    Phone: { $phone }
approve-mall = Mall: { $mall }
approve-driver =
    { $icon } <b>{ $name }</b> wants to drive, { $vehicle }.
    Phone: { $phone }
approve-by = Telegram name: { $name }
button-approve = Approve
button-decline-join = Decline
settled-approved = ✓ Approved.
settled-declined = ✕ Declined.
ask-declinemerchant-reason = Why is { $name } declined? Tap or type; it is told.
ask-declinedriver-reason = Why is { $name } declined? Tap or type; it is told.
open-head =
    <b>{ $deliveries ->
        [0] No open deliveries
        [one] 1 open delivery
       *[other] { $deliveries } open deliveries
    }</b> · { $drivers } on duty · { $cases ->
        [one] 1 open case
       *[other] { $cases } open cases
    } · { $waiting ->
        [one] 1 waits to join
       *[other] { $waiting } wait to join
    }
open-one = <b>{ $number }</b> { $merchant }: { $state }
open-more = … and { $more } more.
desk-head = 🛠 <b>{ $number }</b> · { $state }
desk-merchant = Merchant: { $who }
desk-driver = Driver: { $who }
desk-customer = Customer: { $who }
desk-money = Fee { $fee } · pay { $pay }
desk-event = { $at } · { $step } ({ $by })
party-merchant = merchant
party-driver = driver
party-customer = customer
party-operator = operator
party-sweep = by itself
event-book = booked
event-connect = customer connected
event-assign = driver found
event-unassign = taken from the driver
event-give-back = given back
event-at-pickup = at the pickup
event-pick-up = picked up
event-at-door = at the door
event-wrong-pin = wrong PIN
event-nobody-there = nobody there
event-deliver = delivered
event-undo = undone
event-give-up = coming back
event-resume = second attempt
event-brought-back = driver says it is back
event-hand-back = returned
event-expire = no driver found
event-retry = searching again
event-cancel = cancelled
event-lose = lost
event-hand-over = handed to another driver
button-desk = On my desk
button-case-done = Seen to
button-desk-unassign = Take from driver
button-desk-cancel = Cancel
button-desk-back = Call it back
button-desk-delivered = Delivered
button-desk-returned = Returned
button-desk-lost = Lost
ask-deskunassign-reason = Why is { $number } taken from its driver?
ask-deskcancel-reason = Why is { $number } cancelled?
ask-deskback-reason = Why is { $number } called back?
ask-deskdelivered-reason = Why do you mark { $number } as delivered?
ask-deskreturned-reason = Why do you mark { $number } as returned?
ask-desklost-reason = Why is { $number } lost?
case-closed = ✓ Seen to.
case-settled = ✓ Settled.
case-nobody-found = 🔎 No driver takes <b>{ $number }</b>. The merchant is asked in a few minutes.
case-not-picked-up = ⏰ <b>{ $number }</b> should have been picked up 20 minutes ago.
case-not-delivered = ⏰ <b>{ $number }</b> should have been delivered 30 minutes ago.
case-pin-failed = 🔑 <b>{ $number }</b>: five wrong PINs at the door.
case-hand-back = ↩️ <b>{ $number }</b>: the driver says it is back, the merchant has not confirmed.
case-not-returned = ↩️ <b>{ $number }</b> should have been back at the shop 30 minutes ago.
case-dark = 📡 <b>{ $number }</b>: its driver has been silent for 10 minutes.
case-call = 📞 <b>{ $number }</b>: nobody opens, and there is no phone number. Please help.
case-wants-back = ↩️ <b>{ $number }</b>: the merchant wants it back. It is on the way to the customer.
case-update = 🐞 An update could not be handled: { $detail }
case-message = 🐞 A message could not be sent: { $detail }
case-outbox =
    📮 { $messages ->
        [one] 1 message waits
       *[other] { $messages } messages wait
    } to be sent, the oldest since { $since }
case-sweep = 🕰 Something that is to happen by itself is late:
case-sent-again = ↻ Sent again.
sweep-offers = offers are not made or ended
sweep-watching = nobody looks whether deliveries are on time
sweep-duty = nobody looks whether drivers are still there
sweep-talk = old questions stay open
sweep-forgetting = what was kept for its time is not erased
button-look = Look
button-send-again = Send again
sent-again = I try again.
letter-to = ✉️ To <b>{ $name }</b>: { $what }
letter-about = About <b>{ $number }</b>
letter-sent = ✓ Sent at { $at }
letter-dropped = ✕ Given up at { $at }: { $detail }
letter-waits =
    Waits since { $at }{ $tries ->
        [0] { "" }
        [one] , tried once: { $detail }
       *[other] , tried { $tries } times: { $detail }
    }
letter-card = a card
letter-notice = a message
letter-photo = a photo
letter-qr = a QR code
letter-commands = the menu of commands
letter-close = the tidying of an old message
letter-delete = the deletion of an old message

## What rules refuse

refused-not-yours = That is not for you to do.
refused-too-late = Too late: that has changed meanwhile.
refused-taken = Somebody was quicker. The next offer comes.
refused-offer-over = This offer is over. The next one comes.
refused-has-run = You have a job in hand. Finish it first.
refused-step = { $number } has moved on. Here is how it stands.
refused-undo-over = Too late to undo { $number }.
refused-not-your-delivery = { $number } is not your job.
refused-owner-only = Only the owner of the shop can do that.
refused-owner-stays = The owner can't be removed.
refused-no-merchant = You don't speak for a shop here yet. /start registers one.
refused-merchant-pending = Your shop waits for an operator. You hear from me here.
refused-merchant-already = You speak for { $name } already.
refused-no-driver = You are not registered as a driver yet. /start registers you.
refused-driver-pending = Your registration waits for an operator. You hear from me here.
refused-driver-already = You are a driver already.
refused-price-changed = The price has changed to { $price }. Please look again.
refused-not-cancellable = { $number } can't be cancelled any more.
refused-asked-back = An operator has been asked already to call { $number } back.
refused-already-asked = The shop has been asked already.
refused-pin-needed = { $number } needs the PIN.
refused-pin-locked = { $number }: too many wrong PINs. An operator has been asked.
refused-not-sharing = Your live location is over. Please share it again: 📎 → Location.
refused-off-already = You are off duty.
refused-settled = That is settled already.
refused-invite-over = This link is used or over. Ask for a new one.
refused-staff-already = You speak for { $name } already.
refused-link-over = This link is over. Ask the shop for a new one.
refused-link-taken = Somebody else follows this parcel already. Ask the shop for a new link.
refused-link-own = This link is for the customer.
refused-link-unopened = Please open the shop's link once more.
refused-no-last = There is no delivery yet to repeat.
refused-unknown-link = I don't know this link. Ask for a new one.
refused-old-button = That button is old. Here is how things stand.
refused-too-quick = That is faster than I can answer. I heard the first of it and left out the rest. Give me ten seconds, please.

## Privacy

command-privacy = What I know of you
command-forget = Erase what I know of you
privacy =
    <b>What I know of you, and for how long</b>

    <b>I keep</b> your name and language as Telegram tells them, and what you type into my questions.
    A delivery has the customer's name, phone, address and note, the photo or name at the hand-over, who carried it and when.
    Of drivers on duty I keep the last position only, and it goes a day after their shift.
    <b>{ $days } days after a delivery has ended</b> its names, phones, addresses, notes, photos and links are erased, and its cards in all chats say so. Fees, times, distances and the area stay, without anybody's name.
    What you wrote to me and what I sent is gone from my books after a day, after a week where something failed.
    Who has no part here any more and has not shown up for { $days } days is forgotten.

    <b>Who sees what</b>
    The shop sees its customer's name, address and phone. The driver sees the area first, the name and the address once the parcel is picked up, and the area alone an hour after the end. Nobody is shown anybody else's phone, but for the shop (its customer's) and the operators, who help when something goes wrong. The customer sees the driver's first name and how far away the parcel is.
    An address that is typed, or a pin, is looked up by a map service, which learns the address and not who asks.

    <b>What I cannot take back</b>
    Photos, maps and messages that already lie in somebody's chat: Telegram keeps them there, until they are deleted there. My cards I change, other messages not. Copies of my database for emergencies hold what they held.

    /forget erases what I know of you now, where nothing is open. What Telegram itself keeps, Telegram's settings say.
forget-ask =
    <b>Shall I forget you?</b>
    Your name, phone, addresses, positions, drafts and parcels are erased now, and messages on their way to you are taken back. A shop that nobody else speaks for is closed. Figures stay, without your name.
    It cannot be undone. If you do nothing, nothing happens.
button-forget = Yes, forget me
forget-later = I can't forget you yet. This is open, and needs you until it is over:
forget-open-parcel = 📦 { $number }, which is on its way to you ({ $window })
forget-open-job = 🚗 { $number }, which you carry ({ $window })
forget-open-delivery = 📦 { $number } of your shop ({ $window })
forget-not-operator = 🛠 You run this market: whoever keeps its settings must take you out of OPERATORS first.
forget-not-now = Something is open now. Here is what.
forgotten = I have forgotten you. /start begins anew, whenever you like.
erased-card = · erased
erased-delivery = 📦 { $number } · over; names and addresses are erased
erased-merchant = 🛍 A shop that has left; its data are erased
erased-driver = 🚗 A driver who has left; the data are erased
staff-inherited = The owner of <b>{ $name }</b> has left. From now on you are the owner. /staff shows your people.
