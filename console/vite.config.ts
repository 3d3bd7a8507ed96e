import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { noEmbeddedFonts } from './build/no-embedded-fonts.ts'
import { noSorting } from './build/no-sorting.ts'
import { precompressed } from './build/precompressed.ts'
import { usedMessages } from './build/used-messages.ts'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

export default defineConfig({
  root: import.meta.dirname,
  define: { 'import.meta.env.VITE_VERSION': JSON.stringify(version) },
  plugins: [react(), noEmbeddedFonts(), noSorting(), usedMessages(), precompressed()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // One chunk holds React and the frame of the page; test/browser measures what a first visit loads.
    chunkSizeWarningLimit: 1_000,
  },
})
