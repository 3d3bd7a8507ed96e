import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '#adapters/system/clock.ts'
import type { Client } from '#core/contracts/client.ts'
import { FreezeSettings } from '#core/contracts/guest-settings.ts'
import { newKey } from '#gateway-agent/control/identity.ts'
import { realPatience } from '#gateway-agent/control/patience.ts'
import { freezeLine } from '#gateway-agent/guest/freeze/own-line.ts'
import { quietLog } from '#gateway-agent/guest/freeze/quiet-log.ts'
import type { GuestWork } from '#gateway-agent/guest/guest-work.ts'
import { guestAgents } from '#gateway-agent/quiesce/guest-agents.ts'
import { freePort } from '#test/support/free-port.ts'
import { loopDisk } from '#test/support/loop-disk.ts'
import { memoryLog, until } from '#test/support/patience.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const canFreeze = process.getuid?.() === 0 && existsSync('/dev/loop-control')
const VM = { uuid: 'b0cb8b2e-8c5b-4f0e-9a53-0d8f4e5a3a11', name: 'db' }

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

/** A gateway's door, the agent of an enrolled guest that waits there, and its disk. */
const site = async (seconds = 10) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'xenkeep-line-'))
  ending.push(() => rm(dataDir, { recursive: true, force: true }))
  const { cert, key } = await selfSigned('gateway')
  await writeFile(join(dataDir, 'door.pem'), cert)
  await writeFile(join(dataDir, 'door.key'), key)
  const identity = { privateKey: await newKey() }
  const guests = [{ vmUuid: VM.uuid, publicKeys: [identity.privateKey.x] }]
  const client = { call: async () => ({ guests }) } as unknown as Pick<Client, 'call'>
  const port = await freePort()
  const log = memoryLog()
  const files = { certificateFile: 'door.pem', keyFile: 'door.key' }
  const openDoor = async () => {
    const agents = await guestAgents(
      dataDir,
      { host: '127.0.0.1', port, ...files, guests: [], enrolled: 'on' },
      { client, gatewayId: () => 'x', clock: systemClock, patience: realPatience, log },
    )
    const stop = new AbortController()
    void agents.run(stop.signal)
    const close = async () => {
      stop.abort()
      await agents.close()
    }
    ending.push(close)
    return { agents, close }
  }

  const disk = await loopDisk('ext4')
  ending.push(disk.end)
  const settings = FreezeSettings.parse({
    gateway: `https://127.0.0.1:${port}`,
    fingerprint: new X509Certificate(cert).fingerprint256,
    ...{ mounts: [disk.mount], seconds },
  })
  const marks: string[] = []
  const allowed: { now: FreezeSettings | undefined } = { now: settings }
  const line = freezeLine(dataDir, {
    ...{ identity, work: {} as GuestWork, settings: async () => allowed.now },
    mark: { save: async text => void marks.push(text) },
    changed: () => undefined,
    ...{ patience: realPatience, random: () => 0, log: quietLog(log) },
  })
  const stop = new AbortController()
  const running = line.run(stop.signal)
  ending.push(async () => {
    stop.abort()
    await running
  })
  const door = await openDoor()
  await until('the line stands', () => {
    const told = line.told()
    return told !== undefined && told.problem === undefined
  })
  const provider = () => {
    const found = door.agents.find(VM)
    if (!found) throw new Error('the gateway knows no agent of this VM')
    return found
  }
  return {
    ...{ allowed, settings, disk, line, door, openDoor, provider, marks, log, stop, running },
  }
}
const freeze = { vm: VM, seconds: 10, signal: new AbortController().signal }

describe.skipIf(!canFreeze)(
  'a guest that its gateway holds still (as root, on loop devices)',
  () => {
    test('stands still in between, and the gateway hears that it did; no key was copied by anybody', async () => {
      const { disk, provider, marks } = await site()
      const frozen = await provider().freeze(freeze)
      expect(frozen).toMatchObject({ consistency: 'file-system' })
      expect(await disk.isFrozen()).toBe(true)
      expect(await frozen.thaw()).toEqual({ held: true })
      expect(await disk.isFrozen()).toBe(false)
      expect(marks).toEqual([JSON.stringify([disk.mount]), '[]'])
    })

    test('a gateway that is gone in between leaves it to thaw by itself, and finds it waiting when it is back', async () => {
      const { disk, provider, door, openDoor, line } = await site(1)
      await provider().freeze(freeze)
      await door.close()
      expect(await disk.isFrozen()).toBe(true)
      await until('it is thawed', async () => !(await disk.isFrozen()), { ms: 3_000 })
      const again = await openDoor()
      await until('the line stands again', () => line.told()?.problem === undefined)
      const frozen = await again.agents.find(VM)?.freeze(freeze)
      expect(await frozen?.thaw()).toEqual({ held: true })
    })

    test('a freeze that lasts too long has not held', async () => {
      const { disk, provider } = await site(1)
      const frozen = await provider().freeze(freeze)
      expect(frozen.seconds).toBeLessThanOrEqual(1)
      await until('it is thawed', async () => !(await disk.isFrozen()), { ms: 3_000 })
      expect(await frozen.thaw()).toMatchObject({ held: false })
    })

    test('other settings take effect while it runs: none, another mount point, and the first again', {
      timeout: 120_000,
    }, async () => {
      const { allowed, settings, disk, line, provider } = await site()
      allowed.now = undefined
      await until('it allows nothing', () => line.told() === undefined, { ms: 40_000 })
      allowed.now = { ...settings, mounts: ['/none'] }
      await until('it tells the other one', () => line.told()?.mounts[0] === '/none', {
        ms: 40_000,
      })
      await until('the line stands', () => line.told()?.problem === undefined, { ms: 40_000 })
      await expect(provider().freeze(freeze)).rejects.toThrow('which is no mount point now')
      allowed.now = settings
      await until('it tells the first one', () => line.told()?.mounts[0] === disk.mount, {
        ms: 40_000,
      })
      const frozen = await provider().freeze(freeze)
      // Not in the middle of a freeze.
      allowed.now = undefined
      expect(await disk.isFrozen()).toBe(true)
      expect(await frozen.thaw()).toEqual({ held: true })
    })

    test('an agent that is stopped in between thaws first', async () => {
      const { disk, provider, stop, running } = await site()
      await provider().freeze(freeze)
      expect(await disk.isFrozen()).toBe(true)
      stop.abort()
      await running
      expect(await disk.isFrozen()).toBe(false)
    })
  },
)
