import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { WireCompression } from '#core/contracts/jobs.ts'
import { ownerOf } from '#core/points/marks.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { recordsOf, TaskRecord } from '#gateway-agent/xapi/records.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { agentOnPool } from '#test/support/repository/agent-on-pool.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

const MIB = 1024 * 1024

/** Half of it compresses to nothing. */
const image = (size: number, holes: [number, number][] = []) => {
  const bytes = randomBytes(size)
  bytes.fill(0x61, 0, size / 2)
  for (const [from, to] of holes) bytes.fill(0, from, to)
  return bytes
}

/** A VM with three disks, a repository, and what became of a backup of the one into the other. */
const world = async (options: PoolOptions = {}) => {
  const disks = [
    image(6 * MIB, [[2 * MIB, 5 * MIB]]),
    image(3 * MIB + 512 * 1024),
    image(4 * MIB, [[0, 4 * MIB]]),
  ]
  const agent = await agentOnPool({ web: disks }, options)
  const { repository, jobId } = await newRepository(emptyStore(), { seed: 7 })
  const { xapi, fault } = agent.client
  return {
    fault,
    agent,
    back: (wire?: WireCompression) =>
      agent.backUp('web', { jobId: jobId(), repository, ...(wire && { wire }) }),
    /** Compares what comes back with the disks, and looks for leftovers. */
    prove: async (pointId: string) => {
      const restored = await agent.restore('web', { jobId: jobId(), pointId, repository })
      for (const [index, content] of agent.imagesOf('web').entries())
        expect(restored[index]?.subarray(0, content.length).equals(content), `disk ${index}`).toBe(
          true,
        )
      const ours = await poolOfXapi(xapi).listOurs(ownerOf(repository.id))
      expect(ours.every(({ baseOf }) => baseOf !== undefined)).toBe(true)
      const tasks = await xapi.call('task.get_all_records', [], recordsOf(TaskRecord))
      // Those that have no client are the host's own: of the probes of a restore.
      const names = Object.values(tasks).map(({ name_label }) => name_label)
      expect(names.filter(name => name !== 'import_raw_vdi')).toEqual([])
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  }
}

/** Lets one VM stream after the other through. */
const exports = ({ agent }: Awaited<ReturnType<typeof world>>) => {
  const seen: string[] = []
  const { download } = agent.client.xapi
  agent.client.xapi.download = async (path, options) => {
    seen.push(`${path} ${options.query.use_compression ?? 'none'}`)
    return download(path, options)
  }
  return seen
}

describe('the stream of a whole VM', () => {
  test.each<WireCompression>(['zstd', 'gzip'])(
    'all disks come in one, compressed with %s, where the job asks for it; later only changes over NBD',
    async wire => {
      await using it = await world()
      const seen = exports(it)
      const point = await it.back(wire)
      expect(seen).toEqual([`/export ${wire}`])
      expect(point.disks.map(({ rung, incremental }) => [rung, incremental])).toEqual([
        ['xva', false],
        ['xva', false],
        ['xva', false],
      ])
      for (const { reasons } of point.disks)
        expect(reasons).toContain(
          `Read from the stream of the whole VM, compressed with ${wire}, because the job asks for it.`,
        )
      // 2.75 MiB of random bytes; all disks together have 13.5 MiB.
      expect(point.bytesRead).toBeGreaterThan(2.75 * MIB)
      expect(point.bytesRead).toBeLessThan(3 * MIB)
      await it.agent.guestWrite('web', 0, 3 * MIB, randomBytes(4096))
      const next = await it.back(wire)
      expect(next.disks[0]).toMatchObject({ rung: 'cbt-nbd', incremental: true, bytesRead: MIB })
      await it.prove(next.pointId)
    },
  )

  test('the licence does not allow zstd: gzip, and said so', async () => {
    await using it = await world({ unlicensed: ['zstd'] })
    const seen = exports(it)
    const point = await it.back('zstd')
    expect(seen).toEqual(['/export gzip'])
    expect(point.disks[0]?.reasons).toContain(
      'Compressed with gzip instead of zstd, because the licence of the pool does not allow zstd.',
    )
    await it.prove(point.pointId)
  })

  test('a server that is too old for zstd sends the archive as it is: seen by its first bytes, SHA-1 beside the chunks', async () => {
    await using it = await world({ release: '8.0' })
    const point = await it.back('zstd')
    expect(point.disks[0]?.rung).toBe('xva')
    expect(point.disks[0]?.reasons).toContain(
      'Not compressed although zstd was asked for, because the host does not know it.',
    )
    await it.prove(point.pointId)
  })

  test('broken off in its middle: disks that were complete stay so, one second stream brings the others', async () => {
    await using it = await world()
    const seen = exports(it)
    it.fault({ kind: 'cut-stream', handler: 'export', bytes: 2 * MIB })
    const point = await it.back('gzip')
    expect(seen).toEqual(['/export gzip', '/export gzip'])
    expect(point.disks.every(({ rung }) => rung === 'xva')).toBe(true)
    expect(point.disks.flatMap(({ reasons }) => reasons).join()).toMatch(
      /Read again as part of the stream of the whole VM, because: export of the VM "web" failed: /,
    )
    await it.prove(point.pointId)
  })

  test('broken off behind its last disk: nothing is read again', async () => {
    await using it = await world({ release: '8.0' })
    const seen = exports(it)
    // Not compressed: so many bytes are all but the two blocks that end the archive.
    let length = 0
    const { download } = it.agent.client.xapi
    it.agent.client.xapi.download = async (path, options) => {
      const answer = await download(path, options)
      const body = async function* () {
        const pieces = await Array.fromAsync(answer.body)
        const all = Buffer.concat(pieces)
        length = all.length
        yield all.subarray(0, -1_024)
      }
      return { ...answer, body: body() }
    }
    const point = await it.back('zstd')
    expect(length).toBeGreaterThan(5 * MIB)
    expect(seen).toHaveLength(1)
    expect(point.disks.map(({ rung }) => rung)).toEqual(['xva', 'xva', 'xva'])
    expect(point.disks.flatMap(({ reasons }) => reasons).join()).not.toContain('ends too early')
    await it.prove(point.pointId)
  })

  test('an error page in the compressed data: the error that the task names, then the other ways', async () => {
    await using it = await world()
    const error = ['VDI_IO_ERROR', 'Device I/O errors']
    it.fault({ kind: 'in-band-error', handler: 'export', error, bytes: MIB, times: 2 })
    const point = await it.back('zstd')
    expect(point.disks.map(({ rung }) => rung)).toContain('map-nbd')
    expect(point.disks.flatMap(({ reasons }) => reasons).join()).toMatch(
      /Read on over NBD, because: .*VDI_IO_ERROR/,
    )
    await it.prove(point.pointId)
  })

  test('chunks without data keep a silent stream open and shift the numbers', async () => {
    await using it = await world()
    it.fault({ kind: 'keep-alive-chunk', handler: 'export', times: 3 })
    const point = await it.back('gzip')
    expect(point.disks.every(({ rung }) => rung === 'xva')).toBe(true)
    await it.prove(point.pointId)
  })

  test('the last way of all: a disk whose VHD stream is refused is read from a stream of its own', async () => {
    await using it = await world({ nbd: 'none' })
    const seen = exports(it)
    const error = ['VDI_IO_ERROR', 'Device I/O errors']
    // Two attempts for each of the three disks.
    it.fault({ kind: 'in-band-error', handler: 'export_raw_vdi', error, times: 6 })
    const point = await it.back()
    expect(seen.filter(path => path.startsWith('/export '))).toHaveLength(3)
    expect(point.disks.map(({ rung }) => rung)).toEqual(['xva', 'xva', 'xva'])
    expect(point.disks[0]?.reasons.at(-1)).toMatch(
      /^Read on as part of the stream of the whole VM, because: .*VDI_IO_ERROR/,
    )
    await it.prove(point.pointId)
  })
})
