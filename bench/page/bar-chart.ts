/** One bar. */
export interface Bar {
  label: string;
  value: number;
  /** As it is written beside the bar. */
  text: string;
  kind: 'ours' | 'floor' | 'peer';
}

const WIDTH = 760;
const LABEL_WIDTH = 210;
const VALUE_WIDTH = 110;
const ROW = 24;
const TOP = 58;
const FILL = { ours: '#0f766e', floor: '#94a3b8', peer: '#c2a878' } as const;
/** Follows the reader's scheme where the SVG is told of it; its own ground keeps it readable where it is not. */
const STYLE = `<style>
  text { fill: #1e293b } .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e2e8f0 } .ground { fill: #0f172a } .ours { fill: #2dd4bf } .floor { fill: #64748b } }
</style>`;
const MEANING = { ours: 'Porchlight', floor: 'floor', peer: 'peer' } as const;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function legend(bars: readonly Bar[]): string {
  const kinds = (['ours', 'floor', 'peer'] as const).filter((kind) => bars.some((bar) => bar.kind === kind));
  return kinds
    .map((kind, index) => {
      const x = LABEL_WIDTH + index * 110;
      return `<rect x="${x}" y="37" width="10" height="10" class="${kind}" fill="${FILL[kind]}"/><text x="${x + 16}" y="46">${MEANING[kind]}</text>`;
    })
    .join('');
}

/**
 * Horizontal bars from zero, as an SVG document with a text for those who do not see it. The page behind may be light or dark, so it
 * brings its own ground.
 */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const height = TOP + bars.length * ROW + 14;
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const rows = bars.map(({ label, value, text, kind }, index) => {
    const y = TOP + index * ROW;
    const length = most > 0 ? Math.max(1, (room * value) / most) : 1;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y + 3}" width="${length.toFixed(1)}" height="${ROW - 8}" rx="2" class="${kind}" fill="${FILL[kind]}"/>`,
      `<text x="${(LABEL_WIDTH + length + 8).toFixed(1)}" y="${y + 15}">${escaped(text)}</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="13">`,
    STYLE,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(bars.map(({ label, text }) => `${label}: ${text}`).join('; '))}</desc>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600">${escaped(title)}</text>`,
    legend(bars),
    ...rows,
    '</svg>\n',
  ].join('\n');
}
