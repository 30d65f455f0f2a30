### What Doorstep says, in Spanish: Latin America's, with "tú". Telegram's HTML: <b>, <i>, <code>. Values are escaped by the loader.
### Short sentences. One thing each. No jargon. { $what } never stands after "a" or "de": "a el" and "de el" would be wrong.
### A time ends in "p.m.": no full stop after it.
### A number such as 7K2QX is a paquete: entregado, devuelto. An offer is an oferta: tuya. The owner of a shop is its responsable.

plain = { $text }
plain-time = { $at }
blank = {" "}
none = ninguno
noted = Listo ✓
going-back = Un paso atrás.
answered = ✓ { $field }: { $answer }
chosen = › { $answer }
booking-done = ✓ Reservado.
below = 📦 { $number }: mira abajo ↓

## The way in

welcome =
    <b>Doorstep · { $market }</b>
    Entregas locales en este chat. ¿Quién eres?
button-i-have-a-shop = 🛍 Tengo una tienda
button-i-drive = 🚗 Soy conductor
button-i-expect = 📦 Espero una entrega
button-i-operate = 🛠 Soy operador aquí
home-merchant =
    <b>{ $name }</b>
    { $open ->
        [0] No hay entregas abiertas.
        [one] 1 entrega abierta.
       *[other] { $open } entregas abiertas.
    }
home-driver-on = <b>{ $name }</b>, estás en servicio. Las ofertas llegan aquí.
home-driver-off = <b>{ $name }</b>, estás fuera de servicio.
home-operator =
    Eres operador de <b>{ $market }</b>.
    /open muestra lo que está abierto. Lo que necesite tu ayuda llega aquí.
home-customer =
    { $open ->
        [0] Cuando una tienda te mande su enlace, ábrelo aquí y sigue tu paquete.
        [one] Un paquete va en camino. Míralo con /status.
       *[other] { $open } paquetes van en camino. Míralos con /status.
    }
button-book = 📦 Nueva entrega
button-again = Igual que la última vez
button-delivery = { $number } · { $name }
button-job = { $icon } { $number }
button-parcel = 📦 { $number }
language = ¿En qué idioma hablamos?
language-en = English
language-es = Español
language-set = Ahora hablamos español.
help-nobody =
    <b>Doorstep</b> lleva paquetes de las tiendas locales a tu puerta.
    /start: dime quién eres
    /status: lo que tienes abierto
    /language: cambia el idioma
    /cancel: deja una pregunta
    /id: tu número aquí
    /privacy: lo que sé de ti; /forget lo borra
help-merchant =
    /deliver: pide una entrega
    /status: lo que está abierto
    /staff: tu gente, e invitar a más
    /cancel: deja una pregunta; Atrás vuelve un paso
    /start: cambia quién eres; /language: el idioma
    /privacy: lo que sé de ti; /forget lo borra
help-driver =
    Para entrar en servicio, comparte tu ubicación: 📎 → Ubicación → Compartir mi ubicación en tiempo real.
    Cada oferta dice el pago y el camino. Toca Aceptar: el primero se la queda.
    /status: tu entrega
    /start: cambia quién eres; /language: el idioma
    /privacy: lo que sé de ti; /forget lo borra
help-customer =
    Abre el enlace de la tienda y toca <b>Es mío</b>. Te aviso cuando recojan tu paquete, cuando esté cerca y cuando llegue.
    /status: tus paquetes
    /language: cambia el idioma
    /privacy: lo que sé de ti; /forget lo borra
help-operator =
    /open: lo que está abierto
    /status: si todo va bien
    /start: cambia quién eres; /language: el idioma
    /privacy: lo que sé de ti; /forget lo borra
your-id = Tu número aquí es <code>{ $id }</code>.
group-hello = Trabajo en chats privados. Escríbeme allí: { $url }
status-well =
    ✅ Todo bien. Hora: { $at }
    { $drivers ->
        [0] No hay conductores en servicio ahora.
        [one] Hay 1 conductor en servicio.
       *[other] Hay { $drivers } conductores en servicio.
    }
status-ill =
    ⚠️ No todo va bien. Hora: { $at }
    { $drivers ->
        [0] No hay conductores en servicio ahora.
        [one] Hay 1 conductor en servicio.
       *[other] Hay { $drivers } conductores en servicio.
    }
status-goes = Los mensajes salen al momento. Última señal de Telegram: { $at }
status-heard = Última señal de Telegram: { $at }
status-deaf = 📡 Sin señal de Telegram desde: { $at }
status-deliveries = Envíos: { $requested } buscan conductor · { $assigned } con conductor · { $picked_up } en camino · { $returning } de vuelta · { $expired } sin conductor
outbox-well = Los mensajes salen al momento.
outbox-waits =
    📮 { $messages ->
        [one] 1 mensaje espera
       *[other] { $messages } mensajes esperan
    }; el más antiguo, desde { $since }
outbox-one = { $at } · { $name } · { $what }
inbox-waits =
    { $updates ->
        [one] 1 cosa que alguien dijo espera
       *[other] { $updates } cosas que la gente dijo esperan
    }; la más antigua, desde { $since }
