import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repoTool } from '#test/support/repo-tool.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { runTool } from '#test/support/run-tool.ts'
import { selfSigned } from '#test/support/self-signed.ts'
import { servedPoint } from '#test/support/served-point.ts'
import { describeWithTools, requireTool } from '#test/support/tools.ts'

const MiB = 1024 * 1024
const run = promisify(execFile)

describeWithTools(['nbdinfo', 'nbdcopy', 'qemu-img'], 'a point served over NBD', () => {
  const tool = repoTool()
  const image = Buffer.alloc(24 * MiB)
  // Data, a hole, data that ends within a chunk.
  image.set(seededRandom(3).bytes(2 * MiB), 0)
  image.set(seededRandom(4).bytes(MiB + 1000), 16 * MiB)

  beforeAll(async () => {
    tool.write('disk.raw', image)
    await tool.run('init')
    await tool.run('import-image', tool.path('disk.raw'), '--name', 'disk')
  })
  afterAll(() => tool.remove())

  test('nbdinfo sees a read-only disk and its holes; nothing is fetched for them', async () => {
    const served = await servedPoint(tool, 'latest:disk')
    const info = JSON.parse(await runTool('nbdinfo', '--json', served.uri))
    expect(info).toMatchObject({ protocol: 'newstyle-fixed', TLS: false, structured: true })
    expect(info.exports[0]).toMatchObject({
      'export-name': '0',
      'export-size': 24 * MiB,
      is_read_only: true,
      can_multi_conn: true,
      block_size_minimum: 1,
      block_size_preferred: MiB,
      block_size_maximum: 32 * MiB,
      contexts: ['base:allocation'],
    })
    const map = JSON.parse(await runTool('nbdinfo', '--map', '--json', served.uri))
    expect(map.map((e: Record<string, unknown>) => [e.offset, e.length, e.type])).toEqual([
      [0, 2 * MiB, 0],
      [2 * MiB, 14 * MiB, 3],
      [16 * MiB, 2 * MiB, 0],
      [18 * MiB, 6 * MiB, 3],
    ])
    const { exitCode, last } = await served.end()
    expect(exitCode).toBe(0)
    // The first chunk: nbdinfo looks what is on the disk.
    expect(last.fetched.bytes).toBeLessThan(2 * MiB)
  })

  test('nbdcopy, over several connections, gets the bytes of the disk; so does qemu-img', async () => {
    const served = await servedPoint(tool, 'latest:disk')
    await runTool('nbdcopy', served.uri, tool.path('copy.raw'))
    expect(readFileSync(tool.path('copy.raw')).equals(image)).toBe(true)
    await runTool('qemu-img', 'convert', '-O', 'raw', served.uri, tool.path('converted.raw'))
    expect(readFileSync(tool.path('converted.raw')).equals(image)).toBe(true)
    expect(await runTool('qemu-img', 'compare', served.uri, tool.path('disk.raw'))).toMatch(
      'Images are identical.',
    )
    expect(
      JSON.parse(await runTool('qemu-img', 'info', '--output=json', served.uri)),
    ).toMatchObject({ 'virtual-size': 24 * MiB })
    const { last } = await served.end()
    // Each chunk once, for three readers.
    expect(last.fetched.bytes).toBeLessThan(4 * MiB)
  })

  test('over TCP with TLS, and only for clients whose certificate is known', async () => {
    const server = await selfSigned('localhost')
    const client = await selfSigned('client')
    tool.write('server.pem', server.cert)
    tool.write('server.key', server.key)
    tool.write('clients.pem', client.cert)
    const folders = { known: client, stranger: await selfSigned('client') }
    for (const [name, { cert, key }] of Object.entries(folders)) {
      mkdirSync(tool.path(name))
      writeFileSync(tool.path(`${name}/ca-cert.pem`), server.cert)
      writeFileSync(tool.path(`${name}/client-cert.pem`), cert)
      writeFileSync(tool.path(`${name}/client-key.pem`), key)
    }
    const served = await servedPoint(
      tool,
      'latest:disk',
      ...['--listen', 'localhost:0', '--tls-certificate', tool.path('server.pem')],
      ...['--tls-key', tool.path('server.key'), '--tls-client-ca', tool.path('clients.pem')],
    )
    expect(served.uri).toMatch(/^nbds:\/\/localhost:\d+\/$/)
    const as = (name: string) => `${served.uri}?tls-certificates=${tool.path(name)}`
    await runTool('nbdcopy', as('known'), tool.path('secured.raw'))
    expect(readFileSync(tool.path('secured.raw')).equals(image)).toBe(true)
    await expect(runTool('nbdinfo', as('stranger'))).rejects.toThrow()
    await expect(runTool('nbdinfo', served.uri.replace('nbds:', 'nbd:'))).rejects.toThrow()
    await served.end()
  })

  const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop0')
  test.skipIf(!canMount && process.env.CI !== 'true')(
    'the kernel mounts it: nbdfuse, a loop device, ext4 (root, /dev/fuse and /dev/loop0)',
    { timeout: 60_000 },
    async () => {
      mkdirSync(tool.path('tree/etc'), { recursive: true })
      tool.write('tree/etc/hostname', 'db-01\n')
      tool.write('ext4.raw', Buffer.alloc(16 * MiB))
      await run(requireTool('mke2fs'), [
        '-qt',
        'ext4',
        '-d',
        tool.path('tree'),
        tool.path('ext4.raw'),
      ])
      await tool.run('import-image', tool.path('ext4.raw'), '--name', 'guest')
      const served = await servedPoint(tool, 'latest:guest')
      for (const name of ['fuse', 'guest']) mkdirSync(tool.path(name))
      const file = tool.path('fuse/disk.img')
      const fuse = spawn(requireTool('nbdfuse'), ['-r', file, served.uri], { stdio: 'ignore' })
      try {
        // Never a call that blocks: this very process answers what the kernel asks.
        await expect.poll(() => access(file).then(() => true), { timeout: 10_000 }).toBe(true)
        await run('mount', ['-o', 'loop,ro', file, tool.path('guest')])
        try {
          const { stdout } = await run('cat', [tool.path('guest/etc/hostname')])
          expect(stdout).toBe('db-01\n')
        } finally {
          await run('umount', [tool.path('guest')])
        }
      } finally {
        const ended = once(fuse, 'close')
        await run('umount', ['-l', tool.path('fuse')])
        await ended
      }
      await served.end()
    },
  )

  test.each([
    [['--listen', '0.0.0.0:0'], 'SERVE_CLEAR_REFUSED', /clear text/],
    [['--listen', 'nonsense'], 'USAGE', /no address/],
    [['--listen', '1', '--socket', 'x'], 'USAGE', /only one/],
    [['--insecure'], 'USAGE', /for --listen/],
    [['--listen', '1', '--tls-key', 'x'], 'USAGE', /go together/],
    [
      ['--listen', '1', '--tls-key', '/none', '--tls-certificate', '/none'],
      'TLS_FILE_INVALID',
      /ENOENT/,
    ],
    [['--socket', '/none/s'], 'LISTEN_FAILED', /offered at "\/none\/s"/],
    [['--disk', '7'], 'USAGE', /no disk/],
  ])('%j is refused', async (options, code, message) => {
    const { document, exitCode } = await tool.json('serve', 'latest:disk', ...options)
    const refused = document ?? JSON.parse('null')
    expect(exitCode).toBe(2)
    expect(refused.error).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
