import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { createRepository, openRepository } from '#repository/index.ts'
import type { Pool } from '#sim/pool.ts'
import { until } from './patience.ts'

/** Until a program that starts, or works, must have said something: a limit for what never comes, which a machine with much to do must not reach, ms. */
const START_MS = 50_000

export const PASSPHRASE = 'eleven purple tractors sing'

type PoolAtHand = Pick<Pool, 'hosts' | 'user' | 'password'>

export interface SiteOptions {
  controlUrl?: string
  /** Members of settings.json in place of ours. */
  settings?: Record<string, unknown>
  /** Members of its `gateway` beside ours. */
  gateway?: Record<string, unknown>
  /** More pools that the gateway serves. */
  morePools?: readonly PoolAtHand[]
}

/** The data directory of one machine: settings for a pool, secrets in files, an empty repository. */
export const makeSite = async (
  pool: PoolAtHand,
  { controlUrl, settings = {}, gateway = {}, morePools = [] }: SiteOptions = {},
) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'xenkeep-site-'))
  const file = (...names: string[]) => join(dataDir, ...names)
  await mkdir(file('gateway'), { mode: 0o700 })
  const address = `file:${file('repository')}`
  await writeFile(
    file('settings.json'),
    JSON.stringify({
      control: {
        port: 0,
        idlePollSeconds: 0.1,
        activePollSeconds: 0.1,
        heartbeatSeconds: 0.1,
      },
      repository: { address },
      gateway: {
        name: 'test gateway',
        ...(controlUrl && { controlUrl }),
        pools: [pool, ...morePools].map(({ hosts, user }) => ({
          url: hosts[0]?.url,
          user,
          passwordFile: 'pool.password',
          fingerprint: hosts.map(({ certificateFingerprint }) => certificateFingerprint),
        })),
        ...gateway,
      },
      ...settings,
    }),
  )
  await writeFile(file('pool.password'), pool.password, { mode: 0o600 })
  await writeFile(file('gateway', 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 })
  const common = { store: await openObjectStore(address), clock: systemClock, random: systemRandom }
  const { repository } = await createRepository({
    ...common,
    passphrase: PASSPHRASE,
    scryptLogN: 10,
  })
  await repository.close()
  return {
    dataDir,
    file,
    address,
    /** The repository as somebody else sees it: without the agent and its cache. */
    openRepository: () => openRepository({ ...common, unlock: { passphrase: PASSPHRASE } }),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  }
}
export type Site = Awaited<ReturnType<typeof makeSite>>

/** A program of ours as a child process, with everything it wrote. */
export interface Program {
  readonly child: ChildProcess
  readonly lines: readonly string[]
  /** Waits for a line. */
  says(pattern: RegExp, ms?: number): Promise<void>
  /** SIGKILL, and its end. */
  kill(): Promise<void>
  /** SIGTERM, and its end. @returns exit code */
  stop(): Promise<number | null>
  /** Its end, when it ends by itself: the exit code. */
  readonly ended: Promise<number | null>
}

/** @param main `gateway-agent/main.ts`, from the root of the project */
export const startProgram = (
  main: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Program => {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  // Nothing outlives the runner, however it ends.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('close', () => process.off('exit', killWithUs))
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    let rest = ''
    stream.on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    })
  }
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  return {
    child,
    lines,
    ended,
    says: (pattern, ms = START_MS) =>
      until(`${main} says ${pattern}`, () => lines.some(line => pattern.test(line)), {
        ms,
        everyMs: 20,
      }).catch(error => {
        throw new Error(`${error.message}; it said:\n${lines.join('\n')}`)
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** @param main the agent itself, or one of `test/support/processes/` that is the agent with shorter waits */
export const startAgent = (site: Site, main = 'gateway-agent/main.ts'): Program =>
  startProgram(main, ['--data', site.dataDir])
