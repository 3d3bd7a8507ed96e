/** The counts that bills are made of. */
export { counted as counts } from './counted-2026-11-23.ts'
