import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeImages } from './image/images.ts'
import { cpuOf, measure } from './measure.ts'
import { machine, machineLine } from './set-up.ts'
import { settle } from './settle.ts'
import { median, spread } from './statistics.ts'

/*
 * How fast is a gateway against a pool? The pool is the simulator in a process of its own on this machine, so that time is shared with it:
 * only ratios of the same round mean anything, and a real pool has its own cores, disks and network.
 */

const HELP = `npm run bench:xenserver [-- OPTIONS]
  --size MIB    of the image (default 4096)
  --sparse GIB  of the larger sparse disk; the smaller one is a tenth (default 100)
  --rounds N    (default 3)
  --work DIR    for images (kept for the next time) and repositories (removed)
  --json        one JSON document`

const MiB = 1024 * 1024
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const env = { XENKEEP_PASSPHRASE: 'five random words of the bench' }

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '4096' },
    sparse: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    work: { type: 'string', default: join(tmpdir(), 'xenkeep-bench') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

interface Step {
  vms: string[]
  write?: number
}
interface Result {
  seconds: number
  /** seconds from the start of the process until its last point was committed */
  committed: number
  bytesRead: number
  calls: number
  rungs: string[]
}

/** What a full backup took; CPU seconds of each process. */
interface Full {
  /** from the start of the gateway until the recovery point is committed */
  seconds: number
  cpuSeconds: number
  poolCpuSeconds: number
  /** until the snapshot is cleaned up, for which the pool has to let go of the disk, and the process has ended */
  wholeSeconds: number
}

/** A figure, the goal it has, and what each round gave. */
interface Figure {
  name: string
  unit: string
  goal: string
  met: (value: number) => boolean
  values: number[]
}

const folder = () => join(values.work, `xenserver-${process.pid}`)
const repo = (args: readonly string[]) =>
  measure([process.execPath, path('../cli/main.ts'), 'repo', ...args], { env })

/** @returns the directory of a new repository */
const newRepository = async (name: string): Promise<string> => {
  const directory = join(folder(), name)
  const kit = join(folder(), `${name}-kit.txt`)
  await repo(['init', '--recovery-kit-file', kit, '--repository', `file:${directory}`])
  return directory
}

/** The simulator with these arguments, for as long as the work lasts. */
const withPool = async <T>(
  args: readonly string[],
  work: (pool: {
    vms: Record<string, string>
    options: object
    /** so far, in seconds */
    cpu: () => number
  }) => Promise<T>,
): Promise<T> => {
  // Whoever asks first for the blocks of a raw file would pay for reading it, and for the page cache that it fills.
  const program = [path('../xenserver-sim/main.ts'), '--blocks-known', ...args]
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { url, user, password, hosts, vms } = JSON.parse(line)
      const fingerprints = hosts.map(
        (host: { certificateFingerprint: string }) => host.certificateFingerprint,
      )
      const cpu = () => cpuOf(child.pid as number)
      return await work({ vms, cpu, options: { url, user, password, fingerprints } })
    }
    throw new Error('the simulated pool did not start')
  } finally {
    process.off('exit', endWithUs)
    child.kill()
    await ended
  }
}

const gateway = async (pool: object, repository: string, steps: Step[]) => {
  const work = JSON.stringify({ pool, repository, steps })
  // As the CLI does for itself and for a gateway that it starts.
  const asCli = { NODE_COMPILE_CACHE: join(values.work, 'compiled') }
  const { stdout, ...measured } = await measure(
    [process.execPath, '--semi-space-growth-factor=1', path('processes/gateway.ts'), work],
    { env: { ...env, ...asCli } },
  )
  const results = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Result[]
  return { ...measured, results }
}

/**
 * From the start of the process, key derivation included, as with `import-image`; until the point is committed, as that has nothing to
 * clean up on a pool, whose simulated dom0 keeps a disk for a second.
 */
const full = (image: string, round: string, nbd: 'nbd' | 'insecure_nbd'): Promise<Full> =>
  withPool(['--vm', `vm=${image}`, '--nbd', nbd], async ({ options, vms, cpu }) => {
    const repository = await newRepository(`${nbd}-${round}`)
    const before = cpu()
    const { seconds, cpuSeconds, results } = await settle(() =>
      gateway(options, repository, [{ vms: Object.values(vms) }]),
    )
    const poolCpuSeconds = cpu() - before
    rmSync(repository, { recursive: true })
    const { committed } = results[0] as Result
    return { seconds: committed, cpuSeconds, poolCpuSeconds, wholeSeconds: seconds }
  })

const imported = async (image: string, round: string) => {
  const repository = await newRepository(`import-${round}`)
  const args = ['import-image', image, '--name', 'disk', '--repository', `file:${repository}`]
  const { seconds, cpuSeconds } = await settle(() => repo(args))
  rmSync(repository, { recursive: true })
  return { seconds, cpuSeconds }
}

/** Both have been backed up; the same amount changed in each. */
const increments = async (round: string) => {
  const disks = [Number(values.sparse) / 10, Number(values.sparse)].map(gib => {
    const file = join(folder(), `sparse-${gib}.raw`)
    writeFileSync(file, '')
    truncateSync(file, gib * 1024 * MiB)
    return file
  })
  const args = ['--vm', `small=${disks[0]}`, '--vm', `large=${disks[1]}`]
  return withPool([...args, '--plain', '--nbd', 'insecure_nbd'], async ({ options, vms }) => {
    const [small = '', large = ''] = [vms.small, vms.large]
    const repository = await newRepository(`sparse-${round}`)
    const write = 64 * MiB
    const { results } = await gateway(options, repository, [
      { vms: [small], write },
      { vms: [large], write },
      // Each twice: the first time is not looked at, so that nobody pays for what is read for the first time.
      { vms: [small], write },
      { vms: [large], write },
      { vms: [small], write },
      { vms: [large], write },
      { vms: [small] },
    ])
    const [, , , , one, other, unchanged] = results as [
      Result,
      Result,
      Result,
      Result,
      Result,
      Result,
      Result,
    ]
    return { ratio: other.seconds / one.seconds, unchanged, one, other }
  })
}

