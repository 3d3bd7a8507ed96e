import type { Plugin } from 'vite'

/**
 * Cloudscape's styles carry eight weights of Open Sans inside (140 KiB that do not compress) and wait for all of them. Its font stack goes on with the system's fonts,
 * which are there at once.
 */
export const noEmbeddedFonts = (): Plugin => ({
  name: 'no-embedded-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/global-styles/index.css')) return undefined
    return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null }
  },
})
