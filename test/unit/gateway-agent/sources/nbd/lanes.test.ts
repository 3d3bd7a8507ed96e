import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { SnapshotDisk } from '#gateway-agent/sources/api.ts'
import { openNbd } from '#gateway-agent/sources/nbd/connection.ts'
import { openLanes } from '#gateway-agent/sources/nbd/lanes.ts'
import { nbdExports } from '#gateway-agent/sources/nbd/offer.ts'
import { createHostPlaces } from '#gateway-agent/sources/nbd/places.ts'
import { nbdSource } from '#gateway-agent/sources/nbd.ts'
import { ownMemory } from '#gateway-agent/sources/own-memory.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import type { NbdInfo } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const signal = new AbortController().signal
const content = randomBytes(4 * MIB)

const start = async (options: PoolOptions = {}) => {
  const client = await clientOnPool({ web: [content, content] }, { hosts: 2, ...options })
  const { disks } = await snapshotVm(client.xapi, {
    vmUuid: client.pool.vms.web as string,
    jobId: '01JDA0000000000000000000A1',
    owner: '0123456789ab',
    signal,
  })
  const [disk] = disks
  if (!disk) throw new Error('the snapshot has no disk')
  return { client, disks, disk }
}

const lanesOn = (
  xapi: Xapi,
  disk: SnapshotDisk,
  count = 1,
  more: Partial<Parameters<typeof openLanes>[0]> = {},
) =>
  openLanes({
    exports: async () =>
      (await nbdExports(xapi, disk.ref, 'tls')).map(offer => ({ ...offer, silence: 150 })),
    size: disk.size,
    disk: disk.name,
    count,
    inTurn: work => work(),
    places: createHostPlaces(12),
    signal,
    ...more,
  })

/** Addresses of the hosts whose control domains have the disk plugged. */
const pluggedAt = ({ client, disk }: Awaited<ReturnType<typeof start>>) => {
  const { database, hosts } = client.pool.state
  return [...database.all('VBD').values()]
    .filter(({ VDI, currently_attached }) => VDI === disk.ref && currently_attached)
    .map(
      ({ VM }) => hosts.find(({ ref }) => database.get('host', ref).control_domain === VM)?.address,
    )
    .sort()
}

