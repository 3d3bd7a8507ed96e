import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDiskStore, type DiskStore } from '#sim/disks/disk-store.ts'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { readVhd } from '#sim/formats/vhd/read-vhd.ts'
import { writeVhd } from '#sim/formats/vhd/write-vhd.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MIB = 1024 * 1024
const SIZE = 12 * MIB

let folder: string
let store: DiskStore
const path = (name: string) => join(folder, name)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vhd-peers-'))
  store = createDiskStore(folder)
  store.createEmpty('live', SIZE)
  await store.write('live', 0, Buffer.from('boot sector'))
  await store.write('live', 5 * MIB - 9, Buffer.alloc(3 * MIB, 0x77))
  store.snapshot('live', 'first')
  await store.write('live', 11 * MIB, Buffer.from('written after the snapshot'))
  store.snapshot('live', 'second')
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function save(name: string, id: string, base?: string): Promise<Buffer> {
  const blocks = base ? await store.differingBlocks(base, id) : await store.allocatedBlocks(id)
  const parent = { uuid: Buffer.alloc(16, 0xcd), path: `/sr/${base}.vhd` }
  const pieces: Buffer[] = []
  const read = (offset: number, length: number) => store.read(id, offset, length)
  for await (const piece of writeVhd({ size: SIZE, blocks, read, ...(base ? { parent } : {}) })) {
    pieces.push(piece)
  }
  const vhd = Buffer.concat(pieces)
  writeFileSync(path(name), vhd)
  return vhd
}
/** QEMU trusts the geometry unless it knows the creator; XenServer's readers take the exact size. */
const vpc = (name: string) => `driver=vpc,force_size_calc=current_size,file.filename=${path(name)}`

describeWithTools(['qemu-img'], 'qemu-img', () => {
  test('reads a full export back to the same bytes', async () => {
    await save('full.vhd', 'second')
    writeFileSync(path('disk.raw'), await store.read('second', 0, SIZE))
    const said = await runTool(
      'qemu-img',
      'compare',
      '--image-opts',
      vpc('full.vhd'),
      `driver=raw,file.filename=${path('disk.raw')}`,
    )
    expect(said).toContain('Images are identical')
  })

  test('finds in a difference the current content of the blocks that changed, and no others', async () => {
    const vhd = await save('diff.vhd', 'second', 'first')
    // QEMU has no differencing VHDs, so the same image is shown to it as a dynamic one.
    for (const at of [0, vhd.length - 512]) {
      vhd.writeUInt32BE(3, at + 60)
      vhd.writeUInt32BE(vhd.readUInt32BE(at + 64) + 1, at + 64)
    }
    writeFileSync(path('diff.vhd'), vhd)
    const expected = Buffer.alloc(SIZE)
    ;(await store.read('second', 10 * MIB, 2 * MIB)).copy(expected, 10 * MIB)
    writeFileSync(path('expected.raw'), expected)
    const said = await runTool(
      'qemu-img',
      'compare',
      '--image-opts',
      vpc('diff.vhd'),
      `driver=raw,file.filename=${path('expected.raw')}`,
    )
    expect(said).toContain('Images are identical')
  })

  test('writes VHDs that we import', async () => {
    const content = await store.read('second', 0, SIZE)
    writeFileSync(path('disk.raw'), content)
    await runTool(
      'qemu-img',
      'convert',
      '-f',
      'raw',
      '-O',
      'vpc',
      '-o',
      'subformat=dynamic,force_size=on',
      path('disk.raw'),
      path('qemu.vhd'),
    )
    store.createEmpty('target', SIZE)
    const reader = new ForwardReader(createReadStream(path('qemu.vhd')))
    await readVhd(reader, statSync(path('qemu.vhd')).size, (offset, data) =>
      store.write('target', offset, data),
    )
    expect((await store.read('target', 0, SIZE)).equals(content)).toBe(true)
  })
})

describeWithTools(['vhdiinfo'], 'libvhdi', () => {
  test('accepts headers and checksums of a full image', async () => {
    await save('full.vhd', 'second')
    const info = await runTool('vhdiinfo', path('full.vhd'))
    expect(info).toMatch(/Disk type\s*: Dynamic/)
    expect(info).toContain(`(${SIZE} bytes)`)
  })

  test('sees whose difference an image is', async () => {
    await save('diff.vhd', 'second', 'first')
    const info = await runTool('vhdiinfo', path('diff.vhd'))
    expect(info).toMatch(/Disk type\s*: Differential/)
    expect(info).toContain('cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd')
    expect(info).toContain('/sr/first.vhd')
  })
})
