/** The time of day, as `10:54:31`, of an ISO text or epoch milliseconds; `never` of null. */
export function timeOf(at) {
  if (at === null || at === undefined) return 'never';
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}

/** `just now`, `3m ago`, `2h ago`, `yesterday`, as apps of the dialect `user-status` write last seen. */
export function shortAgo(iso, now) {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1_000);
  if (seconds < 60) return seconds < 30 ? 'just now' : '1m ago';
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? 'yesterday' : `${days}d ago`;
}

/** `12 s`, `5 min`, or `4:32 min`. */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60 === 0 ? '' : `:${String(seconds % 60).padStart(2, '0')}`;
  return `${Math.floor(seconds / 60)}${rest} min`;
}
