import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { decompress } from '#sim/formats/xva/compression.ts'
import { readDisks } from '#sim/formats/xva/read-disks.ts'
import { readOva } from '#sim/formats/xva/read-ova.ts'
import { writeDisks } from '#sim/formats/xva/write-disks.ts'
import { writeXva } from '#sim/formats/xva/write-xva.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'xva-peers-'))
afterAll(() => rmSync(folder, { recursive: true }))

const disk = Buffer.alloc(9 * MIB)
disk.fill(0x31, 100, 200)
disk.fill(0x32, 6 * MIB - 3, 6 * MIB + 3)

describeWithTools(['xva-img', 'tar'], 'xva-img', () => {
  // xva-img 1.4.2 knows only the checksums that hosts before 8.1 wrote.
  test('reads the disk out of an XVA', async () => {
    const read = async (offset: number, length: number) => disk.subarray(offset, offset + length)
    const chunks = writeDisks([{ directory: 'Ref:42', size: disk.length, read }], {
      checksums: 'sha1',
    })
    const home = join(folder, 'unpacked')
    mkdirSync(home)
    await writeFile(join(home, 'vm.xva'), writeXva('<value/>', 0, chunks))
    await runTool('tar', '-C', home, '-xf', join(home, 'vm.xva'))
    // Without rights to write: the mode in the archive is 0400.
    await runTool('chmod', '-R', 'u+rwX', home)
    await runTool('xva-img', 'disk-export', `${home}/Ref:42/`, join(home, 'disk.raw'))
    expect(readFileSync(join(home, 'disk.raw')).equals(disk)).toBe(true)
  })

  test('makes an XVA that we read', async () => {
    const home = join(folder, 'packed')
    mkdirSync(join(home, 'Ref:7'), { recursive: true })
    writeFileSync(join(home, 'ova.xml'), '<value>from xva-img</value>')
    writeFileSync(join(folder, 'disk.raw'), disk)
    await runTool('xva-img', 'disk-import', `${home}/Ref:7/`, join(folder, 'disk.raw'))
    const into = join(folder, 'packed.xva')
    await runTool('xva-img', 'package', into, `${home}/ova.xml`, `${home}/Ref:7/`)
    const raw = new ForwardReader(createReadStream(into))
    const { reader } = await decompress(raw)
    expect(await readOva(reader)).toContain('from xva-img')
    const target = Buffer.alloc(disk.length)
    const write = async (offset: number, data: Buffer) => void data.copy(target, offset)
    await readDisks(reader, [{ directory: 'Ref:7', size: disk.length, write }])
    expect(target.equals(disk)).toBe(true)
  })
})