status-on-duty = Estás en servicio.
status-off-duty = Estás fuera de servicio.
status-question = Hay una pregunta abierta: { $what }.
status-offer = Abajo hay una oferta que espera tu respuesta.
status-nothing = No tienes nada abierto.
hint = No entendí. /help dice lo que puedo hacer.
hint-driver-pin = 🟢 Ya sigo tu ubicación en tiempo real: no hace falta un pin.
hint-photo = ¡Bonita foto! Pero ahora no la necesito. /status dice lo que está abierto.
hint-edited = No puedo seguir las ediciones. Envíalo como mensaje nuevo.
nothing-to-cancel = No hay ninguna pregunta que dejar. /help dice lo que puedo hacer.
away = Estuve fuera ({ $from } – { $to }). Si tocaste algo, tócalo otra vez.
apology = Algo falló de nuestro lado, perdón. Ya avisé a un operador. Inténtalo otra vez, o mira /status.
command-start = Quién eres
command-help = Lo que puedo hacer
command-status = Lo que tienes abierto
command-language = Cambiar el idioma
command-cancel = Dejar una pregunta
command-deliver = Pedir una entrega
command-staff = Tu gente
command-open = Lo que está abierto

## Conversations

form-booking = tu nueva entrega
form-merchant = el registro de tu tienda
form-driver = tu registro como conductor
form-pin = el PIN en la puerta
form-proof = la entrega en la puerta
form-giveback = la renuncia a la entrega
form-giveup = el regreso del paquete
form-cancel = la cancelación de una entrega
form-askback = el pedido de regreso de un paquete
form-newlink = el enlace nuevo
form-declinemerchant = el rechazo de un comercio
form-declinedriver = el rechazo de un conductor
form-deskunassign = el retiro de una entrega a su conductor
form-deskcancel = la cancelación de una entrega
form-deskback = el regreso de un paquete
form-deskdelivered = una entrega por marcar como entregada
form-deskreturned = una entrega por marcar como devuelta
form-desklost = una entrega por marcar como perdida
parked = Guardo { $what } para después.
so-far = Hasta ahora: { $answer }
parked-behind = Primero lo primero: esta pregunta es de una entrega en curso. Después seguimos.
resumed = Seguimos con { $what }.
left = Descartado: { $what }.
draft-done = ✓ Listo: { $what }.
draft-cancelled = ✕ Descartado: { $what }.
draft-parked = ⏸ Para después: { $what }.
draft-lapsed = Descartado: { $what }. Pasó una semana.
draft-open = ✓ { $what }
button-resume = Continuar
button-back = ‹ Atrás
button-cancel = ✕ Cancelar
button-skip = Omitir
button-send-contact = 📱 Enviar mi número
button-not-yet = Todavía no
button-keep-job = Seguir con la entrega
button-keep-trying = Seguir intentando
button-keep-delivery = No cancelar

## What cannot be taken

unclear-type = ⚠️ Escríbelo como texto, por favor.
unclear-too-long = ⚠️ Son { $length } caracteres; máximo { $most }, por favor.
unclear-choose = ⚠️ Toca uno de los botones, por favor.
unclear-pieces = ⚠️ Envía un número del 1 al { $most }.
unclear-phone = ⚠️ No reconozco ese número. Con el código de área, por favor: 702 555 0123.
unclear-own-contact = ⚠️ Usa el botón de abajo, por favor: envía tu propio número.
unclear-place-type = ⚠️ Ahí no leo ninguna dirección.
unclear-place = ⚠️ No encuentro “{ $text }”. Prueba con calle y número, o un lugar conocido.
unclear-place-again = ⚠️ No encuentro “{ $text }”. Toca un botón, o escribe otra dirección.
unclear-places-down = ⚠️ Ahora no puedo buscar direcciones. Un punto sirve; o inténtalo en un minuto.
unclear-too-far = ⚠️ Queda a { $way }. Entregamos hasta { $most }. Da otra dirección, por favor.
unclear-time = ⚠️ No entiendo esa hora. Así: 3:30 pm, o mañana 9:00.
unclear-time-past = ⚠️ Es muy pronto o ya pasó. Da una hora más tarde, o toca Ahora.
unclear-time-far = ⚠️ Solo hoy o mañana, por favor.
unclear-time-skipped = ⚠️ Ese día el reloj se adelanta: esa hora no existe. Da otra, por favor.
unclear-time-twice = ⚠️ Ese día el reloj se atrasa: esa hora viene dos veces. Da otra, por favor.
unclear-pin = ⚠️ El PIN tiene cuatro cifras. Lo tiene el cliente.
unclear-pin-wrong =
    { $left ->
        [one] ⚠️ PIN incorrecto. Queda un intento.
       *[other] ⚠️ PIN incorrecto. Quedan { $left } intentos.
    }
