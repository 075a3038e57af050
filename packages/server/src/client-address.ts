import { BlockList, isIP } from 'node:net';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** Chains of proxies are short; a longer header was made up. */
const HOPS_MAX = 16;

/** `1.2.3.4` or eight groups of an IPv6 address; undefined when the text is neither. An IPv4 address in IPv6 clothes is undressed. */
function parseAddress(text: string): string | number[] | undefined {
  // A zone (`%eth0`) is of this machine's own, and says nothing of the client.
  const [bare = ''] = text.split('%');
  const family = isIP(bare);
  if (family !== 6) return family === 4 ? bare : undefined;
  // The URL parser writes every form in hexadecimal groups, with at most one `::`.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped
    ? groups
        .slice(6)
        .flatMap((group) => [group >> 8, group & 0xff])
        .join('.')
    : groups;
}

/** The name of an address under which its connections are counted: an IPv4 address itself, of IPv6 the /64, since a single line has all of it. */
function countedAs(address: string | number[]): string {
  if (typeof address === 'string') return address;
  return `${address
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

function createProxyList(entries: readonly string[]): (address: string | number[]) => boolean {
  const list = new BlockList();
  for (const entry of entries.flatMap((each) => (each === 'loopback' ? LOOPBACK : [each]))) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family);
  }
  return (address) => {
    if (typeof address === 'string') return list.check(address, 'ipv4');
    return list.check(address.map((group) => group.toString(16)).join(':'), 'ipv6');
  };
}

/** An entry of `X-Forwarded-For`, without the port and brackets that some proxies add. */
function withoutPort(entry: string): string {
  const text = entry.trim();
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}

/**
 * How to tell where a connection comes from, for limits an address: the peer, or, while that is one of `trustedProxies`, who it says it
 * speaks for. `X-Forwarded-For` is read from its end, because everything before the first address that is not a trusted proxy may have been
 * written by the client itself. The result is a name to count by, not an address to connect to.
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const isProxy = createProxyList(trustedProxies);
  return (peer: string | undefined, forwardedFor: string | readonly string[] | undefined): string => {
    let address = parseAddress(peer ?? '');
    if (address === undefined) return 'unknown';
    if (trustedProxies.length === 0 || forwardedFor === undefined) return countedAs(address);
    const hops = String(forwardedFor).split(',').slice(-HOPS_MAX);
    for (let hop = hops.pop(); hop !== undefined && isProxy(address); hop = hops.pop()) {
      const before = parseAddress(withoutPort(hop));
      if (before === undefined) break;
      address = before;
    }
    return countedAs(address);
  };
}
