import { execFile, spawn } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, onTestFailed, test } from 'vitest'
import { createFreezer } from '#gateway-agent/guest/freeze/freezer.ts'
import { systemGuard } from '#gateway-agent/guest/freeze/guard.ts'
import { thawLeftFrozen } from '#gateway-agent/guest/freeze/left-frozen.ts'
import { startHelper } from '#gateway-agent/guest/freeze/start-helper.ts'
import { type LoopDisk, loopDisk } from '#test/support/loop-disk.ts'
import { memoryLog, until } from '#test/support/patience.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

/*
 * File systems of this machine, really frozen, while those who froze them are killed or stopped at each moment. What has to hold: a file system is never frozen
 * for longer than it may be, as long as one of the three processes lives and runs, or the guard that is none of them. Each disk has a process of its own that thaws it should it not hold.
 */
const run = promisify(execFile)
const canFreeze = process.getuid?.() === 0 && existsSync('/dev/loop-control')

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

const disk = async (type: 'ext4' | 'xfs', more: { mib?: number } = {}): Promise<LoopDisk> => {
  const made = await loopDisk(type, more)
  ending.push(made.end)
  return made
}

const folder = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'xenkeep-freeze-'))
  ending.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Lays all that an agent needs to freeze into a folder that becomes `/`. */
const smallSystem = async (root: string): Promise<void> => {
  for (const name of ['bin', 'sbin', 'usr/bin', 'proc', 'dev', 'tmp', 'data', 'app'])
    mkdirSync(join(root, name), { recursive: true })
  const programs = [
    ['/bin/sh', 'bin/sh'],
    ['/bin/sleep', 'bin/sleep'],
    ['/sbin/fsfreeze', 'sbin/fsfreeze'],
    [process.execPath, 'usr/bin/node'],
  ] as const
  for (const [from, to] of programs) {
    copyFileSync(from, join(root, to))
    const { stdout } = await run('ldd', [from])
    for (const [library] of stdout.matchAll(/\/\S+(?= \()/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true })
      copyFileSync(library, join(root, library))
    }
  }
  const app = join(root, 'app')
  for (const name of ['package.json', 'gateway-agent/guest/freeze', 'test/support/processes'])
    cpSync(name, join(app, name), { recursive: true })
  for (const name of ['koffi', '@koromix'])
    cpSync(join('node_modules', name), join(app, 'node_modules', name), {
      ...{ recursive: true, dereference: true },
    })
}

interface Said {
  ready?: number
  helpers?: number[]
  frozen?: true
  leftMs?: number
  thawed?: true
  why?: string | null
  refused?: string
  closed?: true
}

/** The agent as a process of its own. @param root the file system that it has as `/`, with all of its program */
const agent = async (
  ms: number,
  thawAfter: number | 'never',
  mounts: readonly string[],
  root?: string,
) => {
  const markFile = root === undefined ? join(await folder(), 'frozen.json') : '/data/frozen.json'
  const given = [String(ms), String(thawAfter), markFile, ...mounts]
  const enter =
    'mount --make-rprivate / && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$@"'
  const main = 'test/support/processes/freezing-agent.ts'
  const [program, ...args] =
    root === undefined
      ? [process.execPath, main, ...given]
      : ['unshare', '-m', 'sh', '-c', enter, 'sh', root, '/usr/bin/node', `/app/${main}`, ...given]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: Said[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines.map(line => JSON.parse(line) as Said))
  })
  ending.push(async () => {
    child.kill('SIGKILL')
  })
  const line = async (member: keyof Said): Promise<Said> => {
    const find = () => said.find(one => member in one)
    await until(
      `the agent says ${member}`,
      () => find() !== undefined || 'refused' in (said.at(-1) ?? {}),
    )
    return find() ?? (said.at(-1) as Said)
  }
  const kill = (pid: number, signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal)
    } catch {}
  }
  return {
    line,
    markFile,
    /** The agent, the helper that freezes, the other one. */
    async pids(): Promise<[number, number, number]> {
      const { ready = 0, helpers: [first = 0, second = 0] = [] } = await line('ready')
      ending.push(async () => {
        for (const pid of [first, second]) kill(pid, 'SIGKILL')
      })
      return [ready, first, second]
    },
    kill,
  }
}