unclear-photo = ⚠️ Envía una foto, o toca el botón.
place-move = Envía el punto correcto: 📎 → Ubicación, mueve el mapa bajo el punto, envía.
lapsed-when = ⏰ Esa hora de recogida ya pasó. ¿Cuándo será?
lapsed-quote = ⏰ El presupuesto ya no vale. Aquí hay uno nuevo:
quote-lapsed = ⏰ Este presupuesto ya venció. Confirmar muestra primero uno nuevo.
price-changed = ⏰ El precio cambió mientras tanto:

## A shop joins

ask-merchant-name = ¿Cómo se llama tu tienda?
ask-merchant-pickup = ¿Dónde recogen los conductores? Escribe la dirección, o envía un punto: 📎 → Ubicación.
ask-merchant-pickup-right = ¿Es este el lugar correcto?
ask-merchant-mall = ¿Tu tienda está dentro de { $mall }?
ask-merchant-phone = ¿A qué número puede llamar un operador? Toca el botón, o escríbelo.
ask-merchant-pickup-note = ¿Cómo encuentran los conductores el mostrador? (“Nivel 2, junto al cine”)
button-place-right = Es correcto
button-place-move = Mover el punto
button-place-again = Escribir otra vez
button-inside-mall = Sí, dentro de { $mall }
button-outside-mall = No, en la calle
merchant-applied = ¡Gracias! Un operador revisa <b>{ $name }</b> pronto. Te aviso aquí.
merchant-approved = 🎉 <b>{ $name }</b>: ¡tu tienda está aprobada! Con /deliver pides tu primera entrega.
merchant-declined = <b>{ $name }</b>: no podemos aceptar tu tienda ahora. Motivo: { $reason }
staff-head = <b>{ $name }</b>: quién habla por la tienda
staff-owner = • { $name } (responsable)
staff-one = • { $name }
staff-invite =
    Envía este enlace a una persona. Sirve una vez, por 24 horas:
    { $url }
staff-claimed = Gracias. Ya pedí permiso al responsable de <b>{ $name }</b>.
staff-welcome = Ahora hablas por <b>{ $name }</b>. Con /deliver pides una entrega.
staff-refused = El responsable de <b>{ $name }</b> dijo que no. Si es un error, pide otro enlace.
staff-removed = Ya no hablas por <b>{ $name }</b>.
invite-claimed = <b>{ $name }</b> abrió tu enlace. ¿Puede pedir entregas por tu tienda?
invite-accepted = ✓ { $name } ahora habla por tu tienda.
invite-refused = ✕ { $name } no entró.
button-remove = Quitar a { $name }
button-invite = Invitar a alguien
button-let-in = Sí, puede
button-keep-out = No

## A driver joins

ask-driver-name = ¿Cómo te llamas?
ask-driver-vehicle = ¿Cómo te mueves?
ask-driver-phone = Toca el botón de abajo para enviarme tu propio número.
vehicle-foot-icon = 🚶
vehicle-bike-icon = 🚲
vehicle-car-icon = 🚗
vehicle-van-icon = 🚐
vehicle-foot = a pie
vehicle-bike = en bici
vehicle-car = en auto
vehicle-van = en van
vehicle-foot-button = 🚶 A pie
vehicle-bike-button = 🚲 Bici
vehicle-car-button = 🚗 Auto
vehicle-van-button = 🚐 Van
driver-applied = ¡Gracias, { $name }! Un operador lo revisa pronto. Te aviso aquí.
driver-approved = 🎉 ¡Te damos la bienvenida, { $name }! Ya puedes trabajar como conductor.
driver-declined = { $name }, no podemos aceptarte ahora. Motivo: { $reason }
decline-outside-area = fuera de nuestra zona
decline-not-reached = no te pudimos contactar
decline-papers = faltan papeles
decline-full = por ahora no hay lugar
decline-other = sin motivo indicado

## On duty

duty-off = ⚪️ Estás <b>fuera de servicio</b>.
duty-how =
    Para entrar en servicio, comparte tu ubicación:
    📎 → Ubicación → Compartir mi ubicación en tiempo real → 8 horas.
    En una computadora, envía un punto. Vale una hora.
duty-shares = Tu ubicación en tiempo real me sigue llegando: un toque y vuelves.
duty-still-carries = Todavía llevas <b>{ $number }</b>.
duty-on-live = 🟢 <b>En servicio</b> hasta { $until }, con tu ubicación en tiempo real. Las ofertas llegan aquí.
duty-on-pin = 🟢 <b>En servicio</b> hasta { $until }, en tu punto. Las ofertas llegan aquí.
duty-asked = 🟡 No sé nada de ti. <b>¿Sigues ahí?</b> Sin respuesta, en 5 minutos quedas fuera de servicio.
button-off-duty = Fuera de servicio
button-on-duty = En servicio
button-still-here = Sí, aquí sigo
button-renew = Una hora más
duty-below = En servicio o fuera: mira abajo ↓

## Booking

