// The gateway agent as it is shipped, but for its waits: it tries again after tenths of a second instead of minutes, and gives up hosts
// that say nothing after seconds.
import { limits } from '#gateway-agent/limits.ts'
import { realTimeouts } from '#gateway-agent/xapi/timeouts.ts'

const goOnAfterMs = [150, 150, 150]
Object.assign(limits, { goOnAfterMs, poolRetryMs: 300 })
Object.assign(realTimeouts, { nbd: 20_000, stream: 20_000, verdict: 20_000 })
await import('#gateway-agent/main.ts')