const seeded = () => {
  const seed = Number(process.env.XENKEEP_TEST_SEED ?? Date.now() % 100_000)
  onTestFailed(() => console.error(`again with XENKEEP_TEST_SEED=${seed}`))
  return seededRandom(seed)
}

const thawed = (disks: readonly LoopDisk[], withinMs: number) =>
  until(
    'nothing is frozen',
    async () => (await Promise.all(disks.map(one => one.isFrozen()))).every(frozen => !frozen),
    { ms: withinMs, everyMs: 20 },
  )

describe.skipIf(!canFreeze)('frozen file systems (as root, on loop devices)', () => {
  test('ext4 and xfs stand still until they are let go, and nothing is lost', async () => {
    const disks = [await disk('ext4'), await disk('xfs')]
    const freezer = createFreezer(async () => undefined, systemGuard())
    ending.push(freezer.close)
    const mounts = disks.map(({ mount }) => mount)
    const frozen = await freezer.freeze({ lease: 'a', mounts, ms: 10_000 })
    expect(await Promise.all(disks.map(one => one.isFrozen()))).toEqual([true, true])
    expect(frozen.leftMs()).toBeGreaterThan(5_000)
    expect(await frozen.thaw()).toBeUndefined()
    await thawed(disks, 2_000)
    // And again, by the same helpers.
    const again = await freezer.freeze({ lease: 'b', mounts, ms: 10_000 })
    expect(await again.thaw()).toBeUndefined()
  })

  test('nobody lets them go: they are thawed when the time is over, and it is told', async () => {
    const one = await disk('ext4')
    const freezer = createFreezer(async () => undefined, systemGuard())
    ending.push(freezer.close)
    const frozen = await freezer.freeze({ lease: 'a', mounts: [one.mount], ms: 700 })
    expect(await one.isFrozen()).toBe(true)
    await thawed([one], 1_500)
    expect(await frozen.thaw()).toBe('its time was over')
  })

  test('what somebody else thaws meanwhile has not stood still', async () => {
    const one = await disk('xfs')
    const freezer = createFreezer(async () => undefined, systemGuard())
    ending.push(freezer.close)
    const frozen = await freezer.freeze({ lease: 'a', mounts: [one.mount], ms: 10_000 })
    await run('fsfreeze', ['-u', one.mount])
    expect(await frozen.thaw()).toBe(`something else thawed ${one.mount}`)
  })

  test('what another program holds frozen is refused, and stays frozen; so is what cannot be frozen', async () => {
    const [one, other] = [await disk('ext4'), await disk('ext4')]
    const freezer = createFreezer(async () => undefined, systemGuard())
    ending.push(freezer.close)
    await run('fsfreeze', ['-f', one.mount])
    const mounts = [one.mount, other.mount]
    await expect(freezer.freeze({ lease: 'a', mounts, ms: 10_000 })).rejects.toThrow(
      `another program holds ${one.mount} frozen`,
    )
    expect(await one.isFrozen()).toBe(true)
    expect(await other.isFrozen()).toBe(false)
    await run('fsfreeze', ['-u', one.mount])
    await expect(
      freezer.freeze({ lease: 'b', mounts: [other.mount, '/proc'], ms: 10_000 }),
    ).rejects.toThrow('/proc cannot be frozen (its kind of file system does not offer it)')
    expect(await other.isFrozen()).toBe(false)
    await expect(
      freezer.freeze({ lease: 'c', mounts: [join(other.mount, 'none')], ms: 10_000 }),
    ).rejects.toThrow('a mount point cannot be opened')
  })

  test('a file system within another is frozen before it, whatever the order of the settings', async () => {
    const outer = await disk('ext4')
    const inner = await loopDisk('ext4', { within: outer.mount })
    ending.push(inner.end)
    const freezer = createFreezer(async () => undefined, systemGuard())
    ending.push(freezer.close)
    // The mount point of the inner one is as deep as the outer one's, so that only the order of the names decides.
    const deeper = join(inner.mount, '..', 'deep', 'deeper')
    mkdirSync(deeper, { recursive: true })
    await run('mount', ['--move', inner.mount, deeper]).catch(() =>
      run('mount', ['--bind', inner.mount, deeper]),
    )
    ending.push(() => run('umount', [deeper]).catch(() => undefined))
    const mounts = [outer.mount, deeper]
    const frozen = await freezer.freeze({ lease: 'a', mounts, ms: 5_000 })
    expect(await outer.isFrozen()).toBe(true)
    expect(await frozen.thaw()).toBeUndefined()
    await thawed([outer], 2_000)
  })

  const HOLD_MS = 1_500
  const victims = ['agent', 'first helper', 'second helper'] as const
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
    for (const [at, victim] of victims.entries())
      test(`${signal} of the ${victim} while it is frozen`, async () => {
        const disks = [await disk('ext4'), await disk('xfs')]
        const { line, pids, kill } = await agent(
          HOLD_MS,
          'never',
          disks.map(({ mount }) => mount),
        )
        const all = await pids()
        expect(await line('frozen')).toMatchObject({ frozen: true })
        kill(all[at] ?? 0, signal)
        await thawed(disks, HOLD_MS + 3_000)
      })

  test('two of the three are gone, or hang, whichever', async () => {
    for (const spared of [0, 1, 2])
      for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
        const one = await disk('ext4')
        const { line, pids, kill } = await agent(HOLD_MS, 'never', [one.mount])
        const all = await pids()
        expect(await line('frozen')).toMatchObject({ frozen: true })
        for (const [at, pid] of all.entries()) if (at !== spared) kill(pid, signal)
        await thawed([one], HOLD_MS + 6_000)
        for (const pid of all) kill(pid, 'SIGKILL')
      }
  })

  for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
    test(`${signal} of all three at once: the guard thaws, who is none of them`, async () => {
      const disks = [await disk('ext4'), await disk('xfs')]
      const { line, pids, kill } = await agent(
        HOLD_MS,
        'never',
        disks.map(({ mount }) => mount),
      )
      const all = await pids()
      expect(await line('frozen')).toMatchObject({ frozen: true })
      for (const pid of all) kill(pid, signal)
      expect(await disks[0]?.isFrozen()).toBe(true)
      await thawed(disks, HOLD_MS + 4_000)
    })

  test('all three at any moment', { timeout: 120_000 }, async () => {
    const random = seeded()
    const disks = [await disk('ext4'), await disk('xfs')]
    const mounts = disks.map(({ mount }) => mount)
    for (let round = 0; round < 8; round++) {
      const [moment = 0, how = 0, order = 0] = random.bytes(3)
      const { pids, kill } = await agent(600, 100, mounts)
      const all = await pids()
      await sleep(moment)
      const signal = how % 2 === 0 ? 'SIGKILL' : 'SIGSTOP'
      for (const at of [0, 1, 2]) kill(all[(at + order) % 3] ?? 0, signal)
      await sleep(1_800)
      await thawed(disks, 6_000)
      for (const pid of all) kill(pid, 'SIGKILL')
    }
  })

  test('who ends every process called node ends the agent, and the helpers thaw', async () => {
    const one = await disk('ext4')
    const { line, pids, kill } = await agent(8_000, 'never', [one.mount])
    const all = await pids()
    expect(await line('frozen')).toMatchObject({ frozen: true })
    // As pkill(1) and killall(1) choose: by the name that the kernel has.
    const names = all.map(pid => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
    expect(names[0]).not.toBe('xenkeep-thaw')
    for (const [at, pid] of all.entries()) if (names[at] === names[0]) kill(pid, 'SIGKILL')
    await thawed([one], 3_000)
  })

  test('an agent that finds what a former life left frozen thaws it, guard or not', async () => {
    const one = await disk('ext4')
    const { line, pids, kill, markFile } = await agent(8_000, 'never', [one.mount])
    const all = await pids()
    expect(await line('frozen')).toMatchObject({ frozen: true })
    for (const pid of all) kill(pid, 'SIGKILL')
    expect(await one.isFrozen()).toBe(true)
    const log = memoryLog()
    const load = async () => readFileSync(markFile, 'utf8')
    await thawLeftFrozen({ load }, log)
    await thawed([one], 1_000)
    expect(log.lines.join()).toContain(`while it held ${one.mount} frozen`)
  })

  test('without a guard nothing is frozen', async () => {
    const one = await disk('ext4')
    const freezer = createFreezer(async () => undefined, {
      arm: async () => {
        throw new Error('the program fsfreeze (util-linux) is not there')
      },
    })
    ending.push(freezer.close)
    await expect(freezer.freeze({ lease: 'a', mounts: [one.mount], ms: 10_000 })).rejects.toThrow(
      'the program fsfreeze (util-linux) is not there',
    )
    expect(await one.isFrozen()).toBe(false)
  })

  test('at any moment', { timeout: 120_000 }, async () => {
    const random = seeded()
    const disks = [await disk('ext4'), await disk('xfs')]
    const mounts = disks.map(({ mount }) => mount)
    for (let round = 0; round < 6; round++) {
      const [moment = 0, who = 0, how = 0] = random.bytes(3)
      const { pids, kill, line } = await agent(800, 100, mounts)
      const all = await pids()
      await sleep(moment * 2)
      const signal = how % 2 === 0 ? 'SIGKILL' : 'SIGSTOP'
      kill(all[who % 3] ?? 0, signal)
      if (who % 3 !== 0) await Promise.race([line('closed'), sleep(4_000)])
      await sleep(1_200)
      await thawed(disks, 4_000)
      for (const pid of all) kill(pid, 'SIGKILL')
    }
  })

  test('an agent whose log lies on what it freezes hangs with the rest, and goes on', async () => {
    const one = await disk('ext4')
    const log = openSync(join(one.mount, 'agent.log'), 'a')
    ending.push(async () => closeSync(log))
    const mark = join(await folder(), 'mark')
    const child = spawn(
      process.execPath,
      ['test/support/processes/freezing-agent.ts', '1000', '1', mark, one.mount],
      { stdio: ['ignore', log, 'ignore'] },
    )
    const ended = new Promise(resolve => child.once('exit', resolve))
    await Promise.race([ended, sleep(10_000)])
    const said = readFileSync(join(one.mount, 'agent.log'), 'utf8')
    // It said that it was frozen to the frozen disk: that took until its time was over.
    expect(said).toContain('"why":"its time was over"')
    expect(said).toContain('"closed":true')
  })

  test('the root file system, with Node, the shell, the agent, its data and its log', {
    timeout: 120_000,
  }, async () => {
    const one = await disk('ext4', { mib: 300 })
    await smallSystem(one.mount)
    const victims = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
    for (const dead of victims) {
      const hold = dead.length === 0 ? 20_000 : 1_500
      const { line, pids, kill } = await agent(
        hold,
        dead.length === 0 ? 100 : 'never',
        ['/'],
        one.mount,
      )
      const all = await pids()
      expect(await line('frozen')).toMatchObject({ frozen: true })
      // Of what is not mapped now nothing is in memory: it is read from the frozen disk.
      const programs = ['bin/sh', 'bin/sleep', 'sbin/fsfreeze', 'usr/bin/node']
      for (const program of programs)
        await run('dd', [`if=${join(one.mount, program)}`, 'iflag=nocache', 'count=0'])
      for (const at of dead) kill(all[at] ?? 0, 'SIGKILL')
      if (dead.length === 0) expect(await line('thawed')).toMatchObject({ why: null })
      await thawed([one], hold + 5_000)
      for (const pid of all) kill(pid, 'SIGKILL')
    }
  })

  test('a helper whose own files lie on what is frozen thaws it', async () => {
    const one = await disk('ext4')
    const copy = join(one.mount, 'program')
    mkdirSync(copy)
    cpSync('gateway-agent/guest/freeze', copy, { recursive: true })
    await writeFile(join(copy, 'package.json'), '{"type":"module"}')
    mkdirSync(join(copy, 'node_modules'))
    const modules = join(process.cwd(), 'node_modules')
    for (const name of ['koffi', '@koromix'])
      cpSync(join(modules, name), join(copy, 'node_modules', name), {
        recursive: true,
        dereference: true,
      })
    const freezer = createFreezer(
      async () => undefined,
      systemGuard(),
      () => startHelper(join(copy, 'helper.ts')),
    )
    ending.push(freezer.close)
    const frozen = await freezer.freeze({ lease: 'a', mounts: [one.mount], ms: 600 })
    expect(await one.isFrozen()).toBe(true)
    await thawed([one], 1_500)
    expect(await frozen.thaw()).toBe('its time was over')
  })
})

test.runIf(!canFreeze)('frozen file systems: SKIPPED, they take root and loop devices', () => {
  expect(process.env.CI).not.toBe('true')
})