ask-booking-pieces = ¿Cuántas piezas? (1–20)
ask-booking-size = ¿De qué tamaño es la pieza más grande?
ask-booking-dropoff = ¿A dónde va? Escribe la dirección, o envía un punto: 📎 → Ubicación.
ask-booking-dropoff-right = ¿Es esta la puerta correcta?
ask-booking-customer-name = ¿Quién lo recibe? Escribe el nombre, o envía un contacto: 📎 → Contacto.
ask-booking-customer-phone = ¿Cuál es el número del cliente? El conductor nunca lo ve.
ask-booking-note = ¿Una nota para el conductor? (código de la reja, piso; máximo 280 caracteres)
ask-booking-when = ¿Cuándo se puede recoger? Toca, o escribe una hora: 3:30 pm, mañana 9:00.
ask-booking-pin =
    ¿Un PIN en la puerta?
    Así el conductor solo entrega a quien lo sabe.
ask-booking-change = ¿Qué cambiamos?
ask-booking-confirm = <b>¿Pido esta entrega?</b>
size-s-long = S · una bolsa
size-m-long = M · una caja
size-l-long = L · un asiento trasero
load =
    { $pieces ->
        [one] 1 pieza, tamaño { $size }
       *[other] { $pieces } piezas, tamaño { $size }
    }
button-now = Ahora
button-pin-yes = Con PIN
button-pin-no = Sin PIN
button-confirm = Confirmar
button-change = Cambiar
field-pieces = Piezas
field-size = Tamaño
field-dropoff = Dirección
field-dropoff-right = Dirección
field-customer-name = Cliente
field-customer-phone = Teléfono
field-note = Nota
field-when = Hora de recogida
field-pin = PIN
field-name = Nombre
field-pickup = Recogida
field-pickup-right = Recogida
field-mall = Centro comercial
field-phone = Teléfono
field-pickup-note = Nota de recogida
field-vehicle = Vehículo
field-photo = Foto
field-reason = Motivo
field-change = Cambio
field-confirm = Entrega
field-sure = Regreso
field-cut = Enlace nuevo
summary-load = 📦 { $load }
summary-to = 🏠 { $name }, { $address }
summary-phone = 📱 { $phone }
summary-note = 📝 { $note }
summary-when = 🕑 Recogida: { $when }
summary-pin = 🔑 { $pin }
fee-base = Tarifa base: { $amount }
fee-distance = Camino ({ $way }): { $amount }
fee-size = Tamaño: { $amount }
fee-total = <b>Total: { $amount }</b>
summary-window =
    Llega: <b>{ $window }</b>
summary-drivers =
    { $drivers ->
        [0] ⚠️ Ahora no hay conductores libres cerca. Seguiré buscando.
        [one] Hay 1 conductor libre cerca.
       *[other] Hay { $drivers } conductores libres cerca.
    }
summary-until = Este presupuesto vale hasta { $until }

## A merchant's delivery

delivery-head = 📦 <b>{ $number }</b> · { $state }
delivery-to = Para { $name }, { $address }
delivery-load = { $load } · { $fee }
delivery-driver = Conductor: { $name }, { $vehicle }
delivery-window = Llega: { $window }
delivery-late = ⏰ Tarda más de lo prometido.
delivery-pin-locked = 🔑 El PIN falló cinco veces. Ya avisé a un operador.
delivery-expired = Cancelar es gratis. Sin respuesta se cancela en 2 horas.
delivery-pin = PIN en la puerta: <code>{ $pin }</code>
delivery-call = 📞 <b>Llama por favor al cliente: { $name }, { $phone }.</b>
delivery-no-phone = No hay teléfono del cliente ({ $name }). Ya avisé a un operador.
delivery-reason = Motivo: { $reason }
delivery-cancel-fee = Costo de la cancelación: { $fee }.
delivery-gone = { $number } ya no es tuya para seguirla.
proof-pin = Entregado con el PIN.
proof-photo = El conductor tomó una foto.
proof-name = Lo recibió { $name }.
proof-operator = Un operador lo marcó como entregado.
customer-connected = Cliente: conectado ✓
customer-not-connected = Cliente: aún no conectado
customer-unreachable = Cliente: me bloqueó
button-link = Enlace del cliente
button-cancel-delivery = Cancelar
button-ask-back = Pedir que regrese
button-retry = Buscar otra vez
button-got-it-back = Sí, ya lo tengo
button-second-attempt = Segundo intento
link-show =
    Envía este enlace a { $name } para que pueda seguir <b>{ $number }</b>:
    { $url }
link-over = El enlace de { $number } ya no vale.
button-share = Compartir
button-copy-link = Copiar
button-whatsapp = WhatsApp
button-qr = Código QR
button-new-link = Enlace nuevo
button-keep-link = Dejar el de antes
ask-newlink-cut = { $customer } ya sigue <b>{ $number }</b> con el enlace de antes, que dejará de valer. ¿Hago uno nuevo?
new-link-made = ✓ El enlace de antes ya no vale.
link-qr = { $number }: escanea para seguir este paquete.
ask-askback-sure = El conductor ya tiene <b>{ $number }</b>. Un operador puede hacerlo regresar; la tarifa de { $price } se queda. ¿Lo pido?
asked-back = ✓ Pedido a un operador.
delivery-asked-back = ↩️ Pedí a un operador que lo haga regresar.
goes-on = Un operador revisó <b>{ $number }</b>: sigue hacia el cliente.
ask-cancel-reason =
    { $free ->
        [yes] ¿Cancelar <b>{ $number }</b>? Ahora es gratis. ¿Por qué?
       *[no] ¿Cancelar <b>{ $number }</b>? Ahora cuesta <b>{ $price }</b>. ¿Por qué?
    }
