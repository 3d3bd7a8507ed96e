// The gateway agent as it is shipped, but for the waits before it tries again: tenths of a second instead of minutes.
import { limits } from '#gateway-agent/limits.ts'

const goOnAfterMs = limits.goOnAfterMs.map(() => 150)
Object.assign(limits, { goOnAfterMs, poolRetryMs: 300 })
await import('#gateway-agent/main.ts')
