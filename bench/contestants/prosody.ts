import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userId } from '../load/bench-user.ts';
import { freePort } from '../server-process.ts';
import type { Accounts, Contestant } from './contestant.ts';
import { rosters, SIGN_INS, XMPP_HOST, XMPP_PASSWORD, xmppWire } from './xmpp-wire.ts';

const configuration = (port: number, folder: string) => `
run_as_root = true
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
storage = "internal"
authentication = "internal_plain"
modules_enabled = { "roster", "saslauth", "ping" }
modules_disabled = { "s2s", "tls", "offline" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
network_settings = { tcp_backlog = 4096 }
log = { { levels = { min = "error" }, to = "console" } }
VirtualHost "${XMPP_HOST}"
`;

/** The files in which Prosody's internal storage keeps accounts and rosters. */
async function writeAccounts(folder: string, accounts: Accounts): Promise<void> {
  const host = join(folder, 'data', XMPP_HOST);
  await mkdir(join(host, 'accounts'), { recursive: true });
  await mkdir(join(host, 'roster'), { recursive: true });
  for (const [user, entries] of rosters(accounts.users, accounts.watchedBy).entries()) {
    await writeFile(join(host, 'accounts', `${userId(user)}.dat`), `return { ["password"] = "${XMPP_PASSWORD}"; };\n`);
    const lines = entries.map(
      ({ other, subscription }) => `["${userId(other)}@${XMPP_HOST}"] = { ["subscription"] = "${subscription}"; ["groups"] = {}; };`,
    );
    await writeFile(join(host, 'roster', `${userId(user)}.dat`), `return { [false] = { ["version"] = 1; }; ${lines.join('\n')} };\n`);
  }
}

/** Prosody, the XMPP server in Lua. */
export const prosody: Contestant = {
  name: 'Prosody',
  kind: 'peer',
  slow: true,
  lacks: 'tokens, last seen across restarts without a module, grace, one view of several devices, batching',
  spares: 'a stanza over bare TCP, and nothing stored but the roster: no token, no last seen',
  declines(scenario, users) {
    if (scenario === 'b') return 'a round is 150,000 deliveries, which take it 40 s of CPU';
    if (users <= 3_000) return undefined;
    if (scenario === 'd') return 'it takes 1.5 ms of CPU a sign-in, too long for the time of a row';
    return scenario === 'g' ? SIGN_INS : undefined;
  },
  async server(folder, accounts) {
    if (spawnSync('sh', ['-c', 'command -v prosody']).status !== 0) return { skip: 'prosody is not installed' };
    const port = await freePort();
    await writeAccounts(folder, accounts);
    const file = join(folder, 'prosody.cfg.lua');
    await writeFile(file, configuration(port, folder));
    return { command: 'prosody', args: ['--config', file, '-F'], port };
  },
  wire: xmppWire,
};