reason-changed-mind = El cliente ya no quiere
reason-wrong-address = Dirección equivocada
reason-not-ready = No está listo
reason-too-slow = Tarda demasiado
reason-other = Otro
reason-merchant-asked = Lo pidió el comercio
reason-customer-asked = Lo pidió el cliente
reason-no-driver = Sin conductor
reason-accident = Accidente
reason-vehicle = Falló mi vehículo
reason-too-far = Muy lejos
reason-merchant-closed = La tienda está cerrada
reason-too-big = Muy grande
reason-personal = Personal
reason-nobody-there = No hay nadie
reason-refused = No lo aceptan
reason-damaged = Dañado
reason-unreachable = No se puede entrar
reason-driver-asked = El conductor lo pidió
reason-not-moving = No avanza
reason-customer-has-it = El cliente lo tiene
reason-merchant-has-it = El comercio lo tiene
reason-driver-says-so = Lo dice el conductor
reason-nowhere = No aparece
reason-no-answer = 2 horas sin respuesta

## States, for the merchant, the operator and the customer

state-later-merchant = espera hasta { $at }
state-searching-merchant = buscando conductor
state-helped-merchant = aún sin conductor, un operador busca
state-again-merchant = buscando otro conductor
state-assigned-merchant = { $driver } va a la tienda
state-at-pickup-merchant = { $driver } está en el mostrador
state-picked-up-merchant = { $driver } lo lleva
state-arriving-merchant = { $driver } está por llegar
state-at-door-merchant = { $driver } está en la puerta
state-nobody-there-merchant = nadie abre la puerta
state-delivered-merchant = entregado { $at } ✓
state-returning-merchant = regresa a la tienda
state-brought-back-merchant = { $driver } dice que lo devolvió a la tienda
state-returned-merchant = devuelto
state-expired-merchant = sin conductor
state-cancelled-merchant = cancelado
state-lost-merchant = perdido; te llamaremos
state-later-customer = Sale de la tienda: { $at }
state-searching-customer = Buscamos un conductor.
state-helped-customer = Seguimos buscando un conductor.
state-again-customer = Buscamos otro conductor.
state-assigned-customer = Hay conductor: { $driver } va a la tienda.
state-at-pickup-customer = { $driver } está en la tienda.
state-picked-up-customer = <b>{ $driver } tiene tu paquete.</b>
state-arriving-customer = <b>{ $driver } está por llegar.</b>
state-at-door-customer = <b>{ $driver } está en la puerta.</b>
state-nobody-there-customer = <b>{ $driver } está en la puerta y nadie abre.</b> Abre por favor, o llama a la tienda.
state-delivered-customer = Entregado { $at } ✓
state-returning-customer = <b>No se pudo entregar</b> y regresa a la tienda. Llama a la tienda, por favor.
state-brought-back-customer = Está otra vez en la tienda. Llama a la tienda, por favor.
state-returned-customer = <b>Está otra vez en la tienda.</b> Llama a la tienda, por favor.
state-expired-customer = Ahora no hay ningún conductor libre. La tienda ya lo sabe.
state-cancelled-customer = <b>Esta entrega se canceló.</b> Llama a la tienda, por favor.
state-lost-customer = <b>Tu paquete se perdió. Lo sentimos.</b> La tienda te llamará.

## Offers and jobs

offer-head = 💵 <b>{ $pay }</b> · { $way } hasta la recogida
offer-pickup = Tienda: { $merchant }
offer-trip = Luego { $length } hacia el { $direction }
offer-area = Destino: { $area } · { $load }
offer-ready = Listo: { $at }
offer-until = Responde antes de: <b>{ $until }</b>
offer-accepted = ✓ Es tuya ({ $pay }).
offer-declined = La rechazaste ({ $pay }).
offer-expired = Se acabó el tiempo ({ $pay }).
offer-taken = Alguien fue más rápido ({ $pay }).
offer-gone = Ya no se ofrece ({ $pay }).
button-accept = Aceptar
button-decline = Rechazar
direction-north = norte
direction-north-east = noreste
direction-east = este
direction-south-east = sureste
direction-south = sur
direction-south-west = suroeste
direction-west = oeste
direction-north-west = noroeste
job-assigned = { $icon } <b>{ $number }</b> · { $load } · { $pay }
job-picked-up = { $icon } <b>{ $number }</b> · { $load } · { $pay }
job-returning = ↩️ <b>{ $number }</b> · { $load } · regresa
job-delivered = ✅ <b>{ $number }</b> entregado · { $pay }
job-returned = ↩️ <b>{ $number }</b> está de vuelta. Gracias.
job-cancelled = ✕ <b>{ $number }</b> se <b>canceló</b>.
job-lost = <b>{ $number }</b> está cerrado.
job-earned = Recibes { $pay }.
job-gone = <b>{ $number }</b> <b>ya no es tuyo</b>.
job-pickup = Recoge en <b>{ $merchant }</b>, { $address }
job-dropoff = Lleva a <b>{ $name }</b>, { $address }
job-return = Devuelve a <b>{ $merchant }</b>, { $address }
job-was-to = Para { $address }
job-note = 📝 { $note }
job-mall = 🏬 { $mall }: { $note }
job-ready = Listo: { $at }
job-area = Zona: { $area }
job-window = Llega: { $window }
job-pin = 🔑 Pide el PIN en la puerta.
job-pin-locked = 🔑 Demasiados PIN incorrectos. Ya avisé a un operador; espera en la puerta, por favor.
job-asked-to-call = Pedí a la tienda que llame al cliente. Espera un momento, por favor.
job-operator-asked = No hay teléfono. Ya avisé a un operador; espera un momento, por favor.
job-to-be-confirmed = Pedí a la tienda que confirme.
button-at-pickup = Estoy en la recogida
button-picked-up =
    { $pieces ->
        [one] Recogido (1 pieza)
       *[other] Recogido ({ $pieces } piezas)
    }
