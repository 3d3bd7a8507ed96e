import { spawn } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contentOf, KINDS } from './image/content.ts'
import { seededRandom } from './image/random.ts'
import { measure } from './measure.ts'
import { machine, machineLine } from './set-up.ts'
import { median, spread } from './statistics.ts'

/*
 * How fast does the agent take a disk from a pool, by each way of reading it? The pool is the simulator in a process of its own on this
 * machine, so that time is shared with it: what the agent's own process takes of CPU for a GiB is the figure to compare.
 */

const HELP = `npm run bench:agent [-- OPTIONS]
  --size MIB   of the disk (default 256)
  --rounds N   (default 3)
  --json       one JSON document`

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const child = (name: string) => fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url))

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const WAYS = [
  ['NBD over TLS', 'nbd'],
  ['NBD in clear text', 'insecure_nbd'],
  ['VHD stream over TLS', 'none'],
] as const
const MODES = ['read', 'backup'] as const

interface Row {
  name: string
  nbd: string
  mode: string
  /** MB/s */
  rates: number[]
  /** of the agent's process, for each GiB */
  cpuSeconds: number[]
  /** MiB */
  peakRss: number[]
}

const writeImage = async (path: string, size: number): Promise<void> => {
  const random = seededRandom('agent')
  await using file = await open(path, 'w')
  for (let at = 0; at < size; at += MiB)
    await file.write(contentOf(KINDS[(at / MiB) % 3] ?? 'text', random, MiB), 0, MiB, at)
}

/** @returns what the pool says of itself, and how to end it */
const startPool = async (disk: string, nbd: string) => {
  const process_ = spawn(process.execPath, [child('pool'), disk, nbd], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>(resolve => process_.once('close', () => resolve()))
  const lines = createInterface({ input: process_.stdout })
  for await (const line of lines)
    return {
      address: line,
      stop: async () => {
        process_.kill()
        await ended
      },
    }
  throw new Error('the simulated pool did not start')
}

const run = async (): Promise<number> => {
  const [size, rounds] = [values.size, values.rounds].map(Number) as [number, number]
  if (values.help || !(size >= 8) || !(rounds >= 1)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-bench-'))
  const rows: Row[] = WAYS.flatMap(([name, nbd]) =>
    MODES.map(mode => ({ name, nbd, mode, rates: [], cpuSeconds: [], peakRss: [] })),
  )
  try {
    const image = join(folder, 'disk.raw')
    await writeImage(image, size * MiB)
    for (let round = 0; round < rounds; round++)
      for (const row of rows) {
        const pool = await startPool(image, row.nbd)
        try {
          const args = [child('agent'), pool.address, row.mode]
          const { stdout, peakRss } = await measure([process.execPath, ...args])
          const { bytes, seconds, cpuSeconds } = JSON.parse(stdout)
          row.rates.push(bytes / 1e6 / seconds)
          row.cpuSeconds.push((cpuSeconds * GiB) / bytes)
          row.peakRss.push(peakRss / MiB)
        } finally {
          await pool.stop()
        }
      }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (values.json) console.log(JSON.stringify({ setUp: machine(), rows }))
  else
    console.log(
      [
        `${machineLine()}; ${size} MiB, the simulated pool on the same cores; median of ${rounds}`,
        ...rows.map(lineOf),
      ].join('\n'),
    )
  return 0
}

const lineOf = ({ name, mode, rates, cpuSeconds, peakRss }: Row): string => {
  const rate = `${median(rates).toFixed(0)} MB/s ±${Math.round(spread(rates) * 50)} %`
  const cpu = `${median(cpuSeconds).toFixed(2)} CPU s/GiB ±${Math.round(spread(cpuSeconds) * 50)} %`
  const rss = `peak RSS ${median(peakRss).toFixed(0)} MiB`
  return `${name.padEnd(22)}${mode.padEnd(8)}${rate.padStart(16)}${cpu.padStart(26)}${rss.padStart(20)}`
}

process.exitCode = await run()
