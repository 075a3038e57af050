export { createPresence } from '@porchlight/client';
export type { PorchlightElementOptions } from './define-porchlight-elements.ts';
export { definePorchlightElements } from './define-porchlight-elements.ts';