button-at-door = Estoy en la puerta
button-delivered = Entregado
button-brought-back = Ya lo devolví
button-nobody-there = No hay nadie
button-problem = Problema
button-undo = ↶ Deshacer
button-map = 🗺 Mapa
button-copy-address = Copiar dirección
ask-pin-pin = Escribe el PIN que te dice { $customer }.
ask-proof-photo = Envía una foto del paquete en la puerta.
ask-proof-name = ¿Quién lo recibió? Escribe el nombre.
button-no-photo = Sin foto: en mano
ask-giveback-reason = ¿Por qué renuncias a { $number }?
ask-giveup-reason = ¿Qué pasa con { $number }?
ask-giveup-photo = Envía una foto si ayuda.
given-back = Renunciaste a { $number }. Se ofrece a otros conductores.
pin-locked = ✕ Cinco PIN incorrectos.

## Customers

claim = 📦 <b>{ $merchant }</b> envía un paquete con este enlace. ¿Es tuyo?
claim-done = ✓ Tu paquete de { $merchant }.
claim-over = Este enlace ya no vale. Pide otro a la tienda.
button-mine = Es mío
parcel-head = 📦 Tu paquete de <b>{ $merchant }</b> ({ $number })
parcel-window = Llega: <b>{ $window }</b>
parcel-late = <b>Perdón, va a tardar más.</b>
parcel-driver = { $name } viene { $vehicle }.
parcel-pin-locked = 🔑 El PIN falló cinco veces. Ya avisamos a un operador.
parcel-pin = 🔑 Dile este PIN al conductor: <code>{ $pin }</code>
button-where = ¿Dónde está?
where-searching = Aún no lo tiene ningún conductor. Te aviso cuando lo tenga.
where-unseen = Ahora no veo a { $driver }. Llegada: { $window }
where-pickup = { $driver } va primero a recoger tu paquete. Llegada: { $window }
where-away = { $driver } está a { $metres }. Llegada: { $window }
where-seen = { $driver } estaba a { $metres } hace { $minutes } min. Llegada: { $window }
where-there = { $driver } está en la puerta.
where-over = Ya no va en camino. La tarjeta de arriba dice qué pasó.
delivered-photo = ✅ Entregado: { $number } de { $merchant }.
problem-photo = { $number }: la foto del conductor.

## Operators

approve-merchant =
    🛍 <b>{ $name }</b> quiere unirse.
    { $address }
    Teléfono: { $phone }
approve-mall = Centro comercial: { $mall }
approve-driver =
    { $icon } <b>{ $name }</b> quiere ser conductor, { $vehicle }.
    Teléfono: { $phone }
approve-by = Nombre en Telegram: { $name }
button-approve = Aprobar
button-decline-join = Rechazar
settled-approved = ✓ Aprobado.
settled-declined = ✕ Rechazado.
ask-declinemerchant-reason = ¿Por qué rechazas a { $name }? Toca o escribe; se lo diré.
ask-declinedriver-reason = ¿Por qué rechazas a { $name }? Toca o escribe; se lo diré.
open-head =
    <b>{ $deliveries ->
        [0] No hay entregas abiertas
        [one] 1 entrega abierta
       *[other] { $deliveries } entregas abiertas
    }</b> · { $drivers } en servicio · { $cases ->
        [one] 1 caso abierto
       *[other] { $cases } casos abiertos
    } · { $waiting } por aprobar
