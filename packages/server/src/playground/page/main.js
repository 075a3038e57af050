import { createCard } from './card.js';
import { setText } from './dom.js';
import { FrameLog } from './frame-log.js';
import { showLog } from './log-view.js';
import { narrate } from './narrate.js';
import { fetchFacts } from './server.js';
import { createSignIn } from './sign-in.js';
import { Street } from './street.js';

const TICK_MS = 1_000;
const ASK_AGAIN_MS = 2_000;

const now = document.getElementById('now');
const log = new FrameLog();
const street = new Street(log);

/** The server may be starting, or restarting. */
async function untilThere() {
  for (;;) {
    try {
      return await fetchFacts();
    } catch {
      setText(now, 'Waiting for the server…');
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

function showPeople(facts) {
  const cards = new Map();
  const place = document.getElementById('people');
  const empty = document.getElementById('empty');
  const tally = document.getElementById('tally');

  const update = () => {
    const at = Date.now();
    for (const { update: draw } of cards.values()) draw(at);
    const here = street.people.filter(({ line }) => line === 'here').length;
    setText(tally, `${street.people.length} signed in, ${here} connected`);
    empty.hidden = street.people.length > 0;
  };
  let drawing = false;
  const updateSoon = () => {
    if (drawing) return;
    drawing = true;
    queueMicrotask(() => {
      drawing = false;
      update();
    });
  };
  street.addEventListener('joined', ({ detail: person }) => {
    const card = createCard(person, { street, facts });
    cards.set(person, card);
    place.append(card.card);
    person.addEventListener('change', updateSoon);
  });
  street.addEventListener('removed', ({ detail: person }) => {
    cards.get(person)?.card.remove();
    cards.delete(person);
    updateSoon();
  });
  // The sentence at the top has no running seconds: it is read aloud to those who do not see it.
  street.addEventListener('news', ({ detail: person }) => {
    if (person.line !== 'joining') setText(now, narrate(person, { facts, others: street.othersOf(person), now: Date.now() }));
  });
  setInterval(update, TICK_MS);
}

const facts = await untilThere();
showPeople(facts);
showLog(log, street);
createSignIn(street, facts);
street.begin(facts.dialects);
