import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import { xvaArchive } from '#disk-formats/xva/xva.ts'
import { type Pool, startPool } from '#sim/pool.ts'
import { streamRequest } from '#test/support/stream-request.ts'
import { diskMetadata, uuidOf, vmMetadata } from '#test/support/vm-metadata.ts'

const MiB = 1024 * 1024
const VHD_BLOCK = 2 * MiB

let pool: Pool
beforeAll(async () => {
  pool = await startPool({ vms: [], tls: false, nbd: 'none', timing: { dom0Linger: 0 } })
})
afterAll(() => pool.close())

const contentOf = (bytes: Buffer): DiskContent => ({
  size: bytes.length,
  present: () => true,
  async *read() {
    yield { offset: 0, bytes }
  },
})

const archiveOf = async (
  vm: VmMetadata,
  disks: Record<string, Buffer>,
  checksum: 'xxhash' | 'sha1' = 'xxhash',
) => {
  const contents = new Map(Object.entries(disks).map(([id, bytes]) => [id, contentOf(bytes)]))
  const archive = xvaArchive(vm, contents, { checksum, time: 0 })
  const pieces = await Array.fromAsync(archive.stream(new AbortController().signal))
  return { bytes: Buffer.concat(pieces), notes: archive.notes }
}

/** Imports an archive and returns the VM's reference. */
const imported = async (body: Buffer, query = ''): Promise<string> => {
  const headers = { 'Content-Length': String(body.length) }
  const { task } = await streamRequest(pool, { line: `PUT /import?x=1${query}`, headers, body })
  expect(task.error_info).toEqual([])
  return /OpaqueRef:[0-9a-f-]+/.exec(task.result)?.[0] ?? ''
}

const disksOf = async (vm: string) => {
  const { database, disks } = pool.state
  const vbds = database
    .get('VM', vm)
    .VBDs.map(ref => database.get('VBD', ref))
    .filter(({ type }) => type === 'Disk')
  return Promise.all(
    vbds.map(async vbd => {
      const vdi = database.get('VDI', vbd.VDI)
      const bytes = await disks.read(vdi.uuid, 0, Number(vdi.virtual_size))
      return { vbd, vdi, bytes }
    }),
  )
}

const small = Buffer.alloc(192 * 1024, 5)
const large = Buffer.alloc(7 * MiB)
large.fill(6, 5 * MiB, 5 * MiB + 9)

describe('an XVA of a point, imported by the simulated host', () => {
  test.each([['xxhash'], ['sha1']] as const)(
    'is the VM with its disks, devices and settings (%s)',
    async checksum => {
      // The small disk comes first by name and number; the archive must not take its chunk as the unit.
      const disks = { [uuidOf(0)]: small, [uuidOf(1)]: large }
      const { bytes, notes } = await archiveOf(vmMetadata(), disks, checksum)
      const vm = await imported(bytes)
      const record = pool.state.database.get('VM', vm)
      expect(record).toMatchObject({
        name_label: 'db <01> & "co"',
        name_description: 'line 1\nline 2',
        power_state: 'Halted',
        is_a_template: false,
        VCPUs_max: 4,
        memory_static_max: 4294967296,
        HVM_boot_params: { order: 'cdn', firmware: 'uefi' },
        platform: { viridian: 'true' },
        bios_strings: { 'bios-vendor': 'Xen' },
        tags: ['db'],
      })
      expect(record.other_config).toMatchObject({ owner: 'Anna' })
      expect(record.other_config).not.toHaveProperty('xenkeep:job')
      const found = await disksOf(vm)
      expect(found.map(({ vbd }) => vbd.userdevice).sort()).toEqual(['0', '1'])
      for (const { vbd, vdi, bytes: read } of found) {
        const expected = vbd.userdevice === '0' ? small : large
        expect(vdi.name_label).toBe(`disk ${vbd.userdevice}`)
        expect(read.subarray(0, expected.length).equals(expected)).toBe(true)
        expect(read.length).toBe(Math.ceil(expected.length / VHD_BLOCK) * VHD_BLOCK)
      }
      expect(record.VBDs).toHaveLength(3)
      expect(record.VIFs).toHaveLength(1)
      expect(notes).toEqual([])
      expect(record.generation_id).not.toBe('0:0')
    },
  )

  test('keeps UUID and MAC address where the importer is asked to restore', async () => {
    const { bytes } = await archiveOf(vmMetadata({ uuid: uuidOf(501), disks: [diskMetadata(0)] }), {
      [uuidOf(0)]: large,
    })
    const { database } = pool.state
    const record = database.get('VM', await imported(bytes, '&restore=true'))
    expect(record.uuid).toBe(uuidOf(501))
    expect(database.get('VIF', record.VIFs[0] ?? '').MAC).toBe('02:00:00:00:00:01')
    const another = database.get('VM', await imported(bytes))
    expect(another.uuid).not.toBe(uuidOf(501))
    expect(database.get('VIF', another.VIFs[0] ?? '').MAC).not.toBe('02:00:00:00:00:01')
  })

  test('two VMs restored under their own UUIDs have devices of their own', async () => {
    const uuids = new Set<string>()
    for (const n of [502, 503]) {
      const vm = vmMetadata({ uuid: uuidOf(n), disks: [diskMetadata(0)] })
      const { bytes } = await archiveOf(vm, { [uuidOf(0)]: small })
      const { VBDs, VIFs } = pool.state.database.get('VM', await imported(bytes, '&restore=true'))
      for (const ref of VBDs) uuids.add(pool.state.database.get('VBD', ref).uuid)
      for (const ref of VIFs) uuids.add(pool.state.database.get('VIF', ref).uuid)
    }
    expect(uuids.size).toBe(6)
  })

  test('leaves out disks that the point does not hold, and a drive whose image is not here is empty', async () => {
    const cds = [
      { userdevice: '3', bootable: true, iso: { name: 'install', location: 'install.iso' } },
    ]
    const { bytes } = await archiveOf(vmMetadata({ cds }), { [uuidOf(1)]: large })
    const vm = await imported(bytes)
    const { database } = pool.state
    const vbds = database.get('VM', vm).VBDs.map(ref => database.get('VBD', ref))
    expect(vbds.map(({ type, empty }) => [type, empty]).sort()).toEqual([
      ['CD', true],
      ['Disk', false],
    ])
  })

  test('tells what an archive cannot carry', async () => {
    const { notes } = await archiveOf(vmMetadata({ vtpms: 1, hostDevices: ['A virtual GPU'] }), {})
    expect(notes.join(' ')).toMatch(/TPM.*virtual GPU/)
  })
})
