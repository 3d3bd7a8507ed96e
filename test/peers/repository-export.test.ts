import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { ulidMaker } from '#core/ids.ts'
import type { PointSubject } from '#core/points/subject.ts'
import { openRepository } from '#repository/index.ts'
import { PASSPHRASE, repoTool } from '#test/support/repo-tool.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { uuidOf, vmMetadata } from '#test/support/vm-metadata.ts'

const MiB = 1024 * 1024
/** Data, holes, data, and an end that is no whole chunk, no whole VHD block and no whole cylinder. */
const disk = Buffer.concat([randomBytes(2 * MiB), Buffer.alloc(7 * MiB), randomBytes(MiB + 69_632)])

const tool = repoTool()
const { path, run } = tool

beforeAll(async () => {
  tool.write('disk.raw', disk)
  await run('init', '--recovery-kit-file', path('kit'))
  await run('import-image', path('disk.raw'), '--name', 'disk', '--chunk-size', '256K')
  await writeVm()
})
afterAll(() => tool.remove())

/** A point as a gateway makes it, of a VM whose two disks are the image and nothing. */
const writeVm = async () => {
  const repository = await openRepository({
    store: await openObjectStore(`file:${path('repository')}`),
    unlock: { passphrase: PASSPHRASE },
    clock: systemClock,
    random: systemRandom,
  })
  const vm = vmMetadata()
  const jobId = ulidMaker({ clock: systemClock, random: systemRandom })()
  const writer = await repository.beginPoint({ jobId, vmUuid: vm.uuid })
  for (const [n, bytes] of [disk, Buffer.alloc(3 * MiB)].entries()) {
    const writing = await writer.disk({ diskId: uuidOf(n), size: bytes.length, keep: false })
    if (n === 0) await writing.write(0, Buffer.from(bytes))
    await writing.finish()
  }
  const subject: PointSubject = {
    format: 1,
    pool: { uuid: uuidOf(700), name: 'pool', version: 'XenServer 8' },
    taken: Date.now(),
    powerState: 'Running',
    consistency: 'crash',
    vm,
    disks: [0, 1].map(n => ({
      ...{ vdiUuid: uuidOf(n), name: `disk ${n}`, userdevice: String(n), rung: 'vhd' as const },
      ...{ incremental: false, reasons: [], bytesRead: 0 },
    })),
    skipped: [],
    notes: [],
  }
  await writer.commit(subject)
  await repository.close()
}

describeWithTools(['qemu-img'], 'exports and qemu-img', () => {
  test('a VHD is the disk, in its exact size, without a hint to the reader', async () => {
    expect(
      (await run('export', 'latest:disk', '--format', 'vhd', '-o', path('o.vhd'))).exitCode,
    ).toBe(0)
    const files = [path('disk.raw'), path('o.vhd')]
    const said = await runTool('qemu-img', 'compare', '-f', 'raw', '-F', 'vpc', ...files)
    expect(said).toContain('Images are identical')
    const info = JSON.parse(await runTool('qemu-img', 'info', '--output=json', path('o.vhd')))
    expect(info['virtual-size']).toBe(disk.length)
  })

  test('every disk of a VM, by its number', async () => {
    const args = ['latest:db <01> & "co"', '--disk', '0', '--format', 'vhd', '-o', path('vm.vhd')]
    expect(await run('export', ...args)).toMatchObject({ exitCode: 0, stderr: '' })
    const files = [path('disk.raw'), path('vm.vhd')]
    const said = await runTool('qemu-img', 'compare', '-f', 'raw', '-F', 'vpc', ...files)
    expect(said).toContain('Images are identical')
    const both = await run('export', `latest:${uuidOf(500)}`, '-o', path('vm.raw'))
    expect(both.stderr).toContain('has 2 disks: 0 "disk 0", 1 "disk 1".')
  })
})

describeWithTools(['xva-img', 'tar'], 'exports and xva-img', () => {
  // xva-img 1.4.2 knows only the checksums that hosts before 8.1 wrote.
  test('finds both disks in an XVA', async () => {
    const args = [`latest:${uuidOf(500)}`, '--format', 'xva', '--checksum', 'sha1']
    expect((await run('export', ...args, '-o', path('vm.xva'))).exitCode).toBe(0)
    await runTool('mkdir', path('unpacked'))
    await runTool('tar', '-C', path('unpacked'), '-xf', path('vm.xva'))
    // Without rights to write: the mode in the archive is 0400.
    await runTool('chmod', '-R', 'u+rwX', path('unpacked'))
    const ova = readFileSync(path('unpacked/ova.xml'), 'utf8')
    expect(ova).toContain('db &lt;01&gt; &amp; &quot;co&quot;')
    for (const [n, expected] of [disk, Buffer.alloc(3 * MiB)].entries()) {
      const directory = `${path('unpacked')}/Ref:${1000 + n}/`
      await runTool('xva-img', 'disk-export', directory, path(`back-${n}.raw`))
      expect(readFileSync(path(`back-${n}.raw`)).equals(expected)).toBe(true)
    }
  })
})
