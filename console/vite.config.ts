import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { noEmbeddedFonts } from './build/no-embedded-fonts.ts'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), noEmbeddedFonts()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // One chunk holds React and the frame of the page; test/browser measures what a first visit loads.
    chunkSizeWarningLimit: 1_000,
  },
})
