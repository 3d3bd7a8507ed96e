import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  ext4Image,
  lvmImage,
  ntfsImage,
  partitioned,
  xfsImage,
} from '#test/support/guest-images.ts'
import { repoTool } from '#test/support/repo-tool.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { describeWithTools, requireTool } from '#test/support/tools.ts'

const MiB = 1024 * 1024
const run = promisify(execFile)
const TOOLS = ['linux.uml', 'nbdfuse', 'fusermount3', 'insmod', 'lvm', 'sfdisk']
const MAKERS = ['mke2fs', 'debugfs', 'mkfs.xfs', 'mkntfs', 'ntfscp']

/* Each question boots a kernel in a process, one to five seconds: few questions, each of them for several facts. */
describeWithTools([...TOOLS, ...MAKERS], 'files of a point', () => {
  const tool = repoTool()
  const { path } = tool
  const big = Buffer.from(seededRandom(5).bytes(3 * MiB + 77))
  // Its own, so that others who run this at the same time leave it alone.
  const temporary = path('tmp')
  const outside = process.env.TMPDIR
  const leftovers = () => readdirSync(temporary)

  const files = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await tool.run('files', ...args, '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
    const entries = lines.filter(({ event }) => event === 'entry')
    return { exitCode, entries, last: lines.at(-1), stderr }
  }

  beforeAll(async () => {
    tool.host.env.PATH = process.env.PATH
    // As root the kernel runs as a user that must get there.
    chmodSync(path('.'), 0o711)
    mkdirSync(temporary)
    process.env.TMPDIR = temporary
    for (const name of ['tree/etc', 'tree/data']) mkdirSync(path(name), { recursive: true })
    tool.write('tree/etc/hostname', 'db-01\n')
    tool.write('tree/etc/new\nline', 'n')
    tool.write('tree/etc/-rf', 'dash')
    tool.write('tree/etc/übel', 'u')
    tool.write('tree/data/big', big)
    symlinkSync('/etc', path('tree/way'))
    utimesSync(path('tree/etc/hostname'), 1_600_000_000, 1_600_000_000)
    const ext4 = await ext4Image(path('ext4.raw'), 10 * MiB, path('tree'), 'rootfs')
    const ntfs = await ntfsImage(path('ntfs.raw'), 8 * MiB, {
      hosts: path('tree/etc/hostname'),
      'big.bin': path('tree/data/big'),
    })
    await partitioned(path('disk.raw'), 24 * MiB, [ext4, ntfs])
    await lvmImage(path('lvm.raw'), path('.'))
    await xfsImage(path('xfs.raw'), path('tree/data/big'))
    await run(requireTool('debugfs'), ['-w', '-R', 'feature needs_recovery', ext4])
    await tool.run('init')
    for (const name of ['disk', 'xfs', 'lvm', 'ext4'])
      await tool.run('import-image', path(`${name}.raw`), '--name', name, '--chunk-size', '64K')
  }, 60_000)
  afterAll(() => {
    if (outside === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outside
    tool.remove()
  })
  afterEach(() => expect(leftovers()).toEqual([]))

  test('volumes in partitions', async () => {
    const disk = await files('latest:disk')
    expect(disk.last).toMatchObject({
      event: 'volumes',
      volumes: [
        { name: '0p1', size: 10 * MiB, fileSystem: 'ext4', label: 'rootfs' },
        { name: '0p2', size: 8 * MiB, fileSystem: 'ntfs', label: 'WINDOWS' },
      ],
      notes: [],
    })
    // Of 24 MiB; the file alone has 3.
    expect(disk.last.fetched.bytes).toBeLessThan(MiB)
  })

  test('ext4, of a machine that ran: a list by name with every name as it is, and that it was in use', async () => {
    const { entries, last } = await files('latest:ext4', '/etc')
    expect(entries.map(({ path: name }) => name)).toEqual([
      '/etc/-rf',
      '/etc/hostname',
      '/etc/new\nline',
      '/etc/übel',
    ])
    expect(entries.find(({ path: name }) => name === '/etc/hostname')).toMatchObject({
      type: 'file',
      size: 6,
      modified: '2020-09-13T12:26:40.000Z',
      mode: '0644',
    })
    expect(last.notes).toEqual([
      { trouble: false, message: expect.stringMatching(/in use.*journal was not replayed/) },
    ])
  })

  test('ext4: a tree with modes, times and links', async () => {
    const { last, exitCode } = await files('latest:disk', '/', '--volume', '0p1', '-o', path('out'))
    expect({ exitCode, ...last }).toMatchObject({
      exitCode: 0,
      event: 'extracted',
      files: 5,
      links: 1,
    })
    expect(readFileSync(path('out/data/big')).equals(big)).toBe(true)
    expect(readFileSync(path('out/etc/new\nline'), 'utf8')).toBe('n')
    expect(readFileSync(path('out/etc/-rf'), 'utf8')).toBe('dash')
    expect(statSync(path('out/etc/hostname')).mtimeMs).toBe(1_600_000_000_000)
    expect(lstatSync(path('out/way')).isSymbolicLink()).toBe(true)
    expect(readlinkSync(path('out/way'))).toBe('/etc')
  })

  test('NTFS and xfs', async () => {
    const ntfs = await files('latest:disk', 'big.bin', '--volume', '0p2', '-o', path('ntfs'))
    expect(ntfs.exitCode).toBe(0)
    expect(readFileSync(path('ntfs/big.bin')).equals(big)).toBe(true)
    const xfs = await files('latest:xfs', '-r', '/')
    expect(xfs.entries.find(({ type }) => type === 'file')).toMatchObject({
      path: '/dir/file',
      size: big.length,
      mode: '0640',
      uid: 7,
      gid: 8,
    })
    await files('latest:xfs', 'dir', '-o', path('xfs'))
    expect(readFileSync(path('xfs/dir/file')).equals(big)).toBe(true)
  })

  test('LVM', async () => {
    await files('latest:lvm', 'file', '-o', path('lvm'))
    expect(readFileSync(path('lvm/file'), 'utf8')).toBe('inside\n')
  })

  test.each([
    [['latest:disk', '/etc'], 'VOLUME_NOT_FOUND', /several: 0p1 0p2/],
    [['latest:lvm', '/etc', '--volume', 'nope'], 'VOLUME_NOT_FOUND', /nope.*vg0\/root/],
    [['latest:disk', '/none', '--volume', '0p1'], 'FILE_NOT_FOUND', /\/?none/],
    [['latest:disk', '/way/passwd', '--volume', '0p1'], 'PATH_THROUGH_LINK', /\/way/],
    [['latest:disk', '../etc', '--volume', '0p1'], 'USAGE', /no "\.\."/],
    [['latest:disk', '/', '--volume', '0p1', '-o', 'OUT'], 'OUTPUT_UNWRITABLE', /not empty/],
  ])('%j is refused', async (args, code, message) => {
    const given = args.map(arg => (arg === 'OUT' ? path('tree') : arg))
    const { last, exitCode } = await files(...given)
    expect(exitCode).toBe(2)
    expect(last.error).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('a damaged chunk costs its own file only, which is left out and named', async () => {
    mkdirSync(path('other'))
    tool.write('other/ok', 'whole\n')
    tool.write('other/large', seededRandom(6).bytes(3 * MiB))
    await ext4Image(path('other.raw'), 6 * MiB, path('other'), 'other')
    const packs = () => globSync(path('repository/packs/*/*'))
    const known = packs()
    await tool.run('import-image', path('other.raw'), '--name', 'other', '--chunk-size', '64K')
    const [pack, ...more] = packs().filter(name => !known.includes(name))
    expect(more).toEqual([])
    // Nearly all of it is the large file.
    const bytes = readFileSync(pack as string)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] as number) ^ 1
    chmodSync(pack as string, 0o600)
    writeFileSync(pack as string, bytes)
    const { exitCode, last, stderr } = await files('latest:other', '/', '-o', path('rest'))
    expect(exitCode).toBe(3)
    expect(last.notes).toContainEqual({
      trouble: true,
      unread: 'large',
      message: expect.stringMatching(/left out/),
    })
    expect(stderr).toMatch(/Disk 0 "other" at byte \d+ cannot be read: .*\(OBJECT_DAMAGED\)/)
    expect(readdirSync(path('rest')).sort()).toEqual(['lost+found', 'ok'])
  })

  test('root cannot work in a directory that only root may enter, and says so', async () => {
    if (process.getuid?.() !== 0) return
    chmodSync(temporary, 0o700)
    const { last, exitCode } = await files('latest:disk')
    chmodSync(temporary, 0o755)
    expect(exitCode).toBe(1)
    expect(last.error).toMatchObject({
      code: 'GUEST_READER_FAILED',
      message: expect.stringMatching(/may not enter .*; set TMPDIR to/),
    })
  })

  test('stopped in the middle, nothing is left: no mount, no process, no file', async () => {
    const running = files('latest:disk', '/', '--volume', '0p1', '-o', path('stopped'))
    await expect.poll(() => existsSync(path('stopped')), { timeout: 20_000 }).toBe(true)
    expect(leftovers()).toHaveLength(1)
    tool.stop('SIGINT')
    expect((await running).exitCode).toBe(130)
    expect(readdirSync(path('stopped'))).toEqual([])
  })
})
