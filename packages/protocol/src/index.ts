export * from './codes.ts';
export * from './frames.ts';
export * from './last-seen.ts';
export * from './presence-record.ts';
export * from './user-id.ts';