describe('connections to NBD servers', () => {
  test('that fall silent are given up, and the same bytes asked for at another host', async () => {
    const { client, disk } = await start()
    await using _ = client
    client.fault({ kind: 'fall-silent', handler: 'nbd', bytes: MIB })
    const lanes = await lanesOn(client.xapi, disk)
    const bytes = Buffer.alloc(4 * MIB)
    const parts = [0, 1, 2, 3].map(index => bytes.subarray(index * MIB, (index + 1) * MIB))
    await Promise.all(parts.map((part, index) => lanes.read(index * MIB, part)))
    expect(bytes.equals(content)).toBe(true)
    lanes.close()
  })

  test('over a slow line bring each byte as the disk holds it', async () => {
    const { client, disk } = await start({ limits: { latencyMilliseconds: 20 } })
    await using _ = client
    const lost: Error[] = []
    const lanes = await lanesOn(client.xapi, disk, 2, { onLost: error => lost.push(error) })
    const bytes = Buffer.alloc(4 * MIB)
    const parts = [0, 1, 2, 3].map(index => bytes.subarray(index * MIB, (index + 1) * MIB))
    await Promise.all(parts.map((part, index) => lanes.read(index * MIB, part)))
    expect(bytes.equals(content)).toBe(true)
    expect(lost).toEqual([])
    lanes.close()
  })

  test('are spread over the hosts', async () => {
    const world = await start()
    await using _ = world.client
    const lanes = await lanesOn(world.client.xapi, world.disk, 2)
    await expect.poll(() => pluggedAt(world)).toEqual(['127.0.0.1', '127.0.0.2'])
    lanes.close()
  })

  test('are read from as soon as there is one, while others are opened', async () => {
    const { client, disk } = await start()
    await using _ = client
    let turns = 0
    const inTurn = <T>(work: () => Promise<T>) =>
      ++turns === 1 ? work() : new Promise<T>(() => undefined)
    const lanes = await lanesOn(client.xapi, disk, 2, { inTurn })
    const part = Buffer.alloc(MIB)
    await lanes.read(0, part)
    expect(part.equals(content.subarray(0, MIB))).toBe(true)
    expect(turns).toBe(2)
    lanes.close()
  })

  test('beyond the first are given up to a disk that has none, and had again after it', async () => {
    const world = await start({ hosts: 1 })
    await using _ = world.client
    const places = createHostPlaces(2)
    const [disk, other] = world.disks as [SnapshotDisk, SnapshotDisk]
    const lanes = await lanesOn(world.client.xapi, disk, 2, { places })
    await expect.poll(() => pluggedAt(world)).toHaveLength(2)
    const bytes = Buffer.alloc(4 * MIB)
    const parts = [0, 1, 2, 3].map(index => bytes.subarray(index * MIB, (index + 1) * MIB))
    const reading = Promise.all(parts.map((part, index) => lanes.read(index * MIB, part)))
    const others = await lanesOn(world.client.xapi, other, 1, { places })
    await reading
    expect(bytes.equals(content)).toBe(true)
    await expect.poll(() => pluggedAt(world)).toHaveLength(1)
    await others.read(0, Buffer.alloc(MIB))
    await lanes.read(0, Buffer.alloc(MIB))
    others.close()
    await expect.poll(() => pluggedAt(world)).toHaveLength(2)
    lanes.close()
    await expect.poll(() => pluggedAt(world)).toEqual([])
  })

  test('beyond the first that are not open yet are given up as well, and had again', async () => {
    const world = await start({ hosts: 1 })
    await using _ = world.client
    const all = createHostPlaces(2)
    /** All places, and when somebody waits for one. */
    const watched = () => {
      const waits = Promise.withResolvers<void>()
      const take: typeof all.take = (...args) => {
        const place = all.take(...args)
        waits.resolve()
        return place
      }
      return { places: { ...all, take }, waits: waits.promise }
    }
    const mine = watched()
    const theirs = watched()
    const [disk, other] = world.disks as [SnapshotDisk, SnapshotDisk]
    const occupant = all.takeNow(['127.0.0.1'])
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    let turns = 0
    // The third is that of the further connection once it has its place.
    const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
      if (++turns === 3) {
        reached.resolve()
        await gate.promise
      }
      return work()
    }
    const lanes = await lanesOn(world.client.xapi, disk, 2, { places: mine.places, inTurn })
    await mine.waits
    occupant?.free()
    await reached.promise
    const opening = lanesOn(world.client.xapi, other, 1, { places: theirs.places })
    await theirs.waits
    gate.resolve()
    const others = await opening
    await others.read(0, Buffer.alloc(MIB))
    await expect.poll(() => pluggedAt(world)).toHaveLength(1)
    others.close()
    await expect.poll(() => pluggedAt(world)).toHaveLength(2)
    lanes.close()
    await expect.poll(() => pluggedAt(world)).toEqual([])
  })

  test('go to another host where sixteen clients have taken all places of one', async () => {
    const world = await start()
    await using _ = world.client
    const { xapi } = world.client
    const [first, second] = await nbdExports(xapi, world.disk.ref, 'tls')
    if (!first || !second) throw new Error('the pool has too few addresses')
    const others = []
    for (let client = 0; client < 16; client++) others.push(await openNbd(first, signal))
    const lanes = await lanesOn(xapi, world.disk)
    const part = Buffer.alloc(MIB)
    await lanes.read(MIB, part)
    expect(part.equals(content.subarray(MIB, 2 * MIB))).toBe(true)
    expect(pluggedAt(world).filter(address => address === second.address)).toHaveLength(1)
    lanes.close()
    for (const other of others) other.close()
  })

  test('are closed when the job ends while they open', async () => {
    const world = await start()
    await using _ = world.client
    const stop = new AbortController()
    const places = createHostPlaces(1)
    const opening = openLanes({
      exports: () => nbdExports(world.client.xapi, world.disk.ref, 'tls'),
      size: world.disk.size,
      disk: world.disk.name,
      count: 1,
      inTurn: async work => {
        const done = await work()
        stop.abort(new Error('the job was cancelled'))
        return done
      },
      places,
      signal: stop.signal,
    })
    await expect(opening).rejects.toThrow('the job was cancelled')
    const addresses = world.client.pool.hosts.map((_, index) => `127.0.0.${index + 1}`)
    expect(addresses.map(address => places.takeNow([address])?.address)).toEqual(addresses)
    await expect.poll(() => pluggedAt(world)).toEqual([])
  })

  test('are opened one after another, for all disks of the pool', async () => {
    const { client, disks } = await start()
    await using _ = client
    let opening = 0
    let most = 0
    const watched: Xapi = {
      ...client.xapi,
      // The first step of every opening; what follows it is in the same turn.
      call: async (method, parameters, as, options) => {
        if (method !== 'VDI.get_nbd_info') return client.xapi.call(method, parameters, as, options)
        most = Math.max(most, ++opening)
        const answer = await client.xapi.call(method, parameters, as, options)
        await new Promise(resolve => setTimeout(resolve, 20)) // long enough for the other disk to come
        opening--
        return answer
      },
    }
    const all = [{ offset: 0, length: 4 * MIB }]
    await Promise.all(
      disks.map(async disk => {
        const nbd = { disk, chunkSize: MIB, transport: 'tls', rung: 'nbd' } as const
        const { open } = nbdSource(watched, nbd)
        const bytes = await applyExtents(open(all, signal, ownMemory(MIB)), Buffer.alloc(4 * MIB))
        expect(bytes.equals(content)).toBe(true)
      }),
    )
    expect(most).toBe(1)
  })

  test('that wait for a place hold up nobody who has one', async () => {
    const { client, disks } = await start({ hosts: 1 })
    await using _ = client
    let turn: Promise<unknown> = Promise.resolve()
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const mine = turn.then(work)
      turn = mine.catch(() => undefined)
      return mine
    }
    const places = createHostPlaces(1)
    const [first, second] = disks.map(disk => lanesOn(client.xapi, disk, 2, { inTurn, places }))
    // The first one asks for its second connection while the other disk waits for its first.
    const lanes = await first
    await lanes?.read(0, Buffer.alloc(MIB))
    lanes?.close()
    const other = await second
    await other?.read(0, Buffer.alloc(MIB))
    other?.close()
  })

  test('that were opened while the work was called off are closed, and their places free', async () => {
    const { client, disk } = await start({ hosts: 1 })
    await using _ = client
    const places = createHostPlaces(1)
    const stop = new AbortController()
    let turns = 0
    const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
      const done = await work()
      if (++turns === 1) stop.abort(new Error('called off'))
      return done
    }
    const opening = lanesOn(client.xapi, disk, 1, { inTurn, places, signal: stop.signal })
    await expect(opening).rejects.toThrow('called off')
    const again = await lanesOn(client.xapi, disk, 1, {
      places,
      signal: AbortSignal.timeout(2_000),
    })
    again.close()
  })

  test('that a host accepts and says nothing on end with the job, not when the host counts as dead', async () => {
    const { client, disk } = await start({ hosts: 1 })
    await using _ = client
    const reached = Promise.withResolvers<void>()
    const mute = createServer(() => reached.resolve()).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo
    const stop = new AbortController()
    const nbd = { disk, chunkSize: MIB, transport: 'tls', rung: 'nbd' } as const
    const elsewhere: Xapi = {
      ...client.xapi,
      call: async (method, parameters, as, options) => {
        const answer = await client.xapi.call(method, parameters, as, options)
        if (method !== 'VDI.get_nbd_info') return answer
        return (answer as NbdInfo[]).map(info => ({ ...info, port })) as typeof answer
      },
    }
    const read = (signal: AbortSignal) => {
      const all = [{ offset: 0, length: 4 * MIB }]
      const { open } = nbdSource(elsewhere, nbd)
      return applyExtents(open(all, signal, ownMemory(MIB)), Buffer.alloc(4 * MIB))
    }
    const reading = read(stop.signal)
    await reached.promise
    // This one waits for its turn behind the first.
    const other = new AbortController()
    const waiting = read(other.signal)
    other.abort(new Error('the other job was cancelled'))
    await expect(waiting).rejects.toThrow('the other job was cancelled')
    stop.abort(new Error('the job was cancelled'))
    await expect(reading).rejects.toThrow('the job was cancelled')
    mute.close()
  })
})
