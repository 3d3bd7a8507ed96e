import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { DiskMetadata } from '#core/points/vm-metadata.ts'
import { createVdi, writeVdi } from '#gateway-agent/targets/new/new-vdi.ts'
import { addRepository } from '#sim/inventory/storage.ts'
import { clientOnPool } from '#test/support/pool-client.ts'

const MIB = 1024 * 1024
const BLOCK = 2 * MIB
const GIB = 1024 ** 3
const signal = new AbortController().signal

const named: DiskMetadata = {
  vdiUuid: '00000000-0000-4000-8000-000000000001',
  name: 'archive',
  description: '',
  size: 0,
  sharable: false,
  readOnly: false,
  tags: [],
  vdiOtherConfig: {},
  xenstoreData: {},
  userdevice: '0',
  bootable: true,
  mode: 'RW',
  unpluggable: true,
  vbdOtherConfig: {},
  qosType: '',
  qosParams: {},
}

/** A disk with data in its last block alone. */
const contentOf = (size: number, bytes: Buffer) => {
  const last = Math.ceil(size / BLOCK) - 1
  return {
    size,
    present: (block: number) => block === last,
    async *read() {
      yield { offset: last * BLOCK, bytes }
    },
  }
}

const maker = { jobId: '01JDA0000000000000000000A1', owner: '0123456789ab' }

test.each([
  ['1 TiB, as VHD', 1024 * GIB, 'vhd'],
  ['more than 1 TiB, which hosts before 7.6 break as VHD, in frames', 1026 * GIB, 'raw'],
  ['more than 2040 GiB, which no VHD can hold, in frames', 2050 * GIB, 'raw'],
])('a disk of %s', async (_, size, format) => {
  await using client = await clientOnPool({}, { storage: 'gfs2' })
  const { xapi, pool } = client
  const { state } = pool
  const [{ default_SR: sr = '' } = {}] = state.database.all('pool').values()
  const bytes = randomBytes(BLOCK)
  const content = contentOf(size, bytes)
  const { ref, uuid } = await createVdi(xapi, { disk: named, size }, sr, maker)
  const queries: Record<string, string>[] = []
  const watched: typeof xapi = {
    ...xapi,
    upload: (path, options) => {
      queries.push(options.query)
      return xapi.upload(path, options)
    },
  }
  expect(await writeVdi(watched, ref, content, { disk: named, signal })).toBe(BLOCK)
  expect(queries.map(query => query.format)).toEqual([format])
  expect((await state.disks.read(uuid, size - BLOCK, BLOCK)).equals(bytes)).toBe(true)
})

test('storage that keeps VHD only refuses what no VHD can hold, in a sentence', async () => {
  await using client = await clientOnPool({})
  const { state } = client.pool
  const sr = addRepository(state, state.hosts, 'lvmoiscsi', 'VHD only')
  const size = 2050 * GIB
  await expect(createVdi(client.xapi, { disk: named, size }, sr, maker)).rejects.toMatchObject({
    code: 'RESTORE_TARGET',
    message: `The VM cannot be restored there: the disk "archive" has ${size} bytes; a disk in VHD format ends at 2040 GiB, and this storage keeps no other.`,
  })
})
