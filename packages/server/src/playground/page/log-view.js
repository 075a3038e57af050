import { element, setText } from './dom.js';
import { timeOf } from './times.js';

/** More rows than anybody scrolls through, few enough for a phone. */
const ROWS_MAX = 150;
const ARROWS = { in: '←', out: '→', note: '•' };
const DIRECTIONS = { in: 'received', out: 'sent', note: 'note' };

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function row(frame) {
  const head = element(
    'span',
    { className: 'head' },
    element('time', {}, timeOf(frame.at)),
    element('span', { className: 'arrow', title: DIRECTIONS[frame.direction] }, ARROWS[frame.direction]),
    element('span', { className: 'visually-hidden' }, DIRECTIONS[frame.direction]),
    element('b', {}, frame.person),
    element('span', { className: 'event' }, frame.event),
  );
  const tail = element(
    'span',
    { className: 'tail' },
    element('span', { className: 'dialect' }, frame.dialect),
    element('code', {}, frame.json.slice(0, 200)),
  );
  const summary = element('summary', {}, head, tail);
  const details = element('details', {}, summary);
  // The long form is made when somebody looks: most frames are never opened.
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(element('pre', {}, pretty(frame.json) || '(no payload)'));
  });
  return element('li', { 'data-direction': frame.direction, 'data-bad': /error|exception|refused/i.test(frame.event) }, details);
}

/** Shows the log, newest first, as far as the filter lets it through. */
export function showLog(log, street) {
  const list = document.getElementById('frames');
  const tally = document.getElementById('log-tally');
  const form = document.getElementById('log-tools');
  const { text, person, direction, pause, clear, quiet, aloud } = form.elements;
  /** The last frame that is shown while the log is paused; Infinity while it is not. */
  let pausedAt = Number.POSITIVE_INFINITY;
  let shownNumber = 0;
  let drawing = false;

  const matches = (frame) => {
    const wanted = text.value.trim().toLowerCase();
    return (
      (quiet.checked || !frame.quiet) &&
      (person.value === '' || frame.person === person.value) &&
      (direction.value === '' || frame.direction === direction.value) &&
      (wanted === '' || `${frame.person} ${frame.dialect} ${frame.event} ${frame.json}`.toLowerCase().includes(wanted))
    );
  };

  const draw = () => {
    drawing = false;
    const { frames, dropped } = log;
    const kept = `${frames.length} frame${frames.length === 1 ? '' : 's'}${dropped > 0 ? ` (${dropped} older ones dropped)` : ''}`;
    setText(tally, Number.isFinite(pausedAt) ? `paused; ${kept}` : kept);
    const fresh = frames.filter((frame) => frame.number > shownNumber && frame.number <= pausedAt && matches(frame));
    shownNumber = Math.min(pausedAt, frames.at(-1)?.number ?? shownNumber);
    list.prepend(...fresh.slice(-ROWS_MAX).reverse().map(row));
    while (list.childElementCount > ROWS_MAX) list.lastElementChild.remove();
  };
  // Many frames come in one turn of a storm: they are drawn together.
  const drawSoon = () => {
    if (drawing) return;
    drawing = true;
    setTimeout(draw, 50);
  };
  const drawAll = () => {
    list.replaceChildren();
    shownNumber = 0;
    draw();
  };

  log.addEventListener('change', drawSoon);
  form.addEventListener('submit', (event) => event.preventDefault());
  for (const field of [text, person, direction, quiet]) field.addEventListener('input', drawAll);
  aloud.addEventListener('input', () => list.setAttribute('aria-live', aloud.checked ? 'polite' : 'off'));
  clear.addEventListener('click', () => {
    log.clear();
    drawAll();
  });
  pause.addEventListener('click', () => {
    const paused = !Number.isFinite(pausedAt);
    pausedAt = paused ? (log.frames.at(-1)?.number ?? 0) : Number.POSITIVE_INFINITY;
    pause.setAttribute('aria-pressed', String(paused));
    setText(pause, paused ? 'Go on' : 'Pause');
    draw();
  });

  const offerPeople = () => {
    const chosen = person.value;
    const ids = [...new Set(street.people.map(({ id }) => id))];
    const options = ids.map((id) => element('option', { value: id }, id));
    person.replaceChildren(element('option', { value: '' }, 'everybody'), ...options);
    person.value = ids.includes(chosen) ? chosen : '';
  };
  street.addEventListener('joined', offerPeople);
  street.addEventListener('removed', offerPeople);
  offerPeople();
}
