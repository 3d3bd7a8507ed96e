import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { poolEntry } from '#gateway-agent/pool-entry.ts'
import { type Pool, startPool } from '#sim/pool.ts'
import { quick } from '#test/support/simulated-pool.ts'

let dataDir: string
let pool: Pool
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pool-entry-'))
  pool = await startPool({ tls: true, timing: quick })
  await writeFile(join(dataDir, 'password'), `${pool.password}\n`)
})
afterEach(async () => {
  await pool.close()
  await rm(dataDir, { recursive: true, force: true })
})

const connect = () =>
  poolEntry(dataDir, {
    url: pool.hosts[0]?.url ?? '',
    user: pool.user,
    passwordFile: 'password',
    fingerprint: pool.hosts.map(host => host.certificateFingerprint),
    insecureNbd: false,
  }).connect({ remember: () => undefined })

const loseSession = () =>
  pool.state.faults.add({
    kind: 'fail-call',
    method: 'pool.get_all_records',
    error: ['SESSION_INVALID', 'OpaqueRef:x'],
  })

test('a running session logs in again with the password that the file holds then', async () => {
  const { pool: connected, close } = await connect()
  const name = await connected.readInventory()
  Object.assign(pool.state.credentials, { password: 'a new one' })

  loseSession()
  await expect(connected.readInventory()).rejects.toMatchObject({ code: 'XAPI_WRONG_PASSWORD' })

  await writeFile(join(dataDir, 'password'), 'a new one\n')
  expect(await connected.readInventory()).toEqual(name)

  await rm(join(dataDir, 'password'))
  loseSession()
  await expect(connected.readInventory()).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
  await close()
})
