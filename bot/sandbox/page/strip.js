/** The phones side by side: always whole ones, and a handle at each edge behind which there are more. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Count, Icon } from "./icons.js";

const LEAST_WIDE = 244;
const MOST_WIDE = 440;
const LEAST_HIGH = 560;
const GAP = 12;

/** How many phones stand in a row and in how many rows, for this many pixels and people. */
function arrange(wide, high, count) {
  const across = Math.max(1, Math.floor((wide + GAP) / (LEAST_WIDE + GAP)));
  const rows = Math.max(1, Math.min(Math.floor((high + GAP) / (LEAST_HIGH + GAP)), Math.ceil(count / across)));
  const columns = Math.max(1, Math.ceil(count / rows));
  return { rows, columns, shown: Math.min(across, columns) };
}

const gentle = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

/** Bring a person's phone wholly into view, and (unless told not to) give it the keyboard. */
export function goTo(id, focus = true) {
  const phone = document.querySelector(`.phone[data-person="${id}"]`);
  if (!phone) return false;
  phone.scrollIntoView({ behavior: gentle(), inline: "nearest", block: "nearest" });
  if (focus) phone.querySelector("textarea, .start")?.focus({ preventScroll: true });
  return true;
}

/** `phone(person)` draws one; `onView(ids)` tells which ones can be seen when that changes. */
export class Strip extends Component {
  state = { wide: 0, high: 0, first: 0 };

  componentDidMount() {
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(this.list);
    this.measure();
  }

  componentWillUnmount() {
    this.watch.disconnect();
    this.props.onView([]);
  }

  componentDidUpdate() {
    this.look();
    const ids = this.props.people.filter((_, index) => this.side(index) === 0).map((person) => person.id);
    if (String(ids) !== String(this.seen)) this.props.onView((this.seen = ids));
  }

  measure() {
    this.setState({ wide: this.list.clientWidth, high: this.list.clientHeight });
  }

  plan() {
    return arrange(this.state.wide, this.state.high, this.props.people.length);
  }

  /** Which column is the first that can be seen. */
  look = () => {
    const { shown, columns } = this.plan();
    const step = (this.list.clientWidth + GAP) / shown;
    const first = Math.min(Math.round(this.list.scrollLeft / step), columns - shown);
    if (first !== this.state.first) this.setState({ first });
  };

  /** -1: beyond the left edge, 0: in view, 1: beyond the right edge. */
  side(index) {
    const { shown, columns } = this.plan();
    const column = index % columns;
    if (column < this.state.first) return -1;
    return column < this.state.first + shown ? 0 : 1;
  }

  turn(direction) {
    const { shown, columns } = this.plan();
    const step = (this.list.clientWidth + GAP) / shown;
    const first = Math.max(0, Math.min(this.state.first + direction * shown, columns - shown));
    this.list.scrollTo({ left: first * step, behavior: gentle() });
  }

  handle(direction) {
    const out = this.props.people.filter((_, index) => this.side(index) === direction);
    if (!out.length) return null;
    const names = out.map((person) => person.name).join(", ");
    const unread = out.reduce((sum, person) => sum + this.props.unread(person.id), 0);
    const loud = out.some((person) => this.props.loud(person.id));
    const words = `${out.length} more ${out.length === 1 ? "phone" : "phones"}: ${names}${unread ? `; ${unread} unread` : ""}`;
    return html`<button type="button" class="more-phones ${direction < 0 ? "at-left" : "at-right"}" aria-label=${words} title=${words} onClick=${() => this.turn(direction)}>
      <${Icon} name=${direction < 0 ? "left" : "right"} /><span aria-hidden="true">+${out.length}</span><${Count} unread=${unread} loud=${loud} />
    </button>`;
  }

  render({ people, phone }) {
    const { rows, columns, shown } = this.plan();
    const most = shown < columns ? "100%" : `${MOST_WIDE}px`;
    const look = `--rows: ${rows}; --columns: ${columns}; --shown: ${shown}; --most: ${most}; --gap: ${GAP}px`;
    return html`<div class="strip ${shown < columns ? "beyond" : ""}">
      <div class="phones" role="group" aria-label="Phones" style=${look} ref=${(element) => (this.list = element)} onScroll=${this.look}>${people.map(phone)}</div>
      ${this.handle(-1)} ${this.handle(1)}
    </div>`;
  }
}
