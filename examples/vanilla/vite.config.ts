import { defineConfig } from 'vite';

// The page asks its own origin, and Vite passes on what is Porchlight's: as a reverse proxy would in production.
const target = process.env.PORCHLIGHT_URL ?? 'http://127.0.0.1:3000';
const porchlight = { target, changeOrigin: false, ws: true };

export default defineConfig({
  server: { host: '127.0.0.1', proxy: { '/v1': porchlight, '/playground/token': porchlight } },
});
