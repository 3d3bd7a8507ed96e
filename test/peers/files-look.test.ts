import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { GuestListing, GuestVolumes } from '#core/contracts/files-answers.ts'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { ObjectDamagedError } from '#core/errors/repository.ts'
import { AgentStoppingError, JobCancelledError } from '#gateway-agent/control/errors.ts'
import { memoryFolder } from '#guest-files/memory-folder.ts'
import type { Repository } from '#repository/index.ts'
import { type AgentOnPool, agentOn, agentOnPool } from '#test/support/agent-on-pool.ts'
import { filesLook, RUN } from '#test/support/files-look.ts'
import { ext4Image, lvmImage, ntfsImage, partitioned } from '#test/support/guest-images.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MiB = 1024 * 1024
const TiB = 1024 ** 4
const TOOLS = ['linux.uml', 'nbdfuse', 'fusermount3', 'insmod', 'lvm', 'sfdisk', 'tar']
const MAKERS = ['mke2fs', 'mkntfs', 'ntfscp']
const MARKUP = '<img src=x onerror=alert(1)>'

/** The same, with other methods in place of its own. */
const instead = <T extends object>(one: T, other: Partial<T>): T =>
  new Proxy(one, {
    get(target, name) {
      const found = Reflect.get(name in other ? other : target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })

/** The kernel that was told of this folder: which of its files have no name, and its limit of dumps. Its helpers share both. */
const kernelBelow = (folder: string): { nameless: string[]; dumps: string } | undefined => {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const of = (name: string) => `/proc/${pid}/${name}`
    try {
      const line = readFileSync(of('cmdline'), 'utf8')
      if (!line.includes('linux.uml\0') || !line.includes(`uml_dir=${folder}/`)) continue
      const open = readdirSync(of('fd')).map(fd => readlinkSync(join(of('fd'), fd)))
      return {
        nameless: open.filter(path => path.endsWith(' (deleted)')).map(path => dirname(path)),
        dumps:
          /^Max core file size +(.*\S) +bytes/m.exec(readFileSync(of('limits'), 'utf8'))?.[1] ?? '',
      }
    } catch {
      // It has ended.
    }
  }
  return undefined
}

/* A look at the points that the agent took of guests on the simulated pool: each question boots a kernel, so a few looks with many questions. */
describeWithTools([...TOOLS, ...MAKERS], 'looks at the files of a point', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-look-'))
  const path = (name: string) => join(folder, name)
  const temporary = path('tmp')
  const outside = process.env.TMPDIR
  const big = Buffer.from(seededRandom(11).bytes(9 * MiB + 77))
  const points = new Map<string, string>()
  let agent: AgentOnPool

  beforeAll(async () => {
    chmodSync(folder, 0o711)
    for (const name of ['tmp', 'tree/etc/deep', 'tree/holes', 'tree/data'])
      mkdirSync(path(name), { recursive: true })
    writeFileSync(path('tree/etc/hostname'), 'db-01\n')
    writeFileSync(path(`tree/etc/${MARKUP}`), 'markup')
    writeFileSync(path('tree/etc/two\nlines'), 'two')
    writeFileSync(path('tree/etc/deep/empty'), '')
    writeFileSync(path('tree/data/big'), big)
    writeFileSync(path('tree/data/ok'), 'whole')
    writeFileSync(path('tree/holes/huge'), '')
    truncateSync(path('tree/holes/huge'), TiB)
    symlinkSync('/etc', path('tree/way'))
    const ext4 = await ext4Image(path('ext4.raw'), 16 * MiB, path('tree'), 'rootfs')
    const ntfs = await ntfsImage(path('ntfs.raw'), 8 * MiB, { hosts: path('tree/etc/hostname') })
    const linux = await partitioned(path('disk.raw'), 28 * MiB, [ext4, ntfs])
    const lvm = await lvmImage(path('lvm.raw'), folder)
    // A file system whose maps are noise behind a good beginning.
    const noise = Buffer.from(readFileSync(ext4))
    noise.set(seededRandom(12).bytes(64 * 1024), 4_096)
    agent = await agentOnPool({
      linux: [readFileSync(linux), readFileSync(lvm)],
      noise: [noise, Buffer.from(seededRandom(13).bytes(MiB))],
    })
    for (const vm of ['linux', 'noise']) {
      const { outcome } = await agent.run(agent.backupSpec(vm))
      if (outcome.status === 'backed-up') points.set(vm, outcome.point.pointId)
    }
    process.env.TMPDIR = temporary
  }, 60_000)
  afterAll(async () => {
    if (outside === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outside
    await agent?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => expect(readdirSync(temporary)).toEqual([]))

  const lookAt = async (
    vm: string,
    { browsing = true, env = process.env, repository = agent.repository } = {},
  ) => {
    const other = await filesLook()
    const { client, clock, patience, put } = other.options
    const files = { allowed: async () => browsing, settingsFile: '/x/settings.json', env, put }
    const looking = agentOn(agent.client, repository, agent.jobId, {
      ...{ files, client: client as never, clock, patience },
    })
    const spec = {
      kind: 'read-files' as const,
      pointId: points.get(vm) ?? '',
      vmUuid: agent.client.pool.vms[vm] ?? '',
      vmName: vm,
      publicKey: other.publicKey,
    }
    const stop = new AbortController()
    return {
      ...other,
      stop,
      end: (more = {}) => looking.run({ ...spec, ...more }, () => {}, RUN, stop.signal),
      failed: (id: string) => other.questions.get(id)?.problem,
    }
  }
  const list = (volume: string, at: string): FilesQuestion => ({ what: 'list', volume, path: at })
  const download = (volume: string, at: string): FilesQuestion => ({
    ...{ what: 'download', volume, path: at },
  })

  test('ext4, NTFS and LVM: volumes, folders, files and archives, and what is refused', async () => {
    const look = await lookAt('linux')
    const volumes = look.ask({ what: 'volumes' })
    const etc = look.ask(list('0p1', '/etc'))
    const link = look.ask(list('0p1', '/way/deep'))
    const file = look.ask(download('0p1', '/data/big'))
    const tar = look.ask(download('0p1', '/etc'))
    const empty = look.ask(download('0p1', '/etc/deep/empty'))
    const huge = look.ask(download('0p1', '/holes'))
    const lvm = look.ask(download('vg0/root', '/file'))
    const hosts = look.ask(download('0p2', '/hosts'))
    const { outcome } = await look.end()

    const found = GuestVolumes.parse(JSON.parse(String((await look.read(volumes)).data)))
    expect(found.volumes.map(({ name, fileSystem }) => `${name} ${fileSystem}`)).toEqual([
      '0p1 ext4',
      '0p2 ntfs',
      expect.stringMatching(/^vg0\/root ext/),
    ])
    const { entries, total } = GuestListing.parse(JSON.parse(String((await look.read(etc)).data)))
    expect(total).toBe(4)
    expect(entries.map(({ name, type, size }) => [name, type, size])).toEqual([
      [MARKUP, 'file', 6],
      ['deep', 'directory', expect.any(Number)],
      ['hostname', 'file', 6],
      ['two\nlines', 'file', 3],
    ])
    expect(look.failed(link)).toMatchObject({ code: 'PATH_THROUGH_LINK' })

    const whole = await look.read(file)
    expect(whole.header).toMatchObject({ type: 'file', name: 'big', size: big.length })
    expect(whole.data.equals(big)).toBe(true)
    expect(whole.trailer).toMatchObject({ bytes: big.length, unread: [] })
    expect((await look.read(empty)).data).toHaveLength(0)
    // 1 TiB of nothing is told before it is read.
    expect(look.failed(huge)).toMatchObject({
      code: 'DOWNLOAD_TOO_LARGE',
      message: expect.stringMatching(/^This holds 1.00 TiB, and 4.00 GiB can be downloaded/),
      advice: expect.stringMatching(/xenkeep files/),
    })
    expect(String((await look.read(lvm)).data)).toBe('inside\n')
    expect(String((await look.read(hosts)).data)).toBe('db-01\n')

    const archive = await look.read(tar)
    expect(archive.header).toMatchObject({ type: 'tar', name: 'etc', content: 15 })
    writeFileSync(path('etc.tar'), archive.data)
    mkdirSync(path('unpacked'))
    await runTool('tar', '-xf', path('etc.tar'), '-C', path('unpacked'))
    expect(readFileSync(path('unpacked/etc/two\nlines'), 'utf8')).toBe('two')
    expect(readdirSync(path('unpacked/etc')).sort()).toEqual([
      MARKUP,
      'deep',
      'hostname',
      'two\nlines',
    ])

    expect(outcome).toMatchObject({
      status: 'files-read',
      report: {
        ...{ questions: 9, listed: 1, downloaded: 5, ended: 'idle' },
        bytes: big.length + archive.data.length + 13,
      },
    })
    // Nothing in clear text went out, the names included.
    const sent = Buffer.concat([...look.stored.values()])
    for (const secret of ['hostname', MARKUP, 'db-01', 'rootfs'])
      expect(sent.includes(secret)).toBe(false)
  }, 240_000)

  test('a file system that is noise harms nobody: it is refused, or told as it is', async () => {
    const look = await lookAt('noise')
    const root = look.ask(list('0', '/'))
    const nothing = look.ask(list('1', '/'))
    expect((await look.end()).outcome).toMatchObject({ status: 'files-read' })
    expect(look.failed(nothing)).toMatchObject({ code: 'FILE_SYSTEM_UNKNOWN' })
    expect(['answered', 'failed']).toContain(look.questions.get(root)?.state)
  }, 120_000)

  test('what cannot be read costs its own file, which is refused by itself and named in an archive', async () => {
    const image = readFileSync(path('disk.raw'))
    const where = image.indexOf(big.subarray(4 * MiB, 4 * MiB + 4_096))
    expect(where).toBeGreaterThan(0)
    const openDisk: Repository['openDisk'] = async (point, id) => {
      const disk = await agent.repository.openDisk(point, id)
      const read: typeof disk.read = (offset, length) =>
        offset < where + 4_096 && offset + length > where
          ? Promise.reject(
              new ObjectDamagedError('packs/aa/bb', 'a tag is wrong', { offset: where }),
            )
          : disk.read(offset, length)
      return instead(disk, { read })
    }
    const repository = instead(agent.repository, { openDisk })
    const look = await lookAt('linux', { repository })
    const file = look.ask(download('0p1', '/data/big'))
    const folder = look.ask(download('0p1', '/data'))
    expect((await look.end()).outcome).toMatchObject({ report: { downloaded: 2 } })
    expect(look.failed(file)).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/^The file "\/data\/big" cannot be read to its end: Disk 0/),
    })
    const archive = await look.read(folder)
    expect(archive.trailer.unread).toEqual(['data/big'])
    expect(archive.trailer.notes).toContainEqual(
      expect.objectContaining({ trouble: true, message: expect.stringMatching(/data\/big/) }),
    )
    writeFileSync(path('data.tar'), archive.data)
    mkdirSync(path('partly'))
    await runTool('tar', '-xf', path('data.tar'), '-C', path('partly'))
    expect(readFileSync(path('partly/data/ok'), 'utf8')).toBe('whole')
    expect(readFileSync(path('partly/XENKEEP-NOT-READ.txt'), 'utf8')).toMatch(/"data\/big"/)
  }, 120_000)

  test.each([
    ['who closes the page ends the look in mid-download', new JobCancelledError()],
    ['an agent that stops', new AgentStoppingError()],
  ])('%s, and nothing is left', { timeout: 120_000 }, async (_, reason) => {
    const look = await lookAt('linux')
    look.ask(download('0p1', '/data/big'))
    let kernel: ReturnType<typeof kernelBelow>
    // The store for transit takes the header and then nothing: the kernel waits.
    look.side.putTrouble = async url => {
      if (!url.endsWith('/1')) return
      expect(readdirSync(temporary)).toHaveLength(1)
      kernel = kernelBelow(temporary)
      look.stop.abort(reason)
      await new Promise(() => undefined)
    }
    const ended = look.end()
    if (reason instanceof AgentStoppingError) await expect(ended).rejects.toBe(reason)
    else expect((await ended).outcome).toMatchObject({ report: { questions: 1, ended: 'asked' } })
    // What it had in clear text was in memory, where there is room for it, also had it died of what it read.
    expect(kernel).toEqual({
      nameless: [await memoryFolder()],
      dumps: expect.stringMatching(/^0 +0$/),
    })
  })

  test('without the leave of its owner the gateway opens nothing', async () => {
    const look = await lookAt('linux', { browsing: false })
    await expect(look.end()).rejects.toThrow(
      expect.objectContaining({
        code: 'FILE_BROWSING_OFF',
        advice: expect.stringMatching(/"fileBrowsing": "on".*"gateway" of \/x\/settings\.json/),
      }),
    )
    expect(look.calls).toEqual([])
  })

  test('what is not installed is named; a point that is not there, too', async () => {
    const bare = await lookAt('linux', { env: { PATH: '/nowhere' } })
    await expect(bare.end()).rejects.toThrow(expect.objectContaining({ code: 'TOOL_MISSING' }))
    const deaf = await lookAt('linux')
    await expect(deaf.end({ publicKey: `B${'A'.repeat(86)}` })).rejects.toThrow(
      expect.objectContaining({ code: 'READER_KEY_INVALID' }),
    )
    const gone = await lookAt('linux')
    await expect(gone.end({ pointId: RUN })).rejects.toThrow(
      expect.objectContaining({ code: 'POINT_NOT_FOUND' }),
    )
  })
})
