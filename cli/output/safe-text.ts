export { quoted, safeText } from '#core/safe-text.ts'
