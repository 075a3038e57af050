import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ID_DIGITS } from '../load/bench-user.ts';
import { freePort } from '../server-process.ts';
import type { Accounts, Contestant } from './contestant.ts';
import { rosters, SIGN_INS, XMPP_HOST, XMPP_PASSWORD, xmppWire } from './xmpp-wire.ts';

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

/**
 * Makes the records of Mnesia's tables of passwords and rosters, then says that it listens. Rosters are put into
 * memory, in its favour: the default is a table on disk, into which a hundred thousand entries take 30 s of CPU.
 */
const FILL = `
-module(fill).
-export([run/2]).
run(Terms, Port) ->
  {ok, Users} = file:consult(Terms),
  {atomic, ok} = mnesia:change_table_copy_type(roster, node(), ram_copies),
  {atomic, ok} = mnesia:del_table_index(roster, us),
  lists:foreach(fun({Number, To, From, Both}) ->
    User = name(Number),
    ok = mnesia:dirty_write({passwd, {User, <<"${XMPP_HOST}">>}, <<"${XMPP_PASSWORD}">>}),
    enter(User, To, to), enter(User, From, from), enter(User, Both, both)
  end, Users),
  {atomic, ok} = mnesia:add_table_index(roster, us),
  io:format("listening ~b~n", [Port]).
name(Number) -> iolist_to_binary(io_lib:format("u~${ID_DIGITS}..0B", [Number])).
enter(User, Others, Subscription) ->
  Host = <<"${XMPP_HOST}">>,
  lists:foreach(fun(Other) ->
    Jid = {name(Other), Host, <<>>},
    ok = mnesia:dirty_write({roster, {User, Host, Jid}, {User, Host}, Jid, <<>>, Subscription, none, [], <<>>, []})
  end, Others).
`;

/** ejabberd, the XMPP server in Erlang, on one scheduler as everybody has one core, and without its busy waiting. */
export const ejabberd: Contestant = {
  name: 'ejabberd',
  kind: 'peer',
  slow: true,
  lacks: 'tokens by default, last seen without a module, grace, one view of several devices, batching',
  spares: 'a stanza over bare TCP, and nothing stored but the roster: no token, no last seen',
  declines: (scenario, users) => (scenario === 'g' && users > 3_000 ? SIGN_INS : undefined),
  async server(folder, accounts) {
    const place = globSync(PLACES).find((each) => existsSync(each));
    if (place === undefined || spawnSync('erl', ['-noshell', '-eval', 'halt().']).error !== undefined)
      return { skip: 'ejabberd is not installed' };
    const port = await freePort();
    const file = join(folder, 'ejabberd.yml');
    const terms = join(folder, 'accounts.terms');
    await writeFile(file, configuration(port));
    await writeFile(terms, roster(accounts));
    await writeFile(join(folder, 'fill.erl'), FILL);
    const fill = `{ok, fill} = compile:file("${folder}/fill", [{outdir, "${folder}"}]), code:add_path("${folder}"), fill:run("${terms}", ${port}).`;
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
        fill,
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
