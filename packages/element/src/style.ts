import { STATUS_DOT_COLORS } from '@porchlight/client';

const colors = Object.entries(STATUS_DOT_COLORS)
  .map(([status, color]) => `:host([status=${status}]) [part=dot]{background:var(--porchlight-${status},${color})}`)
  .join('');

/*
 * Variables: `--porchlight-online`, `-away`, `-busy`, `-dnd`, `-offline`, `--porchlight-dot-size`, `--porchlight-gap`, and
 * `--porchlight-animation` for somebody who is online, which is left out for people who want less motion.
 */
export const STYLE = `:host{display:inline-flex;align-items:center;gap:var(--porchlight-gap,.4em)}:host([hidden]){display:none}\
[part=dot]{flex:none;width:var(--porchlight-dot-size,.625rem);height:var(--porchlight-dot-size,.625rem);border-radius:50%;\
box-shadow:inset 0 0 0 1px rgb(0 0 0/.45);background:var(--porchlight-offline,${STATUS_DOT_COLORS.offline})}\
:host(:not([status])) [part=dot],:host([suspect]) [part=dot]{opacity:.5}${colors}\
@media(prefers-reduced-motion:no-preference){:host([status=online]:not([suspect])) [part=dot]{animation:var(--porchlight-animation,none)}}`;
