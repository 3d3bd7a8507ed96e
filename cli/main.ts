import { useCompileCache } from './compile-cache.ts'

// Before anything else is loaded: what comes now is what the cache is for.
useCompileCache(process.env)
await import('./start.ts')
