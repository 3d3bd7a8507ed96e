import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Session } from '../command.ts'
import { localClient } from '../control-plane.ts'
import { formatBytes } from '../output/units.ts'
import { writePrivateFile } from '../setup/private-file.ts'
import { shellCommand } from '../setup/up-options.ts'
import { databaseSystem, databaseTables, type GuestFile, webServer } from './guest-files.ts'
import { type ImageMaker, imageMaker } from './images.ts'
import type { Narrator } from './narrator.ts'
import { openPoolApi, type PoolApi } from './pool-api.ts'
import { startProduct } from './product.ts'
import { type Simulator, startSimulator } from './simulator.ts'

const MiB = 1024 * 1024

/** What the guests' disks hold at first. The third VM is a clone of the first. */
const DISKS: Record<string, { size: number; files: () => GuestFile[] }> = {
  web: { size: 96 * MiB, files: webServer },
  system: { size: 32 * MiB, files: databaseSystem },
  tables: { size: 96 * MiB, files: databaseTables },
}

/** Everything that the story plays on. */
export interface Stage {
  folder: string
  /** Commands of the story, on the data directory of the demo. */
  session: Session
  narrator: Narrator
  maker: ImageMaker
  /** Path of an image by its name. */
  image: (name: string) => string
  simulator: Simulator
  pool: PoolApi
  /** Where the passphrase of the repository is. */
  passphraseFile: string
  /** Of the console, as it was told at the start. */
  consolePassword: string | undefined
}

/** What has to be ended, in the order it was started. */
export type Closers = (() => Promise<unknown>)[]

/** Makes the disks, starts pool and product. @param closers gets what has to be ended, also when this fails half-way */
export const setStage = async (
  caller: Session,
  folder: string,
  narrator: Narrator,
  closers: Closers,
): Promise<Stage> => {
  const maker = imageMaker(folder)
  const image = (name: string) => join(folder, `${name}.raw`)
  narrator.chapter(`Making the guests' disks: ${maker.what}`)
  for (const [name, { size, files }] of Object.entries(DISKS)) {
    const held = await maker.make(image(name), size, files())
    narrator.line(`${name.padEnd(8)}${formatBytes(size)}, ${held}`)
  }
  if (maker.uncheckedBecause)
    narrator.line(`File systems cannot be checked: ${maker.uncheckedBecause}.`)

  narrator.chapter('Starting a XenServer pool (simulated; it speaks XAPI and NBD over TLS)')
  const { simulator, pool } = await startPool(
    ['--port', '0', '--hosts', '2']
      .concat(['--vm', `web-01=${image('web')}`, '--clone', 'web-02=web-01'])
      .concat(['--vm', `db-01=${image('system')},${image('tables')}`]),
    folder,
    closers,
  )
  narrator.line(
    `${simulator.hosts.length} hosts: ${simulator.hosts.map(host => host.url).join(', ')}`,
  )
  narrator.line('3 VMs, running: web-01, web-02 (a clone of web-01), db-01 (two disks)')

  narrator.chapter('Starting XenKeep')
  const product = await startXenkeep(caller, { folder, simulator, narrator, closers })
  return { folder, narrator, maker, image, simulator, pool, ...product }
}

/** A simulated pool, and a client of the demo's own for it. */
export const startPool = async (
  args: readonly string[],
  folder: string,
  closers: Closers,
): Promise<Pick<Stage, 'simulator' | 'pool'>> => {
  const simulator = await startSimulator(args, folder, closers)
  const pool = await openPoolApi(simulator.coordinator, simulator)
  closers.push(pool.close)
  return { simulator, pool }
}

/** `xenkeep up` as a process of its own. @returns how the story speaks with it */
export const startXenkeep = async (
  caller: Session,
  {
    folder,
    simulator,
    narrator,
    closers,
  }: Pick<Stage, 'folder' | 'simulator' | 'narrator'> & { closers: Closers },
): Promise<Pick<Stage, 'session' | 'passphraseFile' | 'consolePassword'>> => {
  const dataDir = join(folder, 'data')
  const passwordFile = join(folder, 'pool-password')
  await writePrivateFile(passwordFile, `${simulator.password}\n`)
  const passphraseFile = join(folder, 'repository-passphrase')
  await writePrivateFile(passphraseFile, `${randomBytes(24).toString('base64url')}\n`)
  const { coordinator } = simulator
  const args = [
    ...['--data', dataDir, '--pool', coordinator.url, '--password-file', passwordFile],
    ...['--fingerprint', coordinator.certificateFingerprint],
    ...['--repository', `file:${join(folder, 'repository')}`],
    ...['--passphrase-file', passphraseFile],
    ...['--recovery-kit-file', join(folder, 'recovery-kit.txt'), '--port', '0'],
  ]
  for (const line of commandLines(args)) narrator.line(line)
  const { host } = caller
  const { XENKEEP_PASSPHRASE: _, ...env } = host.env
  const consolePassword = await startProduct(args, { env, onLine: narrator.line, closers })
  const session = {
    host: caller.json ? { ...host, stdout: host.stderr } : host,
    dataDir,
    json: false,
    client: localClient(dataDir, host.fetch),
    remote: false,
  }
  return { session, passphraseFile, consolePassword }
}

/** One option per line, as one would type it. */
const commandLines = (args: readonly string[]): string[] => {
  const pairs = Array.from({ length: args.length / 2 }, (_, i) =>
    shellCommand(args.slice(2 * i, 2 * i + 2)),
  )
  return ['$ xenkeep up', ...pairs.map(pair => `    ${pair}`)].map((line, i, all) =>
    i < all.length - 1 ? `${line} \\` : line,
  )
}
