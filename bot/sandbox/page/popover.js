/** A button with a small panel under it: opened by a click, closed by Escape, by a click elsewhere, by a choice. */
import { Component, html } from "./vendor/preact/standalone.module.js";

export class Popover extends Component {
  state = { open: false };

  componentDidMount() {
    this.elsewhere = (event) => this.state.open && !this.base.contains(event.target) && this.setState({ open: false });
    document.addEventListener("pointerdown", this.elsewhere);
  }

  componentWillUnmount() {
    document.removeEventListener("pointerdown", this.elsewhere);
  }

  componentDidUpdate(_, before) {
    if (this.state.open && !before.open) this.base.querySelector(".popover button, .popover select")?.focus();
  }

  close = () => {
    this.setState({ open: false });
    this.button.focus();
  };

  key(event) {
    if (event.key !== "Escape" || !this.state.open) return;
    event.stopPropagation();
    this.close();
  }

  render({ label, says, className, face, title, children }, { open }) {
    return html`<div class="pops" onKeyDown=${(event) => this.key(event)}>
      <button type="button" class=${className} aria-label=${says ? `${label}, ${says}` : label} title=${title ?? label} aria-haspopup="dialog" aria-expanded=${String(open)} ref=${(element) => (this.button = element)} onClick=${() => this.setState({ open: !open })}>${face}</button>
      ${open && html`<div class="popover" role="dialog" aria-label=${label}>${children(this.close)}</div>`}
    </div>`;
  }
}
