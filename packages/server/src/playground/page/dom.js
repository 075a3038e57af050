/**
 * Makes an element. Properties that the element has are set as such, `data-…`, `aria-…` and others as attributes, `on` holds listeners.
 * Texts become text nodes, never markup.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name in made && name !== 'list') made[name] = value;
    else made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** Sets a text only where it differs, so that a selection or a screen reader is not disturbed for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A button with what it does. */
export function button(label, does, properties = {}) {
  return element('button', { type: 'button', ...properties, on: { click: does } }, label);
}

/** A labelled field. */
export function labelled(label, field, properties = {}) {
  return element('label', properties, element('span', {}, label), field);
}
