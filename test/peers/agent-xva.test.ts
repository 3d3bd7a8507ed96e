import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readXva } from '#disk-formats/xva/read.ts'
import { xmlValue } from '#disk-formats/xva/xml-value.ts'
import { byteReader } from '#gateway-agent/sources/byte-reader.ts'
import { type Compression, decompressed } from '#gateway-agent/sources/xva/decompress.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'agent-xva-'))
afterAll(() => rmSync(folder, { recursive: true }))

const disk = Buffer.alloc(9 * MIB)
disk.fill(0x31, 100, 200)
disk.fill(0x32, 6 * MIB - 3, 6 * MIB + 3)

/** An XVA made by xva-img, which writes chunks, checksums and archive itself. */
const packaged = async (): Promise<string> => {
  const home = join(folder, 'packed')
  mkdirSync(join(home, 'Ref:7'), { recursive: true })
  const snapshot = { uuid: 'the-disk', virtual_size: String(disk.length) }
  const ova = xmlValue({ version: {}, objects: [{ class: 'VDI', id: 'Ref:7', snapshot }] })
  writeFileSync(join(home, 'ova.xml'), ova)
  writeFileSync(join(folder, 'disk.raw'), disk)
  await runTool('xva-img', 'disk-import', `${home}/Ref:7/`, join(folder, 'disk.raw'))
  const into = join(folder, 'packed.xva')
  await runTool('xva-img', 'package', into, `${home}/ova.xml`, `${home}/Ref:7/`)
  return into
}

describeWithTools(['xva-img', 'gzip', 'zstd'], 'an XVA of xva-img', () => {
  test('is read, as it is and compressed by gzip and zstd', async () => {
    const plain = await packaged()
    await runTool('gzip', '-k', '-f', plain)
    await runTool('zstd', '-q', '-f', plain, '-o', `${plain}.zst`)
    for (const [file, expected] of [
      [plain, 'none'],
      [`${plain}.gz`, 'gzip'],
      [`${plain}.zst`, 'zstd'],
    ] as const) {
      let kind: Compression | undefined
      const pieces = decompressed(createReadStream(file), file, found => {
        kind = found
      })
      const found = Buffer.alloc(disk.length)
      let complete = false
      for await (const piece of readXva(byteReader(pieces), () => true))
        if ('bytes' in piece) found.set(piece.bytes, piece.offset)
        else complete = piece.vdiUuid === 'the-disk'
      expect(kind).toBe(expected)
      expect(complete).toBe(true)
      expect(found.equals(disk), file).toBe(true)
    }
  })
})
