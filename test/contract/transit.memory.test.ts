import { memoryTransit } from '#adapters/memory/transit.ts'
import { statusOf } from '#functions/middleware/problem.ts'
import { testTransit } from './transit.ts'

testTransit('memory', async () => {
  let now = 0
  const transit = memoryTransit({ clock: { now: () => now } })
  const statusFor = (error: { code?: string }) => statusOf[error.code ?? ''] ?? 500
  return {
    transit,
    put: (url, bytes) => transit.put(url, bytes).then(() => 200, statusFor),
    get: url =>
      transit.get(url).then(
        bytes => ({ status: 200, bytes }),
        error => ({ status: statusFor(error), bytes: new Uint8Array() }),
      ),
    wait(ms) {
      now += ms
    },
  }
})