open-one = <b>{ $number }</b> { $merchant }: { $state }
open-more = … y { $more } más.
desk-head = 🛠 <b>{ $number }</b> · { $state }
desk-merchant = Comercio: { $who }
desk-driver = Conductor: { $who }
desk-customer = Cliente: { $who }
desk-money = Tarifa { $fee } · pago { $pay }
desk-event = { $at } · { $step } ({ $by })
party-merchant = comercio
party-driver = conductor
party-customer = cliente
party-operator = operador
party-sweep = automático
event-book = entrega pedida
event-connect = cliente conectado
event-assign = conductor encontrado
event-unassign = retirado al conductor
event-give-back = devuelta a la lista
event-at-pickup = en la recogida
event-pick-up = recogido
event-at-door = en la puerta
event-wrong-pin = PIN incorrecto
event-nobody-there = no hay nadie
event-deliver = entregado
event-undo = deshecho
event-give-up = de regreso
event-resume = segundo intento
event-brought-back = el conductor dice que lo devolvió
event-hand-back = devuelto
event-expire = sin conductor
event-retry = nueva búsqueda
event-cancel = cancelado
event-lose = perdido
event-hand-over = pasado a otro conductor
button-desk = A mi escritorio
button-case-done = Atendido
button-desk-unassign = Retirar al conductor
button-desk-cancel = Cancelar
button-desk-back = Hacerlo regresar
button-desk-delivered = Entregado
button-desk-returned = Devuelto
button-desk-lost = Perdido
ask-deskunassign-reason = ¿Por qué retiras { $number } a su conductor?
ask-deskcancel-reason = ¿Por qué cancelas { $number }?
ask-deskback-reason = ¿Por qué regresa { $number }?
ask-deskdelivered-reason = ¿Por qué marcas { $number } como entregado?
ask-deskreturned-reason = ¿Por qué marcas { $number } como devuelto?
ask-desklost-reason = ¿Por qué se perdió { $number }?
case-closed = ✓ Atendido.
case-settled = ✓ Resuelto.
case-nobody-found = 🔎 Ningún conductor toma <b>{ $number }</b>. En unos minutos se le pregunta al comercio.
case-not-picked-up = ⏰ <b>{ $number }</b>: la recogida debía ser hace 20 minutos.
case-not-delivered = ⏰ <b>{ $number }</b>: la entrega debía ser hace 30 minutos.
case-pin-failed = 🔑 <b>{ $number }</b>: cinco PIN incorrectos en la puerta.
case-hand-back = ↩️ <b>{ $number }</b>: el conductor dice que lo devolvió; el comercio no lo confirma.
case-not-returned = ↩️ <b>{ $number }</b> debía estar de vuelta en la tienda hace 30 minutos.
case-dark = 📡 <b>{ $number }</b>: su conductor lleva 10 minutos sin señal.
case-call = 📞 <b>{ $number }</b>: nadie abre y no hay teléfono. Ayuda, por favor.
case-wants-back = ↩️ <b>{ $number }</b>: el comercio lo quiere de regreso. Va en camino al cliente.
case-update = 🐞 No se pudo procesar una actualización: { $detail }
case-message = 🐞 No se pudo enviar un mensaje: { $detail }
case-outbox =
    📮 { $messages ->
        [one] 1 mensaje espera
       *[other] { $messages } mensajes esperan
    } salir; el más antiguo, desde { $since }
case-sweep = 🕰 Algo que debe ocurrir solo lleva retraso:
case-sent-again = ↻ Enviado de nuevo.
sweep-offers = las ofertas no se hacen ni se cierran
sweep-watching = nadie mira si los envíos van a tiempo
sweep-duty = nadie mira si los conductores siguen ahí
sweep-talk = quedan abiertas preguntas viejas
sweep-forgetting = lo guardado por un tiempo no se borra
button-look = Ver
button-send-again = Enviar de nuevo
sent-again = Lo intento de nuevo.
letter-to = ✉️ Para <b>{ $name }</b>: { $what }
letter-about = Sobre <b>{ $number }</b>
letter-sent = ✓ Enviado: { $at }
letter-dropped = ✕ Descartado a las { $at }: { $detail }
letter-waits =
    Espera desde { $at }{ $tries ->
        [0] { "" }
        [one] , 1 intento: { $detail }
       *[other] , { $tries } intentos: { $detail }
    }
letter-card = una tarjeta
letter-notice = un mensaje
letter-photo = una foto
letter-qr = un código QR
letter-commands = el menú de comandos
letter-close = el arreglo de un mensaje viejo
letter-delete = el borrado de un mensaje viejo

## What rules refuse

