import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUserId, readUserId, spellAsNumber, USER_ID_LENGTH_MAX } from './user-id.ts';

describe('[T24] user ids', () => {
  test('[S21.1] ordinary ids of 1 to 128 characters are taken as they are', () => {
    for (const id of ['a', '7', 'ann@example.com', 'auth0|5f', 'Zoë', '田中', 'a b', '😀', 'x'.repeat(USER_ID_LENGTH_MAX)])
      expect(isUserId(id), id).toBe(true);
  });

  test('[S21.1] what looks like another id, breaks a line or a key, or is too long is not', () => {
    const bad = [
      '',
      'x'.repeat(USER_ID_LENGTH_MAX + 1),
      ' a',
      'a ',
      'a\n',
      'a\0b',
      '\ud800',
      'a\udc00b',
      'e\u0301',
      '\u202eann',
      'a\u200bb',
      'a\u2028b',
      '\ue000',
      '\ufeffa',
      '\u00ad',
      'a\u0085b',
    ];
    for (const id of bad) expect(isUserId(id), JSON.stringify(id)).toBe(false);
    for (const id of [7, null, undefined, true, {}, ['a'], { toString: () => 'a' }, Symbol('a'), 7n]) expect(isUserId(id)).toBe(false);
  });

  test('[S21.2] a whole number from 0 to 2^53 - 1 is the same user as its decimal string; no other number is anybody', () => {
    for (const [value, id] of [
      [0, '0'],
      [7, '7'],
      [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ] as const)
      expect(readUserId(value)).toBe(id);
    for (const value of [-1, 1.5, -0, 2 ** 53, 2 ** 53 + 2, Number.NaN, Number.POSITIVE_INFINITY])
      expect(readUserId(value)).toBeUndefined();
  });

  test('[S21.2] ids go back as numbers only where that gives the same id', () => {
    for (const id of ['7', '0', '9007199254740991']) expect(spellAsNumber(id)).toBe(Number(id));
    for (const id of ['07', '-1', '1.5', '1e3', '9007199254740993', '', 'ann', ' 7', '٧']) expect(spellAsNumber(id)).toBe(id);
    fc.assert(fc.property(fc.string(), (id) => String(spellAsNumber(id)) === id));
  });

  test('[S21.1] two different ids stay different as UTF-8 and in normal form C', () => {
    const id = fc.string({ unit: 'binary', maxLength: 4 }).filter(isUserId);
    fc.assert(
      fc.property(id, id, (a, b) => {
        const bytes = (text: string) => Buffer.from(text.normalize('NFC')).toString('hex');
        expect(bytes(a) === bytes(b)).toBe(a === b);
      }),
    );
  });
});
