/** A stream of numbers in [0, 1) that is the same for the same seed (mulberry32), so that every contestant gets the same load. */
export function randomness(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A log-normal duration: most sessions are short and a few are very long. */
export function logNormalMs(random: () => number, medianMs: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}

/** A small world (Watts and Strogatz): everybody knows the nearest, and some of the ties lead anywhere. Ties are mutual. */
export function smallWorld(users: number, contactsEach: number, rewired: number, random: () => number): number[][] {
  const contacts = Array.from({ length: users }, () => new Set<number>());
  for (let user = 0; user < users; user++) {
    for (let step = 1; step <= contactsEach / 2; step++) {
      let other = random() < rewired ? Math.floor(random() * users) : (user + step) % users;
      while (other === user || contacts[user]!.has(other)) other = Math.floor(random() * users);
      contacts[user]!.add(other);
      contacts[other]!.add(user);
    }
  }
  return contacts.map((each) => [...each]);
}
