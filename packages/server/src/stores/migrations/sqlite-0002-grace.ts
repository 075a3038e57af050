/** Finds the links that were lost and within their grace when a node ended; at any time few are. */
export const grace = `
CREATE INDEX sessions_in_grace ON sessions (node_id) WHERE kind = 'link' AND lease_until_at IS NOT NULL;
`;
