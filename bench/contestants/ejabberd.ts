import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ID_DIGITS } from '../load/bench-user.ts';
import { freePort } from '../server-process.ts';
import type { Accounts, Contestant } from './contestant.ts';
import { rosters, XMPP_HOST, XMPP_PASSWORD, xmppWire } from './xmpp-wire.ts';

/** Where Debian puts ejabberd's code, on every architecture. */
const PLACES = '/usr/lib/*/ejabberd-[0-9]*/ebin';

const configuration = (port: number) => `
hosts: [${XMPP_HOST}]
loglevel: error
auth_method: internal
auth_password_format: plain
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    backlog: 4096
modules:
  mod_roster: {}
  mod_ping: {}
`;

/** One term a user: its number, and the numbers in its roster by subscription. Small, because Erlang reads terms slowly. */
function roster(accounts: Accounts): string {
  return rosters(accounts.users, accounts.watchedBy)
    .map((entries, user) => {
      const numbers = (wanted: string) => entries.filter(({ subscription }) => subscription === wanted).map(({ other }) => other);
      return `{${user},[${numbers('to')}],[${numbers('from')}],[${numbers('both')}]}.`;
    })
    .join('\n');
}

/** Makes the records of Mnesia's tables of passwords and rosters, then says that it listens. */
const fill = (terms: string, port: number) => `
  {ok, Users} = file:consult("${terms}"),
  Name = fun(Number) -> iolist_to_binary(io_lib:format("u~${ID_DIGITS}..0B", [Number])) end,
  Host = <<"${XMPP_HOST}">>,
  Enter = fun(User, Others, Subscription) -> lists:foreach(fun(Other) ->
    Jid = {Name(Other), Host, <<>>},
    ok = mnesia:dirty_write({roster, {User, Host, Jid}, {User, Host}, Jid, <<>>, Subscription, none, [], <<>>, []})
  end, Others) end,
  lists:foreach(fun({Number, To, From, Both}) ->
    User = Name(Number),
    ok = mnesia:dirty_write({passwd, {User, Host}, <<"${XMPP_PASSWORD}">>}),
    Enter(User, To, to), Enter(User, From, from), Enter(User, Both, both)
  end, Users),
  io:format("listening ${port}~n").`;

/** ejabberd, the XMPP server in Erlang, on one scheduler as everybody has one core, and without its busy waiting. */
export const ejabberd: Contestant = {
  name: 'ejabberd',
  kind: 'peer',
  lacks: 'tokens by default, last seen without a module, grace, one view of several devices, batching',
  async server(folder, accounts) {
    const place = globSync(PLACES).find((each) => existsSync(each));
    if (place === undefined || spawnSync('erl', ['-noshell', '-eval', 'halt().']).error !== undefined)
      return { skip: 'ejabberd is not installed' };
    const port = await freePort();
    const file = join(folder, 'ejabberd.yml');
    const terms = join(folder, 'accounts.terms');
    await writeFile(file, configuration(port));
    await writeFile(terms, roster(accounts));
    const waiting = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'];
    return {
      command: 'erl',
      args: [
        '+S',
        '1:1',
        '+K',
        'true',
        '+P',
        '250000',
        ...waiting,
        '-noinput',
        '-mnesia',
        'dir',
        `"${folder}/mnesia"`,
        '-s',
        'ejabberd',
        '-eval',
        fill(terms, port),
      ],
      env: {
        EJABBERD_CONFIG_PATH: file,
        EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
        ERL_LIBS: dirname(dirname(place)),
        ERL_CRASH_DUMP: join(folder, 'crash.dump'),
        HOME: folder,
      },
    };
  },
  wire: xmppWire,
};
