import type { Presence, Words } from '@porchlight/client';
import { presenceElement } from './presence-element.ts';

export interface PorchlightElementOptions {
  presence: Presence;
  /** BCP 47 tag; default the reader's own. */
  locale?: string;
  /** IANA name; default the reader's own. */
  timeZone?: string;
  /** The words that `Intl` lacks; default English. */
  words?: Words;
}

/**
 * Makes `<porchlight-status user-id>` (a dot and words) and `<porchlight-dot user-id>` known to the page, also those that stand in it already.
 * Does nothing the second time: a page has one of each.
 */
export function definePorchlightElements(options: PorchlightElementOptions): void {
  const define = (name: string, withText: boolean) => {
    if (customElements.get(name) === undefined) customElements.define(name, presenceElement(options, withText));
  };
  define('porchlight-status', true);
  define('porchlight-dot', false);
}
