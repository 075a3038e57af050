import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('what was counted is scraped, beside the metrics of the process', async () => {
  const metrics = createMetrics();
  metrics.connections.labels('websocket', 'native').inc();
  metrics.changes.inc(3);
  metrics.flushes.inc(7);
  metrics.errors.labels({ code: 'RATE_LIMITED' }).inc();
  metrics.beforeScrape(() => metrics.usersOnline.set(42));
  const { contentType, text } = await metrics.scrape();
  expect(contentType).toMatch(/^text\/plain/);
  expect(text).toContain('porchlight_connections{transport="websocket",dialect="native"} 1');
  expect(text).toContain('porchlight_changes_total 3');
  expect(text).toContain('porchlight_flushes_total 7');
  expect(text).toContain('porchlight_errors_total{code="RATE_LIMITED"} 1');
  expect(text).toContain('porchlight_users_online 42');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
});

test('two servers in one process count apart', async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.changes.inc();
  expect((await two.scrape()).text).toContain('porchlight_changes_total 0');
});