/** Streams held to 25 MB/s and 50 ms: one VM, then eight at once. */
const slow = async (image: string, round: string) => {
  const names = Array.from({ length: 9 }, (_, i) => `vm${i}`)
  const args = [
    '--vm',
    `vm0=${image}`,
    ...names.slice(1).flatMap(name => ['--clone', `${name}=vm0`]),
  ]
  const limits = ['--rate', '25MB', '--latency', '50', '--plain', '--nbd', 'insecure_nbd']
  return withPool([...args, ...limits], async ({ options, vms }) => {
    const repository = await newRepository(`slow-${round}`)
    const all = names.map(name => vms[name] as string)
    const { results } = await gateway(options, repository, [
      { vms: all.slice(0, 1) },
      { vms: all.slice(1) },
    ])
    const [one, eight] = results as [Result, Result]
    return (eight.bytesRead / eight.seconds / one.bytesRead) * one.seconds
  })
}

const figuresOf = (): Figure[] => [
  {
    name: 'full by NBD in clear text, to import-image',
    unit: 'x',
    goal: '≥ 0.7',
    met: v => v >= 0.7,
    values: [],
  },
  {
    name: 'full by NBD over TLS, to import-image',
    unit: 'x',
    goal: '≥ 0.5',
    met: v => v >= 0.5,
    values: [],
  },
  {
    name: 'increment of the large disk, to the small',
    unit: 'x',
    goal: '0.8 to 1.2',
    met: v => v > 0.8 && v < 1.2,
    values: [],
  },
  {
    name: '8 VMs at 25 MB/s and 50 ms, to one',
    unit: 'x',
    goal: '≥ 6',
    met: v => v >= 6,
    values: [],
  },
  { name: 'an unchanged VM', unit: 's', goal: '< 1', met: v => v < 1, values: [] },
  { name: 'an unchanged VM', unit: 'calls', goal: '< 40', met: v => v < 40, values: [] },
]

const run = async (): Promise<number> => {
  const [size, rounds, sparse] = [values.size, values.rounds, values.sparse].map(Number) as [
    number,
    number,
    number,
  ]
  if (values.help || !(size >= 64) || !(rounds >= 1) || !(sparse >= 1)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  mkdirSync(folder(), { recursive: true })
  const figures = figuresOf()
  try {
    const images = await makeImages(values.work, size)
    const part = join(folder(), 'slow.raw')
    writeFileSync(part, await firstBytes(images.before, Math.min(size, 128) * MiB))
    const setUp = `${machineLine()}; image of ${size} MiB, sparse disks of ${sparse / 10} and ${sparse} GiB with 64 MiB changed, 8 clones of ${Math.min(size, 128)} MiB; the simulated pool on the same cores; median of ${rounds}`
    console.error(setUp)
    for (let round = 1; round <= rounds; round++) {
      const name = String(round)
      const base = await imported(images.before, name)
      const clear = await full(images.before, name, 'insecure_nbd')
      const tls = await full(images.before, name, 'nbd')
      const { ratio, unchanged, one, other } = await increments(name)
      const eight = await slow(part, name)
      const row = [
        base.seconds / clear.seconds,
        base.seconds / tls.seconds,
        ratio,
        eight,
        unchanged.seconds,
        unchanged.calls,
      ]
      for (const [index, value] of row.entries()) figures[index]?.values.push(value)
      console.error(
        `round ${round}: import-image ${base.seconds.toFixed(1)} s (${base.cpuSeconds.toFixed(1)} CPU), clear text ${told(clear)}, TLS ${told(tls)}; increments ${one.seconds.toFixed(2)} s and ${other.seconds.toFixed(2)} s (${one.bytesRead / MiB} and ${other.bytesRead / MiB} MiB read); load ${machine().load}`,
      )
    }
    if (values.json) console.log(JSON.stringify({ setUp: machine(), figures }))
    else console.log([setUp, ...figures.map(lineOf)].join('\n'))
  } finally {
    rmSync(folder(), { recursive: true, force: true })
  }
  return 0
}

const told = ({ seconds, wholeSeconds, cpuSeconds, poolCpuSeconds }: Full): string =>
  `${seconds.toFixed(1)} s (until it ended ${wholeSeconds.toFixed(1)}; CPU: gateway ${cpuSeconds.toFixed(1)}, pool ${poolCpuSeconds.toFixed(1)})`

const firstBytes = async (file: string, length: number): Promise<Buffer> => {
  const { open } = await import('node:fs/promises')
  await using handle = await open(file)
  return (await handle.read(Buffer.alloc(length), 0, length, 0)).buffer
}

const lineOf = ({ name, unit, goal, met, values: all }: Figure): string => {
  const value = median(all)
  const digits = unit === 'calls' ? 0 : 2
  const figure = `${value.toFixed(digits)} ${unit} ±${Math.round(spread(all) * 50)} %`
  return `${name.padEnd(46)}${figure.padStart(18)}   ${goal.padEnd(11)} ${met(value) ? 'met' : 'MISSED'}`
}

// Whatever ends it takes its children and its folder along.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(130))
process.on('exit', () => rmSync(folder(), { recursive: true, force: true }))

process.exitCode = await run()
