/** Who sees last seen in buckets of time, and what is held back from them. Whoever is stored already never allowed it. */
export const coarse = `
ALTER TABLE users ADD COLUMN coarse_last_seen_rule TEXT NOT NULL DEFAULT 'nobody';
ALTER TABLE users ADD COLUMN coarse_seen_at INTEGER;
ALTER TABLE users ADD COLUMN coarse_until_at INTEGER;
`;
