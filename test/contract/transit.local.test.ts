import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localTransit } from '#adapters/fs/transit.ts'
import { listenHttp } from '#local/http-front.ts'
import { transitDoor } from '#local/transit-door.ts'
import { testApi } from '#test/support/call-api.ts'
import { testTransit } from './transit.ts'

testTransit('this machine, over HTTP', async () => {
  let now = Date.now()
  const folder = await mkdtemp(join(tmpdir(), 'transit-'))
  const transit = localTransit({ folder, clock: { now: () => now }, reserve: 0 })
  const { ports } = await testApi()
  const front = await listenHttp(
    ports,
    { host: '127.0.0.1', port: 0 },
    { transit: transitDoor(transit) },
  )
  const at = (url: string) => new URL(url, front.url)
  return {
    transit,
    put: async (url, bytes) => {
      const answer = await fetch(at(url), { method: 'PUT', body: Buffer.from(bytes) })
      await answer.arrayBuffer()
      return answer.status
    },
    get: async url => {
      const answer = await fetch(at(url))
      return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
    },
    spoil: url => [
      url.replace(/signature=./, found => `signature=${found.endsWith('A') ? 'B' : 'A'}`),
      url.replace(/&signature=.*/, ''),
      url.replace(/until=\d+/, 'until=99999999999999'),
      url.replace(/bytes=\d+/, 'bytes=2'),
      url.replace(/\/(\d+)\?/, '/9$1?'),
      url.replace(/0B\//, '0C/'),
    ],
    wait(ms) {
      now += ms
    },
    async close() {
      await front.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})
