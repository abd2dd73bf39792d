// One build per entry: the dashboard and the portal share no file, so that a customer's browser loads no operator's code.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// oxlint-disable-next-line import/no-default-export -- Vite reads the default export.
export default defineConfig(({ mode: entry }) => ({
  root: `${import.meta.dirname}/${entry}`,
  base: `/${entry}/`,
  publicDir: false,
  plugins: [react()],
  build: {
    outDir: `${import.meta.dirname}/dist/${entry}`,
    emptyOutDir: true,
    // Browsers that know `light-dark()`: a copy of it for older ones follows the system only.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data URL in a style would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run dev`: the pages from their sources, beside a service that listens on its default port.
  server: { proxy: { '/v1': 'http://localhost:4080', [`/${entry}/session`]: 'http://localhost:4080' } },
}))
