import { describeLastSeen, ENGLISH, nextDescriptionMs, observeLabel } from '@porchlight/client';
import type { PorchlightElementOptions } from './define-porchlight-elements.ts';
import { STYLE } from './style.ts';

/**
 * A custom element that shows one user; `withText` beside the dot. Its parts are `dot` and `text`; it has the attributes `status` and
 * `suspect` for the styles of the page. Made here and not at the top, for there is no HTMLElement on a server.
 */
export function presenceElement(
  { presence, locale, timeZone, words = ENGLISH }: PorchlightElementOptions,
  withText: boolean,
): CustomElementConstructor {
  return class PresenceElement extends HTMLElement {
    static observedAttributes = ['user-id'];
    readonly #dot = document.createElement('span');
    readonly #text = document.createElement('span');
    #stop = () => {};

    constructor() {
      super();
      const style = document.createElement('style');
      style.textContent = STYLE;
      this.#dot.part.add('dot');
      this.#text.part.add('text');
      this.attachShadow({ mode: 'open' }).append(style, this.#dot, ...(withText ? [this.#text] : []));
    }

    connectedCallback() {
      this.#stop();
      const id = this.getAttribute('user-id');
      this.#stop = id
        ? observeLabel(
            presence,
            id,
            (record, now) => nextDescriptionMs(record, now, timeZone),
            () => this.#show(),
          )
        : () => {};
      this.#show();
    }

    disconnectedCallback() {
      this.#stop();
      this.#stop = () => {};
    }

    attributeChangedCallback() {
      if (this.isConnected) this.connectedCallback();
    }

    #show() {
      const record = presence.get(this.getAttribute('user-id') ?? '');
      const suspect = record?.certainty === 'suspect';
      const said = record ? describeLastSeen(record, presence.now(), locale, timeZone, words) : '';
      const text = suspect ? `${said} (${words.suspect})` : said;
      if (record) this.setAttribute('status', record.status);
      else this.removeAttribute('status');
      this.toggleAttribute('suspect', suspect);
      this.#text.textContent = text;
      // The words beside it say the same.
      if (withText || !record) this.#dot.ariaHidden = 'true';
      else {
        this.#dot.ariaHidden = null;
        this.#dot.role = 'img';
        this.#dot.ariaLabel = this.#dot.title = text;
      }
    }
  };
}
