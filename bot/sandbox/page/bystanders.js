/** Simulated people on the big map: small dots with a name to point at, no phones. */
const L = window.L;

export class Bystanders {
  constructor(map) {
    this.layer = L.layerGroup().addTo(map);
    this.dots = new Map();
  }

  show(people) {
    const here = people.filter((person) => person.simulated && person.position);
    for (const person of here) {
      const at = [person.position.lat, person.position.lon];
      const known = this.dots.get(person.id);
      if (known) known.setLatLng(at);
      else this.dots.set(person.id, this.dot(person, at));
    }
    for (const [id, dot] of this.dots) {
      if (here.some((person) => person.id === id)) continue;
      dot.remove();
      this.dots.delete(id);
    }
  }

  dot(person, at) {
    const dot = L.circleMarker(at, { pane: "ways", radius: 5, className: `bystander role-${String(person.role).replace(/\W/g, "")}` });
    return dot.bindTooltip(document.createTextNode(person.name), { direction: "top" }).addTo(this.layer);
  }
}