refused-not-yours = Eso no te toca a ti.
refused-too-late = Muy tarde: eso ya cambió.
refused-taken = Alguien fue más rápido. Ya viene la próxima oferta.
refused-offer-over = Esta oferta ya terminó. Ya viene la próxima.
refused-has-run = Ya tienes una entrega en curso. Termínala primero.
refused-step = { $number } ya avanzó. Así está ahora.
refused-undo-over = Muy tarde para deshacer { $number }.
refused-not-your-delivery = { $number } no es tu entrega.
refused-owner-only = Solo el responsable de la tienda puede hacer eso.
refused-owner-stays = No se puede quitar al responsable.
refused-no-merchant = Aún no hablas por una tienda aquí. Con /start registras una.
refused-merchant-pending = Tu tienda espera a un operador. Te aviso aquí.
refused-merchant-already = Ya hablas por { $name }.
refused-no-driver = Aún no tienes registro como conductor. Con /start te registras.
refused-driver-pending = Tu registro espera a un operador. Te aviso aquí.
refused-driver-already = Ya eres conductor.
refused-price-changed = El precio cambió: { $price }. Míralo otra vez, por favor.
refused-not-cancellable = { $number } ya no se puede cancelar.
refused-asked-back = Ya pedí a un operador que haga regresar { $number }.
refused-already-asked = Ya se lo pedí a la tienda.
refused-pin-needed = { $number } necesita el PIN.
refused-pin-locked = { $number }: demasiados PIN incorrectos. Ya avisé a un operador.
refused-not-sharing = Tu ubicación en vivo terminó. Compártela otra vez: 📎 → Ubicación.
refused-off-already = Estás fuera de servicio.
refused-settled = Eso ya está resuelto.
refused-invite-over = Este enlace ya se usó o ya no vale. Pide otro.
refused-staff-already = Ya hablas por { $name }.
refused-link-over = Este enlace ya no vale. Pide otro a la tienda.
refused-link-taken = Otra persona ya sigue este paquete. Pide otro enlace a la tienda.
refused-link-own = Este enlace es para el cliente.
refused-link-unopened = Abre otra vez el enlace de la tienda, por favor.
refused-no-last = Aún no hay una entrega que repetir.
refused-unknown-link = No conozco este enlace. Pide otro.
refused-old-button = Ese botón es viejo. Así están las cosas.
refused-too-quick = Vas más rápido de lo que puedo contestar. Oí lo primero y dejé el resto. Dame diez segundos, por favor.

## Privacy

command-privacy = Lo que sé de ti
command-forget = Borrar lo que sé de ti
privacy =
    <b>Lo que sé de ti y por cuánto tiempo</b>

    <b>Guardo</b> tu nombre y tu idioma como los dice Telegram, y lo que escribes en mis preguntas.
    Una entrega tiene el nombre, el teléfono, la dirección y la nota del cliente, la foto o el nombre de quien recibió, quién la llevó y cuándo.
    De los conductores en servicio guardo solo la última posición, y se borra un día después de su turno.
    <b>{ $days } días después del final de una entrega</b> se borran sus nombres, teléfonos, direcciones, notas, fotos y enlaces, y sus tarjetas lo dicen en todos los chats. Quedan precios, horas, distancias y la zona, sin el nombre de nadie.
    Lo que me escribiste y lo que te envié sale de mis libros en un día, o en una semana si algo falló.
    A quien ya no tiene parte aquí y lleva { $days } días sin aparecer, lo olvido.

    <b>Quién ve qué</b>
    La tienda ve el nombre, la dirección y el teléfono de su cliente. El conductor ve primero la zona, el nombre y la dirección al recoger el paquete, y solo la zona una hora después del final. A nadie se le muestra el teléfono de otro, salvo a la tienda (el de su cliente) y a los operadores, que ayudan cuando algo va mal. El cliente ve el nombre de pila del conductor y a qué distancia está el paquete.
    Una dirección escrita, o un punto en el mapa, se busca en un servicio de mapas, que conoce la dirección y no quién pregunta.

    <b>Lo que no puedo retirar</b>
    Fotos, mapas y mensajes que ya están en el chat de alguien: Telegram los guarda allí hasta que allí se borren. Mis tarjetas las cambio, otros mensajes no. Las copias de seguridad de mis datos tienen lo que tenían.

    /forget borra ahora lo que sé de ti, si no hay nada abierto. Lo que guarda el propio Telegram lo dicen sus ajustes.
forget-ask =
    <b>¿Te olvido?</b>
    Tu nombre, teléfono, direcciones, posiciones, borradores y paquetes se borran ahora, y se retiran los mensajes que iban hacia ti. Una tienda por la que no habla nadie más se cierra. Las cifras quedan, sin tu nombre.
    No se puede deshacer. Si no haces nada, no pasa nada.
button-forget = Sí, olvídame
forget-later = Aún no puedo olvidarte. Esto está abierto y te necesita hasta que termine:
forget-open-parcel = 📦 { $number }, que va hacia ti ({ $window })
forget-open-job = 🚗 { $number }, que llevas tú ({ $window })
forget-open-delivery = 📦 { $number } de tu tienda ({ $window })
forget-not-operator = 🛠 Operas este mercado: quien guarda sus ajustes debe quitarte primero de OPERATORS.
forget-not-now = Ahora hay algo abierto. Mira qué.
forgotten = Te he olvidado. /start empieza de nuevo, cuando quieras.
erased-card = · borrado
erased-delivery = 📦 { $number } · terminada; nombres y direcciones borrados
erased-merchant = 🛍 Una tienda que se fue; sus datos están borrados
erased-driver = 🚗 Un conductor que se fue; sus datos están borrados
staff-inherited = Quien era dueño de <b>{ $name }</b> se fue. Desde ahora la tienda es tuya. /staff muestra tu gente.
