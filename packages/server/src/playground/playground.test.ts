import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findChromium, launchChromium } from '@porchlight/testkit/chromium';
import { type RealServer, startServer } from '@porchlight/testkit/real-server';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../clock.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const PATIENCE = { timeout: 10_000, interval: 30 };

/** Those who are signed in by themselves, and one of each other dialect. */
const FIRST = ['alice', 'bob', '7'];
const OTHERS = [
  ['erin', 'smart-presence'],
  ['frank', 'user-presence'],
  ['heidi', 'online-users'],
] as const;
const EVERYBODY = [...FIRST, ...OTHERS.map(([id]) => id)];
/** How each dialect says that somebody is there, and is not. */
const WORDS: Record<string, [on: RegExp, off: RegExp]> = {
  alice: [/^online/, /^offline · lastSeenAt \d/],
  bob: [/^online: true$/, /^online: false · lastSeen: \d/],
  '7': [/^status: online$/, /^status: offline · (just now|1m ago)$/],
  erin: [/^isOnline: true$/, /^isOnline: false · lastSeen: \d/],
  frank: [/^“online”$/, /^“(Active just now|Last seen 5 minutes ago)”$/],
};

const chromium = findChromium();

describe.skipIf(chromium === undefined)('the playground in Chromium', () => {
  let browser: Browser;
  let server: RealServer;
  let page: Page;
  let moving: NodeJS.Timeout | undefined;
  /** What the browser complained of: errors on the console, uncaught ones, breaches of the policy. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  afterEach(() => clearInterval(moving));

  beforeEach(async () => {
    await start(0);
    await open();
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
  });

  /** The page counts by the machine's clock, so the server's goes along with it; a test may still make it jump. */
  async function start(port: number) {
    const clock = createManualClock(Date.now());
    server = await startServer({ playground: true, port }, { clock });
    let movedAt = Date.now();
    clearInterval(moving);
    moving = setInterval(() => {
      const at = Date.now();
      clock.advance(at - movedAt);
      movedAt = at;
    }, 10);
  }

  async function open(options: BrowserContextOptions = {}) {
    await page?.context().close();
    complaints = [];
    page = await (await browser.newContext(options)).newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.exposeFunction('complain', (text: string) => complaints.push(text));
    await page.addInitScript(
      "document.addEventListener('securitypolicyviolation', (e) => complain(e.violatedDirective + ' ' + e.blockedURI))",
    );
    await page.goto(server.url);
    for (const id of FIRST) await isConnected(id);
  }

  const card = (id: string) => page.locator(`.card[data-person="${id}"]`);
  const press = (id: string, button: string) => card(id).getByRole('button', { name: button, exact: true }).click();
  const words = (viewer: string, of: string) => card(viewer).locator(`.seen li[data-id="${of}"] code`).textContent();
  const says = (id: string) => card(id).locator('.says').textContent();
  const isConnected = (id: string) => expect.poll(() => card(id).getAttribute('data-line'), PATIENCE).toBe('here');

  async function signIn(id: string, dialect: string) {
    await page.getByLabel('Id').fill(id);
    await page.getByRole('combobox', { name: 'Dialect' }).selectOption(dialect);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await isConnected(id);
  }

  async function signInEverybody() {
    for (const [id, dialect] of OTHERS) await signIn(id, dialect);
  }

  /** Every card, in its own words, shows this person online or offline, and the one that only counts counts. */
  async function allShow(id: string, online: boolean, count?: number) {
    for (const [viewer, [on, off]] of Object.entries(WORDS))
      if (viewer !== id)
        await expect.poll(() => words(viewer, id), { ...PATIENCE, message: `${viewer} of ${id}` }).toMatch(online ? on : off);
    if (id !== 'heidi' && count !== undefined)
      await expect.poll(() => card('heidi').locator('.nobody').textContent(), PATIENCE).toContain(`count: ${count} `);
  }

  test('people of all six dialects see one another, and are told of goodbyes and returns in their own words', async () => {
    await signInEverybody();
    for (const id of EVERYBODY) await allShow(id, true);
    for (const id of EVERYBODY) {
      await press(id, 'Say goodbye');
      await allShow(id, false);
      await press(id, 'Come back');
      await allShow(id, true);
    }
    await allShow('alice', true, 6);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('a line that breaks tells nobody until the grace is over, and nobody at all if it is mended before', async () => {
    await signInEverybody();
    await allShow('bob', true, 6);
    for (const id of ['alice', 'bob', '7', 'erin', 'frank']) {
      await press(id, 'Cut the line');
      await expect.poll(() => says(id), PATIENCE).toMatch(/connection broke; nobody is told for 1[45] s/);
      await press(id, 'Come back');
      await isConnected(id);
    }
    await page.getByRole('searchbox', { name: 'Search' }).fill('user-offline');
    expect(await page.locator('.frames li').count()).toBe(0);

    await press('bob', 'Cut the line');
    await expect
      .poll(() => [...server.server.node.gateway.connections()].filter(({ identity }) => identity?.user === 'bob').length, PATIENCE)
      .toBe(0);
    server.clock.advance(15_001);
    await allShow('bob', false, 5);
    await press('bob', 'Come back');
    await allShow('bob', true, 6);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('heartbeats that stop count until the lease ends', async () => {
    await signInEverybody();
    await allShow('heidi', true, 6);
    await press('heidi', 'Stop heartbeats');
    expect(await says('heidi')).toMatch(/the last one counts for (5|4:5\d) min/);
    server.clock.advance(300_001);
    await allShow('heidi', false, 5);
  });

  test('background, away by itself, busy and a text reach those whose dialect has words for them, from any dialect', async () => {
    await signIn('nina', 'native');
    await press('nina', 'Background');
    await expect.poll(() => words('alice', 'nina'), PATIENCE).toMatch(/^away/);
    await press('nina', 'I’m here');
    await expect.poll(() => words('alice', 'nina'), PATIENCE).toMatch(/^online/);
    server.clock.advance(300_001);
    await expect.poll(() => words('alice', 'bob'), PATIENCE).toMatch(/^away/);
    await press('bob', 'I’m here');
    await expect.poll(() => words('alice', 'bob'), PATIENCE).toMatch(/^online/);
    for (const id of ['nina', 'bob', '7']) {
      await card(id).getByLabel('In own words').fill('at lunch');
      await press(id, 'Busy');
      await expect.poll(() => words('alice', id), PATIENCE).toMatch(/^busy · “at lunch”/);
      await press(id, 'Auto');
    }
    await press('bob', 'Invisible');
    await expect.poll(() => words('alice', 'bob'), PATIENCE).toMatch(/^offline/);
    await press('7', 'Appear offline');
    await expect.poll(() => words('bob', '7'), PATIENCE).toMatch(/^online: false/);
    await press('7', 'Be seen again');
    await expect.poll(() => words('bob', '7'), PATIENCE).toBe('online: true');
    expect(complaints).toEqual([]);
  });

  test('a block, and a rule, hide a person from whom they are meant for and from nobody else', async () => {
    await expect.poll(() => words('bob', 'alice'), PATIENCE).toBe('online: true');
    await card('alice').getByText('Privacy, contacts and blocks').click();
    const bob = card('alice').getByRole('group', { name: 'Bob', exact: true });
    await bob.getByLabel('blocked').check();
    await expect.poll(() => words('bob', 'alice'), PATIENCE).toBe('online: false · lastSeen: never');
    expect(await words('7', 'alice')).toBe('status: online');
    await bob.getByLabel('blocked').uncheck();
    await expect.poll(() => words('bob', 'alice'), PATIENCE).toBe('online: true');
    await card('alice').getByLabel('Who sees me online').selectOption('contacts');
    await expect.poll(() => words('7', 'alice'), PATIENCE).toMatch(/^status: offline/);
    await bob.getByLabel('contact').check();
    await expect.poll(() => words('bob', 'alice'), PATIENCE).toBe('online: true');
    expect(complaints).toEqual([]);
  });

  test('somebody types to somebody, and stops', async () => {
    await signIn('erin', 'smart-presence');
    await signIn('sam', 'smart-presence');
    await card('erin').getByText('Type to somebody').click();
    await card('erin').getByLabel('To').selectOption('sam');
    await card('erin').getByLabel('Text').fill('hello');
    await expect.poll(() => words('sam', 'erin'), PATIENCE).toMatch(/is typing…$/);
    await card('erin').getByLabel('Text').blur();
    await expect.poll(() => words('sam', 'erin'), PATIENCE).not.toMatch(/typing/);
  });

  test('rubbish is refused in words, and breaks nothing', async () => {
    await signInEverybody();
    for (const id of EVERYBODY) {
      await card(id).getByText('Send something raw, or rubbish').click();
      if (id !== 'heidi' && id !== 'alice') await card(id).getByLabel('Event').fill('no-such-event');
      await card(id)
        .getByLabel(/Payload|Frame or body/)
        .fill('{"type":"watch","set":{"__proto__":[]}');
      await press(id, 'Send');
      await expect.poll(() => says(id), PATIENCE).toMatch(/The server refused: INVALID_PAYLOAD/);
      await expect.poll(() => card(id).getAttribute('data-line'), PATIENCE).toBe('here');
      for (let count = 0; count < 5; count += 1) await press(id, 'Send rubbish');
    }
    for (const id of EVERYBODY) await allShow(id, true, 6);
    // The browser itself reports a request that was answered with 400.
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
  }, 60_000);

  test('the log holds every frame by person, direction and words, can be paused, and hides tokens', async () => {
    const rows = page.locator('.frames li');
    await page.getByRole('combobox', { name: 'Person' }).selectOption('bob');
    await page.getByRole('combobox', { name: 'Direction' }).selectOption('out');
    await expect.poll(() => rows.filter({ hasText: 'check-users-status' }).count(), PATIENCE).toBeGreaterThan(0);
    expect(await rows.filter({ hasText: 'alice' }).filter({ hasText: 'watch' }).count()).toBe(0);
    await page.getByRole('combobox', { name: 'Person' }).selectOption('');
    await page.getByRole('searchbox', { name: 'Search' }).fill('hello');
    await expect.poll(() => rows.count(), PATIENCE).toBe(1);
    await rows.locator('summary').click();
    expect(await rows.locator('pre').textContent()).toMatch(/"token": "eyJhbGci…"/);
    await page.getByRole('searchbox', { name: 'Search' }).fill('');
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await rows.count();
    await press('bob', 'I’m here');
    await expect.poll(() => page.locator('#log-tally').textContent(), PATIENCE).toMatch(/^paused/);
    expect(await rows.count()).toBe(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => rows.first().textContent(), PATIENCE).toContain('heartbeat');
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await rows.count()).toBe(0);
    expect(await page.locator('#frames').getAttribute('aria-live')).toBe('off');
  });

  test('a reload signs the same people in, and a restart of the server is survived', async () => {
    await signIn('erin', 'smart-presence');
    await page.reload();
    for (const id of [...FIRST, 'erin']) await isConnected(id);
    const { port } = server;
    await server.close();
    await expect.poll(() => says('alice'), PATIENCE).toMatch(/server does not answer/);
    await start(port);
    for (const id of [...FIRST, 'erin']) await isConnected(id);
    await expect.poll(() => words('bob', 'erin'), PATIENCE).toBe('online: true');
  }, 40_000);

  test.each([
    ['by day', { colorScheme: 'light' }],
    ['by night', { colorScheme: 'dark' }],
    ['on a phone', { ...PHONE, colorScheme: 'light' }],
  ] as const)('%s axe finds nothing, and nothing is wider than the page', async (_name, options) => {
    await open(options);
    await signIn('erin', 'smart-presence');
    await press('bob', 'Cut the line');
    await press('7', 'Busy');
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    await page.evaluate(
      'Promise.all(document.getAnimations().filter((each) => each.effect.getTiming().iterations === 1).map((each) => each.finished))',
    );
    await page.evaluate(axe);
    const violations = await page.evaluate<string[]>(
      'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((each) => [id, each.html.slice(0, 150), each.failureSummary].join(" "))))',
    );
    expect(violations).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(await page.evaluate('document.documentElement.clientWidth'));
    expect(complaints).toEqual([]);
  });
});
